#include "view/owner_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/cancel.h"
#include "base/text.h"
#include "base/units.h"
#include "view/holder_search.h"
#include "view/owner_words.h"
#include "view/row_commands.h"

namespace holdfast::view {
namespace {

struct OwnerLine {
  std::uint64_t bytes = 0;
  std::uint64_t owners = 0;
  std::uint64_t goroutines = 0;
  std::optional<std::uint64_t> with_others;
  std::string_view kind;
  std::string name;
  std::string also;
  RowCommand command;
};

constexpr std::string_view kVariableWord = "variable", kGoroutinesWord = "goroutines", kRuntimeWord = "runtime",
                           kSpecialsWord = "finalizers", kSharedWord = "shared";

std::string_view kind_word(OwnerKind kind) {
  switch (kind) {
    case OwnerKind::kVariable:
      return kVariableWord;
    case OwnerKind::kGoroutines:
      return kGoroutinesWord;
    case OwnerKind::kRuntime:
      return kRuntimeWord;
    case OwnerKind::kSpecials:
      return kSpecialsWord;
  }
  return {};
}

constexpr ColumnOf<OwnerLine> kColumns[] = {
    {{"bytes", Unit::kBytes, "of the heap; no byte is in two rows"},
     [](const OwnerLine& row) { return Cell(row.bytes); }},
    {{"with_others", Unit::kBytes, "what it reaches and others have, or have with it", Shown::kIfRoom},
     [](const OwnerLine& row) { return row.with_others ? Cell(*row.with_others) : Cell(); }},
    {{"owners", Unit::kCount, "how many share it"}, [](const OwnerLine& row) { return Cell(row.owners); }},
    {{"goroutines", Unit::kCount, "of the owners", Shown::kIfRoom},
     [](const OwnerLine& row) { return Cell(row.goroutines); }},
    {{"kind", Unit::kText, "what has it", Shown::kIfRoom,
      [] {
        return std::vector<std::string_view>{kVariableWord, kGoroutinesWord, kRuntimeWord, kSpecialsWord, kSharedWord};
      }},
     [](const OwnerLine& row) { return text_cell(row.kind); }},
    {{"name", Unit::kText, "whose it is: one, or those who share it; of many the first eight"},
     [](const OwnerLine& row) { return text_cell(row.name); }},
    {{"also", Unit::kText, "who reaches some of it and gave way: for the moment, or weakly", Shown::kWhenAsked},
     [](const OwnerLine& row) { return text_cell(row.also); }},
};

class OwnerLines {
 public:
  explicit OwnerLines(const Groundwork& groundwork)
      : groundwork_(groundwork), snapshot_(groundwork.snapshot()), owners_(groundwork.owners()) {}

  std::vector<OwnerLine> run() const {
    std::vector<OwnerLine> lines;
    for (std::uint32_t h = 0; h < owners_.homes().size(); ++h)
      if (owners_.homes()[h].bytes > 0) lines.push_back(line_of(h));
    return lines;
  }

 private:
  OwnerLine line_of(std::uint32_t at) const {
    const Home& home = owners_.homes()[at];
    OwnerLine line;
    line.bytes = home.bytes;
    line.owners = home.owners.size();
    line.kind = kSharedWord;
    for (const std::uint32_t owner : home.owners) line.goroutines += owners_.rows()[owner].goroutines;
    if (home.is_one()) {
      line.with_others = owners_.bytes_with_others(home.owners.front());
      line.kind = kind_word(owners_.rows()[home.owners.front()].kind);
    }
    line.name = home_text(snapshot_, owners_, home);
    std::vector<std::uint32_t> also;
    for (const AlsoHeld& held : owners_.also_held(at)) also.push_back(held.owner);
    line.also = owners_text(snapshot_, owners_, also);
    line.command = command_of_home(groundwork_, home);
    return line;
  }

  const Groundwork& groundwork_;

  const heap::Snapshot& snapshot_;
  const Owners& owners_;
};

// Nodes of one sort, and what they keep alive.
struct Things {
  Sort sort = 0;
  std::vector<std::uint32_t> vertices;  // that are not below each other
  std::uint64_t count = 0;              // of things
  std::uint64_t parts = 0;              // of these, if there is no thing: of a map whose header is elsewhere
  std::uint64_t bytes = 0;
  std::uint64_t largest = 0;
  std::uint32_t example = 0;  // the vertex that keeps most
};

class TreeBelow {
 public:
  TreeBelow(const Groundwork& groundwork, const graph::DominatorTree& tree, const UnderLimits& limits)
      : names_(groundwork.names()), dominators_(groundwork.dominators()), tree_(tree), limits_(limits) {}

  std::vector<UnderRow> run(const FoundSubject& found) {
    // Of nodes that lie below each other the upper ones have all.
    std::set<graph::NodeId> all(found.nodes.begin(), found.nodes.end());
    Things top;
    for (const graph::NodeId node : found.nodes) {
      graph::NodeId above = dominators_.idom(node);
      while (above && above != graph::NodeId::super_root() && !all.contains(above)) above = dominators_.idom(above);
      if (!above || above == graph::NodeId::super_root()) add(node, top);
    }
    rows_.push_back({.line = UnderLine::kThings,
                     .what = found.what,
                     .count = found.nodes.size(),
                     .bytes = top.bytes,
                     .example = address_of(top.example)});
    open(top, 1, false);
    return std::move(rows_);
  }

 private:
  const graph::Vertices& vertices() const { return dominators_.columns().vertices; }
  graph::NodeId node(std::uint32_t vertex) const { return vertices().node(vertex); }
  bool is_part(graph::NodeId node) const { return node.object() && names_.parts().is_part(node.object()); }
  Address address_of(std::uint32_t vertex) const {
    const ObjectId object = node(vertex).object();
    return object ? names_.index().address_of(object) : Address();
  }

