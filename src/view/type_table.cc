#include "view/type_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "base/cancel.h"
#include "base/units.h"
#include "view/allocation_sites.h"
#include "view/labels.h"
#include "view/row_commands.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kKinds = static_cast<std::size_t>(heap::KnownBy::kPart) + 1;
constexpr std::uint32_t kNoRow = ~std::uint32_t{0};
constexpr std::uint32_t kCancelEvery = 1 << 20;
constexpr std::size_t kAhead = 16;  // children between the prefetch of memory and its use

class TypeSums {
 public:
  TypeSums(const heap::Snapshot& snapshot, const graph::DominatorTree& tree)
      : snapshot_(snapshot),
        tree_(tree),
        columns_(tree.dominators().columns()),
        rows_(snapshot.types.size()),
        row_of_type_(rows_of_types(snapshot)),
        known_by_(snapshot.types.size()),
        has_pointers_(snapshot.types.size()),
        part_rows_(snapshot.types.size(), kNoRow) {}

  std::vector<TypeTotals> run() {
    count();
    retain();
    return named();
  }

 private:
  void count() {
    const auto count_part = [&](std::uint32_t begin, std::uint32_t end, bool pointers) {
      columns_.sizes.for_each_run(begin, end, [&](std::uint64_t first, std::uint64_t last, std::uint64_t size) {
        throw_if_cancelled();
        const std::uint32_t unknown = unknown_row(size, pointers);
        for (std::uint64_t i = first; i < last; ++i)
          if (columns_.idom[i] != 0) count_object(ObjectId(static_cast<std::uint32_t>(i)), size, unknown);
      });
    };
    count_part(0, snapshot_.pointerful, true);
    count_part(snapshot_.pointerful, snapshot_.objects, false);
  }

  std::uint32_t unknown_row(std::uint64_t size, bool pointers) {
    const auto [it, is_new] = unknown_.try_emplace({size, pointers}, static_cast<std::uint32_t>(rows_.size()));
    if (is_new) {
      TypeTotals& row = rows_.emplace_back();
      row.type = unknown_type_name(size, pointers);
      row.slot_size = size;
      row.pointers = pointers;
      known_by_.emplace_back();
      has_pointers_.push_back(pointers);
    }
    return it->second;
  }

  // Of objects that hold a value of the type and something else.
  std::uint32_t part_row(TypeId type) {
    std::uint32_t& row = part_rows_[type.row];
    if (row == kNoRow) {
      row = static_cast<std::uint32_t>(rows_.size());
      TypeTotals& part = rows_.emplace_back();
      part.type = part_name(snapshot_, type);
      part.id = type;
      part.in_part = true;
      known_by_.emplace_back();
      has_pointers_.push_back(false);
    }
    return row;
  }

  std::uint64_t known_bytes(heap::ObjectType type, std::uint64_t size) const {
    if (!type) return 0;
    return type.known_by() == heap::KnownBy::kPart ? std::min(size, snapshot_.types[type.type().row].size) : size;
  }

  std::uint32_t row_of(heap::ObjectType type) {
    return type.known_by() == heap::KnownBy::kPart ? part_row(type.type()) : row_of_type_[type.type().row];
  }

  void count_object(ObjectId object, std::uint64_t size, std::uint32_t unknown) {
    const heap::ObjectType type = snapshot_.object_type[object.row];
    const std::uint32_t row = type ? row_of(type) : unknown;
    ++rows_[row].count;
    rows_[row].bytes += size;
    rows_[row].known_bytes += known_bytes(type, size);
    rows_[row].is_map = type && heap::is_map_part(snapshot_.types[type.type().row].role);
    ++known_by_[row][static_cast<std::size_t>(type.known_by())];
    if (object.row < snapshot_.pointerful) {
      has_pointers_[row] = true;
      // Counts for now; it is taken back if an object of the same row turns out to dominate it.
      if (tree_.dominators().is_alone(object.row)) rows_[row].retained_bytes += size;
    } else if (has_pointers_[row]) {
      // The type has pointerful objects too, and one of them may dominate this.
      inside_.push_back({columns_.idom[object.row] - 1, row, size});
    } else {
      rows_[row].retained_bytes += size;
    }
  }

  // Returns the row of an object that can hold pointers.
  std::uint32_t row_of(std::uint32_t object) {
    const heap::ObjectType type = snapshot_.object_type[object];
    return type ? row_of(type) : unknown_row(columns_.sizes.size_of(ObjectId(object)), true);
  }

  // Walks down the dominator tree, depth first. An object counts unless one of its row is open above it. `outermost_`
  // are the open ones, each with the height of the stack below which it is left.
  void retain() {
    std::sort(inside_.begin(), inside_.end(), [](const Leaf& a, const Leaf& b) { return a.dominator < b.dominator; });
    const graph::Vertices& vertices = columns_.vertices;
    is_open_.resize(rows_.size());
    std::vector<std::uint32_t> stack = {vertices.super_root()};
    for (std::uint32_t steps = 0; !stack.empty(); ++steps) {
      if (steps % kCancelEvery == 0) throw_if_cancelled();
      while (!outermost_.empty() && stack.size() <= outermost_.back().first) {
        is_open_[outermost_.back().second] = false;
        outermost_.pop_back();
      }
      const std::uint32_t vertex = stack.back();
      stack.pop_back();
      if (!stack.empty()) tree_.fetch_children(stack.back());
      if (vertices.is_object(vertex)) open(vertex, stack.size());
      add_leaves(vertex);
      push_children(vertex, stack);
    }
  }

