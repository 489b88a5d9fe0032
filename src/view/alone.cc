#include "view/alone.h"

#include <algorithm>

#include "heap/field_path.h"

namespace holdfast::view {

// The parts of one object are asked about one after the other, so its row is laid out once.
void Alone::find_row(ObjectId object) {
  if (object == object_) return;
  object_ = object;
  offset_.clear();
  const heap::Edges& edges = snapshot_.edges;
  std::uint64_t offset = 0;
  for (const std::uint32_t e : edges.of(object.row)) offset_.push_back(offset += heap::edge_step(edges, e));
}

void Alone::add_targets(AddressRange words) {
  const Address begin = index_.address_of(object_);
  if (words.begin < begin) return;
  const auto first = std::ranges::lower_bound(offset_, words.begin - begin);
  const std::uint32_t row = snapshot_.edges.row_begin[object_.row];
  for (auto at = first; at != offset_.end() && *at < words.end - begin; ++at) {
    const std::uint32_t target = snapshot_.edges.target[row + static_cast<std::uint32_t>(at - offset_.begin())];
    if (dominators_.idom(ObjectId(target)) == graph::NodeId(object_)) targets_.push_back({target, 1});
  }
}

// Whether a candidate dominates it, or is it.
bool Alone::is_below(ObjectId object) const {
  for (graph::NodeId node = object; node && node != graph::NodeId(object_) && node.object();
       node = dominators_.idom(node))
    if (std::ranges::binary_search(targets_, node.object().row, {}, &Target::row)) return true;
  return false;
}

// Whoever else refers to it must be garbage, or hang on one of the candidates.
bool Alone::is_held_alone(const Target& target) const {
  const auto sources = referrers_.of(ObjectId(target.row));
  for (std::size_t i = 0; i < sources.size();) {
    const std::uint32_t source = sources[i];
    std::uint32_t words = 0;
    for (; i < sources.size() && sources[i] == source; ++i) ++words;
    if (source == object_.row ? words != target.words
                              : dominators_.reachable(ObjectId(source)) && !is_below(ObjectId(source)))
      return false;
  }
  return true;
}

std::uint64_t Alone::bytes(std::span<const AddressRange> words) {
  const ObjectId object = words.empty() ? ObjectId() : index_.find_object(words.front().begin);
  if (!object || object.row >= snapshot_.pointerful || !dominators_.reachable(object)) return 0;
  find_row(object);
  targets_.clear();
  for (const AddressRange& range : words) add_targets(range);
  std::ranges::sort(targets_, {}, &Target::row);
  std::size_t kept = 0;
  for (const Target& target : targets_) {
    if (kept > 0 && targets_[kept - 1].row == target.row)
      ++targets_[kept - 1].words;
    else
      targets_[kept++] = target;
  }
  targets_.resize(kept);
  // Who is no candidate any more is no excuse for others.
  for (bool changed = true; changed;) {
    std::vector<Target> held;
    for (const Target& target : targets_)
      if (is_held_alone(target)) held.push_back(target);
    changed = held.size() != targets_.size();
    targets_ = std::move(held);
  }
  std::uint64_t sum = 0;
  for (const Target& target : targets_) sum += dominators_.retained_bytes(ObjectId(target.row));
  return sum;
}

}  // namespace holdfast::view