  // A map is one thing however many parts it has, so its header counts; how many of another container's parts are one
  // thing nobody knows.
  void count(graph::NodeId node, Things& things) const {
    const bool is_inside = node.object() && names_.is_container(node.object());
    if (is_part(node))
      ++things.parts;
    else if (!is_inside || names_.is_header(node.object()))
      ++things.count;
  }

  void add(graph::NodeId node, Things& things) const {
    const std::uint64_t bytes = dominators_.retained_bytes(node);
    count(node, things);
    things.bytes += bytes;
    if (things.vertices.empty() || bytes > things.largest) {
      things.largest = bytes;
      things.example = vertices().of(node);
    }
    things.vertices.push_back(vertices().of(node));
  }

  // Collects what the things keep alive by sort. Those of their own sort below them are of them.
  std::vector<Things> below(Things& things, bool has_sort, std::uint64_t& own) const {
    std::unordered_map<Sort, std::size_t> at;
    std::vector<Things> out;
    std::vector<std::uint32_t> open = things.vertices;
    std::uint64_t steps = 0;
    while (!open.empty()) {
      if (++steps % (1 << 16) == 0) throw_if_cancelled();
      const graph::NodeId above = node(open.back());
      open.pop_back();
      if (above.object()) own += dominators_.columns().sizes.size_of(above.object());
      tree_.for_each_child(above, [&](graph::NodeId child) {
        const Sort sort = sort_of(names_, dominators_, child);
        if (has_sort && sort == things.sort) {
          count(child, things);
          open.push_back(vertices().of(child));
          return;
        }
        const auto [known, is_new] = at.try_emplace(sort, out.size());
        if (is_new) out.emplace_back().sort = sort;
        add(child, out[known->second]);
      });
    }
    std::ranges::stable_sort(
        out, [](const Things& a, const Things& b) { return a.bytes != b.bytes ? a.bytes > b.bytes : a.sort < b.sort; });
    return out;
  }

  Sentence text_of(graph::NodeId node) const {
    if (const RootId root = node.root()) return named(names_.snapshot(), names_.snapshot().roots[root.row]);
    const ObjectId object = node.object();
    const std::string type = names_.is_container(object) ? names_.container_of(object) : names_.type_of(object);
    return type.empty() ? sentence("object of {}", format_bytes(names_.index().size_of(object))) : named(type);
  }

  // Returns how many things there are, which is known when their level has been opened.
  std::uint64_t open(Things& things, std::size_t depth, bool has_sort) {
    std::uint64_t own = 0;
    std::vector<Things> all = below(things, has_sort, own);
    const std::uint64_t count = things.count > 0 ? things.count : things.parts;
    if (depth > limits_.depth || all.empty()) return count;
    if (own > 0)
      rows_.push_back({.line = UnderLine::kThemselves, .depth = depth, .what = {}, .count = count, .bytes = own});
    UnderRow more{.line = UnderLine::kMore, .depth = depth, .what = {}};
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i >= limits_.branches) {
        ++more.count;
        more.bytes += all[i].bytes;
        continue;
      }
      const std::size_t row = rows_.size();
      rows_.push_back({.line = UnderLine::kThings,
                       .depth = depth,
                       .what = text_of(node(all[i].example)),
                       .bytes = all[i].bytes,
                       .example = address_of(all[i].example)});
      rows_[row].count = open(all[i], depth + 1, true);
      all[i] = {};
    }
    if (more.count > 0) rows_.push_back(more);
    return count;
  }

  const Names& names_;
  const graph::Dominators& dominators_;
  const graph::DominatorTree& tree_;
  const UnderLimits& limits_;
  std::vector<UnderRow> rows_;
};

}  // namespace

TableShape owner_shape() {
  return make_shape<OwnerLine>("owners", "owner", "bytes", kColumns, "bytes");
}

// Of what several share, who holds the largest part of it says the most.
RowCommand command_of_home(const Groundwork& groundwork, const Home& home) {
  const heap::ObjectIndex& index = groundwork.names().index();
  const Owners& owners = groundwork.owners();
  const OwnerRow* const row = home.is_one() ? &owners.rows()[home.owners.front()] : nullptr;
  if (row != nullptr && row->kind == OwnerKind::kRuntime) return {"roots", "--filter 'kind!=global'"};
  if (row != nullptr && !row->roots.empty()) return command_of_root(groundwork.snapshot(), index, row->roots.front());
  const graph::Dominators& dominators = groundwork.dominators();
  const auto node = [&](std::uint32_t vertex) { return dominators.columns().vertices.node(vertex); };
  const auto shared = owners.shared(home);
  const auto largest = std::ranges::max_element(
      shared, {}, [&](std::uint32_t vertex) { return dominators.retained_bytes(node(vertex)); });
  if (largest == shared.end()) return {};
  return {"why", hex(index.address_of(node(*largest).object()))};
}

Table owner_table(const Groundwork& groundwork) {
  std::vector<OwnerLine> lines = OwnerLines(groundwork).run();
  std::vector<RowCommand> commands;
  for (OwnerLine& line : lines) commands.push_back(std::move(line.command));
  Table table = make_table<OwnerLine>(owner_shape(), kColumns, std::move(lines));
  table.command = [commands = std::move(commands)](std::uint32_t row) { return commands[row]; };
  return table;
}

std::vector<UnderRow> under(const Groundwork& groundwork, const graph::DominatorTree& tree,
                            const graph::Reachability& reached, const Subject& subject, const UnderLimits& limits) {
  return TreeBelow(groundwork, tree, limits).run(find_subject(groundwork.names(), reached, subject));
}

}  // namespace holdfast::view
