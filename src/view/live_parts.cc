#include "view/live_parts.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/cancel.h"
#include "view/moment.h"
#include "view/owner_table.h"
#include "view/type_table.h"

namespace holdfast::view {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"active", "stuck", "dangling", "waiting", "unknown"};

std::string_view kind_of(const Owners& owners, const Home& home) {
  if (!home.is_one()) return "shared";
  switch (owners.rows()[home.owners.front()].kind) {
    case OwnerKind::kVariable:
      return "variable";
    case OwnerKind::kGoroutines:
      return "goroutines";
    case OwnerKind::kRuntime:
      return "runtime";
    case OwnerKind::kSpecials:
      return "finalizers";
  }
  return {};
}

// Whether the home is that of goroutines all of which can never go on.
class StuckHomes {
 public:
  explicit StuckHomes(const Groundwork& groundwork) : owners_(groundwork.owners()) {
    const heap::Snapshot& snapshot = groundwork.snapshot();
    std::vector<std::uint32_t> goroutines(owners_.rows().size());
    for (const GoroutineId goroutine : groundwork.leaked().goroutines)
      if (const RootId root = snapshot.goroutines[goroutine.row].root) ++goroutines[owners_.owner_of(root)];
    for (std::uint32_t owner = 0; owner < goroutines.size(); ++owner)
      is_stuck_.push_back(goroutines[owner] > 0 && goroutines[owner] == owners_.rows()[owner].goroutines);
  }
  bool has(const Home& home) const { return home.is_one() && is_stuck_[home.owners.front()]; }

 private:
  const Owners& owners_;
  std::vector<bool> is_stuck_;  // by row of owners
};

// Sorts the parts from `begin` on, and puts those behind the first `most` together under a name of their own.
void fold(std::vector<LivePart>& parts, std::size_t begin, std::size_t most, std::string_view what) {
  const auto first = parts.begin() + static_cast<std::ptrdiff_t>(begin);
  std::stable_sort(first, parts.end(), [](const LivePart& a, const LivePart& b) {
    return std::pair(a.bytes, a.count) > std::pair(b.bytes, b.count);
  });
  if (parts.size() - begin <= most) return;
  LivePart rest;
  rest.state = first->state;
  rest.kind = first->kind;
  for (std::size_t i = begin + most; i < parts.size(); ++i) {
    rest.bytes += parts[i].bytes;
    rest.count += parts[i].count;
  }
  rest.name = sentence("{} more {}", parts.size() - begin - most, what);
  rest.key = std::string(words_of(rest.state)) + "\nmore";
  parts.resize(begin + most);
  parts.push_back(std::move(rest));
}

void add_owners(const Groundwork& groundwork, const graph::Reachability& reached, std::size_t most,
                std::vector<LivePart>& parts) {
  const StuckHomes stuck(groundwork);
  const Owners& owners = groundwork.owners();
  std::vector<LivePart> hopeless;
  for (MomentRow& row : owners_of_moment(groundwork, reached).rows) {
    const Home& home = owners.homes()[row.home];
    LivePart part;
    part.state = stuck.has(home) ? PartState::kStuck : PartState::kActive;
    part.key = std::move(row.key);
    part.name = std::move(row.text);
    part.kind = kind_of(owners, home);
    part.bytes = row.sum.bytes;
    part.count = row.sum.count;
    part.open = command_of_home(groundwork, home);
    (part.state == PartState::kStuck ? hopeless : parts).push_back(std::move(part));
  }
  fold(parts, 0, most, "owners");
  const std::size_t begin = parts.size();
  std::ranges::move(hopeless, std::back_inserter(parts));
  if (begin < parts.size()) fold(parts, begin, most, "goroutines");
}