  // Those that dominate nothing have been counted already.
  void push_children(std::uint32_t vertex, std::vector<std::uint32_t>& stack) {
    const auto children = tree_.children(vertex);
    for (std::size_t i = 0; i < children.size() && children[i] < columns_.vertices.count(); ++i) {
      if (i == 0) fetch(children.first(std::min(children.size(), kAhead)));
      if (i + kAhead < children.size()) fetch(children.subspan(i + kAhead, 1));
      if (!tree_.dominators().is_alone(children[i])) {
        tree_.fetch_place(children[i]);
        stack.push_back(children[i]);
      } else if (const std::uint32_t row = row_of(children[i]); is_open_[row]) {
        rows_[row].retained_bytes -= columns_.sizes.size_of(ObjectId(children[i]));
      }
    }
  }

  void fetch(std::span<const std::uint32_t> vertices) const {
    for (const std::uint32_t vertex : vertices) {
      if (!columns_.vertices.is_object(vertex)) continue;
      __builtin_prefetch(&snapshot_.object_type[vertex]);
      columns_.holders.fetch(vertex);
    }
  }

  void open(std::uint32_t object, std::size_t height) {
    const std::uint32_t row = row_of(object);
    if (is_open_[row]) return;
    is_open_[row] = true;
    outermost_.emplace_back(height, row);
    rows_[row].retained_bytes += tree_.dominators().retained_bytes(ObjectId(object));
  }

  void add_leaves(std::uint32_t vertex) {
    if (inside_.empty()) return;
    auto leaf = std::lower_bound(inside_.begin(), inside_.end(), vertex,
                                 [](const Leaf& a, std::uint32_t dominator) { return a.dominator < dominator; });
    for (; leaf != inside_.end() && leaf->dominator == vertex; ++leaf)
      if (!is_open_[leaf->row]) rows_[leaf->row].retained_bytes += leaf->bytes;
  }

  std::vector<TypeTotals> named() {
    std::vector<TypeTotals> out;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (rows_[row].count == 0) continue;
      const auto& kinds = known_by_[row];
      rows_[row].known_by = static_cast<heap::KnownBy>(std::max_element(kinds.begin(), kinds.end()) - kinds.begin());
      if (row < snapshot_.types.size()) {
        rows_[row].id = TypeId(static_cast<std::uint32_t>(row));
        rows_[row].type = type_name(snapshot_, rows_[row].id);
      }
      out.push_back(std::move(rows_[row]));
    }
    return out;
  }

  struct Leaf {
    std::uint32_t dominator;  // a vertex
    std::uint32_t row;
    std::uint64_t bytes;
  };

  const heap::Snapshot& snapshot_;
  const graph::DominatorTree& tree_;
  const graph::DominatorColumns& columns_;
  std::vector<TypeTotals> rows_;            // by TypeId, then those of parts and those without a type
  std::vector<std::uint32_t> row_of_type_;  // by TypeId
  std::vector<std::array<std::uint64_t, kKinds>> known_by_;
  std::vector<bool> has_pointers_;        // whether some object of the row is pointerful
  std::vector<std::uint32_t> part_rows_;  // by TypeId; kNoRow: there are none
  std::map<std::pair<std::uint64_t, bool>, std::uint32_t> unknown_;
  std::vector<Leaf> inside_;
  std::vector<bool> is_open_;                                     // by row
  std::vector<std::pair<std::size_t, std::uint32_t>> outermost_;  // height of the stack, row
};

// Tells in which of some rows an object is.
class TypeRows {
 public:
  TypeRows(const heap::Snapshot& snapshot, const graph::ObjectSizes& sizes, const std::vector<TypeTotals>& rows)
      : snapshot_(snapshot), sizes_(sizes), row_of_type_(rows_of_types(snapshot)) {
    for (std::uint32_t row = 0; row < rows.size(); ++row) at_[key_of(rows[row])] = row;
  }

  std::uint32_t of(ObjectId object) const {
    TypeTotals like;
    if (const heap::ObjectType type = snapshot_.object_type[object.row]) {
      like.in_part = type.known_by() == heap::KnownBy::kPart;
      like.id = like.in_part ? type.type() : TypeId(row_of_type_[type.type().row]);
    } else {
      like.slot_size = sizes_.size_of(object);
      like.pointers = object.row < snapshot_.pointerful;
    }
    const auto found = at_.find(key_of(like));
    return found == at_.end() ? AllocationSamples::kNoGroup : found->second;
  }

