#include "report/dominated.h"

namespace holdfast::report {

Dominated::Dominated(const graph::Dominators& dominators)
    : dominators_(dominators),
      tree_(dominators),
      leaf_begin_(std::uint64_t{dominators.columns().vertices.count()} + 1) {
  const graph::DominatorColumns& columns = dominators.columns();
  const std::uint64_t first = columns.vertices.pointerful();
  const std::uint64_t end = columns.idom.size();
  for (std::uint64_t i = first; i < end; ++i)
    if (columns.idom[i] != 0) ++leaf_begin_[columns.idom[i] - 1];
  std::uint32_t sum = 0;
  for (std::uint32_t& begin : leaf_begin_) begin = sum += begin;
  leaf_ = HugeArray<std::uint32_t>(sum);
  for (std::uint64_t i = end; i-- > first;)
    if (columns.idom[i] != 0) leaf_[--leaf_begin_[columns.idom[i] - 1]] = static_cast<std::uint32_t>(i);
}

}  // namespace holdfast::report
