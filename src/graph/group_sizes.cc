#include "graph/group_sizes.h"

#include <algorithm>
#include <bit>

#include "base/cancel.h"
#include "base/huge_array.h"
#include "graph/object_sizes.h"

namespace holdfast::graph {
namespace {

constexpr std::uint64_t kCancelEvery = 1 << 20;

// Calls enter(object, group) for each object that a root or a record of groups refers to.
template <typename Enter>
void enter_seeds(const heap::Snapshot& snapshot, const RootGroups& groups, const Enter& enter) {
  for (std::size_t r = 0; r < snapshot.roots.size(); ++r) {
    const heap::Root& root = snapshot.roots[r];
    for (std::uint32_t i = 0; i < root.target_count; ++i)
      enter(snapshot.root_targets[root.first_target + i].object.row, groups.of_root[r]);
  }
  for (const auto& [record, group] : groups.records) {
    if (record.row >= snapshot.pointerful) continue;
    for (const std::uint32_t e : snapshot.edges.of(record.row)) enter(snapshot.edges.target[e], group);
  }
}

// Gives each object the group that alone reaches it, or kShared. What an object is given changes twice at most: from
// nothing to a group, and from that to kShared.
class Colours {
 public:
  Colours(const heap::Snapshot& snapshot, const RootGroups& groups)
      : snapshot_(snapshot), colour_(snapshot.objects), queue_(2 * std::uint64_t{snapshot.pointerful}) {
    for (const auto& [record, group] : groups.records) colour_[record.row] = kRecord;
    // What everybody else reaches comes first: it is shared for good, and most of it is entered once.
    for (const bool others : {true, false}) {
      enter_seeds(snapshot, groups, [&](std::uint32_t object, std::uint32_t group) {
        if ((group == RootGroups::kNone) == others) enter(object, others ? kShared : group + 1);
      });
      run();
    }
  }

  // Returns the group that alone reaches the object; kNone if there is none.
  std::uint32_t group_of(std::uint64_t object) const {
    const std::uint32_t colour = colour_[object];
    return colour == 0 || colour >= kRecord ? RootGroups::kNone : colour - 1;
  }

 private:
  static constexpr std::uint32_t kShared = ~std::uint32_t{0};
  static constexpr std::uint32_t kRecord = kShared - 1;

  void enter(std::uint32_t object, std::uint32_t colour) {
    std::uint32_t& now = colour_[object];
    if (now == colour || now >= kRecord) return;
    now = now == 0 ? colour : kShared;
    if (object < snapshot_.pointerful) queue_[tail_++] = object;
  }

  void run() {
    const heap::Edges& edges = snapshot_.edges;
    for (; head_ < tail_; ++head_) {
      if (head_ % kCancelEvery == 0) throw_if_cancelled();
      const std::uint32_t source = queue_[head_];
      for (const std::uint32_t e : edges.of(source)) enter(edges.target[e], colour_[source]);
    }
  }

  const heap::Snapshot& snapshot_;
  HugeArray<std::uint32_t> colour_;
  HugeArray<std::uint32_t> queue_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
};

// Which of up to 64 groups reach each object, as bits.
class GroupBits {
 public:
  static constexpr std::uint32_t kGroups = 64;

  GroupBits(const heap::Snapshot& snapshot, const RootGroups& groups, std::uint32_t first)
      : snapshot_(snapshot),
        bits_(snapshot.objects),
        is_record_((std::uint64_t{snapshot.objects} + 63) / 64),
        waits_((std::uint64_t{snapshot.objects} + 63) / 64),
        queue_(snapshot.pointerful) {
    for (const auto& [record, group] : groups.records) heap::set_bit(is_record_, record.row);
    enter_seeds(snapshot, groups, [&](std::uint32_t object, std::uint32_t group) {
      if (group >= first && group - first < kGroups) enter(object, std::uint64_t{1} << (group - first));
    });
    run();
  }

  std::uint64_t operator[](std::uint64_t object) const { return bits_[object]; }

 private:
  void enter(std::uint32_t object, std::uint64_t groups) {
    if ((groups & ~bits_[object]) == 0 || heap::test_bit(is_record_, object)) return;
    bits_[object] |= groups;
    if (object >= snapshot_.pointerful || heap::test_bit(waits_, object)) return;
    heap::set_bit(waits_, object);
    queue_[(head_ + waiting_++) % queue_.size()] = object;
  }

  // An object waits once at most, so the queue can be a ring.
  void run() {
    const heap::Edges& edges = snapshot_.edges;
    for (std::uint64_t steps = 0; waiting_ > 0; ++steps) {
      if (steps % kCancelEvery == 0) throw_if_cancelled();
      const std::uint32_t source = queue_[head_];
      head_ = (head_ + 1) % queue_.size();
      --waiting_;
      waits_[source / 64] &= ~(std::uint64_t{1} << (source % 64));
      for (const std::uint32_t e : edges.of(source)) enter(edges.target[e], bits_[source]);
    }
  }

  const heap::Snapshot& snapshot_;
  HugeArray<std::uint64_t> bits_, is_record_, waits_;
  HugeArray<std::uint32_t> queue_;
  std::uint64_t head_ = 0;
  std::uint64_t waiting_ = 0;
};

}  // namespace

std::vector<GroupSizes> group_sizes(const heap::Snapshot& snapshot, const RootGroups& groups) {
  std::vector<GroupSizes> sizes(groups.count);
  const ObjectSizes objects(snapshot);
  const Colours colours(snapshot, groups);
  objects.for_each_run(0, snapshot.objects, [&](std::uint64_t begin, std::uint64_t end, std::uint64_t bytes) {
    for (std::uint64_t object = begin; object < end; ++object)
      if (const std::uint32_t group = colours.group_of(object); group != RootGroups::kNone)
        sizes[group].exclusive += bytes;
  });
  for (std::uint32_t first = 0; first < groups.count; first += GroupBits::kGroups) {
    const GroupBits reached(snapshot, groups, first);
    objects.for_each_run(0, snapshot.objects, [&](std::uint64_t begin, std::uint64_t end, std::uint64_t bytes) {
      for (std::uint64_t object = begin; object < end; ++object) {
        if (colours.group_of(object) != RootGroups::kNone) continue;
        for (std::uint64_t bits = reached[object]; bits != 0; bits &= bits - 1)
          sizes[first + static_cast<std::uint32_t>(std::countr_zero(bits))].shared += bytes;
      }
    });
  }
  return sizes;
}

}  // namespace holdfast::graph