 private:
  using Key = std::tuple<TypeId, bool, std::uint64_t, bool>;
  static Key key_of(const TypeTotals& row) { return {row.id, row.in_part, row.slot_size, row.pointers}; }

  const heap::Snapshot& snapshot_;
  const graph::ObjectSizes& sizes_;
  std::vector<std::uint32_t> row_of_type_;
  std::map<Key, std::uint32_t> at_;
};

// A row of the table, with the text of one of its cells.
struct TypeLine {
  TypeTotals totals;
  std::string put_there_by;

  const AllocationEstimate* estimate() const {
    return totals.allocated_at && totals.allocated_at->estimate ? &*totals.allocated_at->estimate : nullptr;
  }
};

constexpr ColumnOf<TypeLine> kColumns[] = {
    {{"retained", Unit::kBytes, "what the objects of the type keep alive, themselves included"},
     [](const TypeLine& row) { return Cell(row.totals.retained_bytes); }},
    {{"own", Unit::kBytes, "of their slots"}, [](const TypeLine& row) { return Cell(row.totals.bytes); }},
    {{"count", Unit::kCount, "reachable objects; a map has several"},
     [](const TypeLine& row) { return Cell(row.totals.count); }},
    {{"type", Unit::kText, "full name, or size and kind of the slots if it is unknown"},
     [](const TypeLine& row) { return text_cell(row.totals.type); }},
    {{"known_by", Unit::kText, "how the type of most of them is known", Shown::kIfRoom,
      [] { return words_or_none_up_to(heap::KnownBy::kPart); }},
     [](const TypeLine& row) { return text_cell(name_of(row.totals.known_by)); }},
    {{"put_there_by", Unit::kText, "the place that allocated most of them, if most samples agree", Shown::kWhenAsked},
     [](const TypeLine& row) { return text_cell(row.put_there_by); }},
    {{"sampled", Unit::kCount, "objects of which the memory profile took a sample", Shown::kWhenAsked},
     [](const TypeLine& row) { return row.totals.allocated_at ? Cell(row.totals.allocated_at->sampled) : Cell(); }},
    {{"estimated", Unit::kBytes, "what the samples say of `own`", Shown::kWhenAsked},
     [](const TypeLine& row) { return row.estimate() ? Cell(row.estimate()->bytes.value) : Cell(); }},
    {{"least", Unit::kBytes, "in 19 of 20 cases `own` is not less", Shown::kWhenAsked},
     [](const TypeLine& row) { return row.estimate() ? Cell(row.estimate()->bytes.least) : Cell(); }},
    {{"most", Unit::kBytes, "in 19 of 20 cases `own` is not more", Shown::kWhenAsked},
     [](const TypeLine& row) { return row.estimate() ? Cell(row.estimate()->bytes.most) : Cell(); }},
};

}  // namespace

std::vector<std::uint32_t> rows_of_types(const heap::Snapshot& snapshot) {
  std::vector<std::uint32_t> rows;
  rows.reserve(snapshot.types.size());
  for (std::uint32_t type = 0; type < snapshot.types.size(); ++type) {
    const heap::Type& row = snapshot.types[type];
    rows.push_back(heap::is_map_part(row.role) && row.of ? row.of.row : type);
  }
  return rows;
}

std::string unknown_type_name(std::uint64_t slot_size, bool pointers) {
  return fmt::format("unknown, {}, {}", format_bytes(slot_size), pointers ? "pointers" : "no pointers");
}

std::vector<TypeTotals> type_totals(const heap::Snapshot& snapshot, const graph::DominatorTree& tree) {
  return TypeSums(snapshot, tree).run();
}

void add_allocation_sites(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                          const AllocationSamples& samples, std::vector<TypeTotals>& rows) {
  const TypeRows row_of(snapshot, dominators.columns().sizes, rows);
  auto sites = samples.by_group(rows.size(), [&](ObjectId object) {
    return dominators.reachable(object) ? row_of.of(object) : AllocationSamples::kNoGroup;
  });
  for (std::size_t row = 0; row < rows.size(); ++row) rows[row].allocated_at = std::move(sites[row]);
}

TableShape type_shape() {
  return make_shape<TypeLine>("types", "type", "retained", kColumns, "own");
}

Table type_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators, const heap::OwnerRules& rules) {
  std::vector<TypeTotals> totals = type_totals(snapshot, graph::DominatorTree(dominators));
  const heap::ObjectIndex index(snapshot);
  const Names names(snapshot, index, rules);
  add_allocation_sites(snapshot, dominators, AllocationSamples(names, dominators.columns().sizes), totals);
  std::vector<TypeLine> lines;
  for (TypeTotals& row : totals) {
    const AllocationPlace* const place = row.allocated_at ? row.allocated_at->agreed() : nullptr;
    std::string put_there_by = place == nullptr ? "" : code_text(place->place);
    lines.push_back({std::move(row), std::move(put_there_by)});
  }
  Table table = make_table<TypeLine>(type_shape(), kColumns, std::move(lines));
  open_by(table, "type", "types", "--list");
  return table;
}

}  // namespace holdfast::view