// Objects that nothing reaches, by type.
void add_garbage(const Groundwork& groundwork, std::size_t most, std::vector<LivePart>& parts) {
  constexpr std::uint32_t kNoTypeRow = ~std::uint32_t{0};
  const heap::Snapshot& snapshot = groundwork.snapshot();
  const graph::Dominators& dominators = groundwork.dominators();
  const std::vector<std::uint32_t> row_of = rows_of_types(snapshot);
  struct Sum {
    MomentSum all;
    ObjectId example;
  };
  std::unordered_map<std::uint32_t, Sum> sums;
  dominators.columns().sizes.for_each_run(0, snapshot.objects, [&](auto first, auto last, auto size) {
    throw_if_cancelled();
    for (std::uint64_t i = first; i < last; ++i) {
      const ObjectId object(static_cast<std::uint32_t>(i));
      if (dominators.reachable(object)) continue;
      const heap::ObjectType type = snapshot.object_type[object.row];
      Sum& sum = sums[type ? row_of[type.type().row] : kNoTypeRow];
      sum.all += MomentSum{1, size, 0};
      sum.example = object;
    }
  });
  const std::size_t begin = parts.size();
  for (const auto& [row, sum] : sums) {
    LivePart part;
    part.state = PartState::kWaiting;
    part.kind = "type";
    part.name =
        row == kNoTypeRow ? sentence("objects of unknown type") : named(groundwork.names().type_of(sum.example));
    part.key = "waiting\n" + part.name.full;
    part.bytes = sum.all.bytes;
    part.count = sum.all.count;
    parts.push_back(std::move(part));
  }
  // The map has no order of its own, and two types may take the same.
  std::sort(parts.begin() + static_cast<std::ptrdiff_t>(begin), parts.end(),
            [](const LivePart& a, const LivePart& b) { return a.key < b.key; });
  if (begin < parts.size()) fold(parts, begin, most, "types");
}

std::size_t column_of(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table.shape.columns, name, &Column::name);
  return static_cast<std::size_t>(found - table.shape.columns.begin());
}

void add_dangling(const Table& table, std::size_t most, std::vector<LivePart>& parts) {
  const std::size_t words = column_of(table, "words"), place = column_of(table, "place"),
                    kind = column_of(table, "kind");
  const std::size_t begin = parts.size();
  const auto text = [&](std::uint32_t row, std::size_t column) {
    const Cell cell = table.cell(row, column);
    const auto* const value = std::get_if<std::string_view>(&cell);
    return std::string(value == nullptr ? std::string_view() : *value);
  };
  for (std::uint32_t row = 0; row < table.rows; ++row) {
    // A number may only look like an address; what lies on a stack may be dead.
    const std::string sort = text(row, kind);
    if (sort == "number" || sort == "stack" || sort == "untyped") continue;
    LivePart part;
    part.state = PartState::kDangling;
    part.kind = "words";
    part.name = named(text(row, place));
    part.key = "dangling\n" + sort + "\n" + part.name.full;
    const Cell count = table.cell(row, words);
    if (const auto* const number = std::get_if<std::uint64_t>(&count)) part.count = *number;
    if (table.command) part.open = table.command(row);
    parts.push_back(std::move(part));
  }
  if (begin < parts.size()) fold(parts, begin, most, "places");
}

void add_outside(const heap::Account& account, std::vector<LivePart>& parts) {
  const auto add = [&](std::string_view name, std::uint64_t bytes) {
    if (bytes == 0) return;
    LivePart part;
    part.state = PartState::kUnknown;
    part.kind = "mappings";
    part.name = sentence("{}", name);
    part.key = "unknown\n" + part.name.full;
    part.bytes = bytes;
    parts.push_back(std::move(part));
  };
  if (!account.known) return;
  add("C heap", account.c_heap);
  add("other mappings", account.mappings);
}

}  // namespace

std::string_view words_of(PartState state) {
  return kWords[static_cast<std::size_t>(state)];
}

std::vector<LivePart> live_parts(const Groundwork& groundwork, const graph::Reachability& reached,
                                 const Table& dangling, const LivePartLimits& limits) {
  std::vector<LivePart> parts;
  add_owners(groundwork, reached, limits.owners, parts);
  add_dangling(dangling, limits.words, parts);
  add_garbage(groundwork, limits.types, parts);
  add_outside(groundwork.snapshot().account, parts);
  return parts;
}

}  // namespace holdfast::view
