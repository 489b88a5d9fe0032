#include "graph/root_forest.h"

#include "base/error.h"

namespace holdfast::graph {
namespace {

void check(const heap::Snapshot& snapshot, std::uint32_t row) {
  const heap::Root& root = snapshot.roots[row];
  if (root.parent && root.parent.row >= row)
    fail(ErrorCode::kDamaged, "root {} names the later root {} as its parent", row, root.parent.row);
  if (root.first_target > snapshot.root_targets.size() ||
      root.target_count > snapshot.root_targets.size() - root.first_target)
    fail(ErrorCode::kDamaged, "root {}: targets {} + {} overrun the table of {}", row, root.first_target,
         root.target_count, snapshot.root_targets.size());
}

}  // namespace

RootForest::RootForest(const heap::Snapshot& snapshot) : children_(snapshot.roots.size()) {
  const auto roots = static_cast<std::uint32_t>(snapshot.roots.size());
  const auto list_of = [&](std::uint32_t row) {
    const RootId parent = snapshot.roots[row].parent;
    return parent ? parent.row : roots;
  };
  begin_.resize(std::size_t{roots} + 2);
  for (std::uint32_t row = 0; row < roots; ++row) {
    check(snapshot, row);
    ++begin_[list_of(row)];
  }
  std::uint32_t sum = 0;
  for (std::uint32_t& begin : begin_) begin = sum += begin;
  for (std::uint32_t row = roots; row-- > 0;) children_[--begin_[list_of(row)]] = RootId(row);
}

}  // namespace holdfast::graph
