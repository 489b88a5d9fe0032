// Programs whose goroutines wait, for tests of who can go on.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/random_graph_for_tests.h"

namespace holdfast::graph {

// A heap with a goroutine for each of the last objects, which are their records.
class WaitingProgram {
 public:
  WaitingProgram(std::uint32_t objects, std::uint32_t goroutines)
      : builder_(objects + goroutines, 0), records_(objects) {
    for (std::uint32_t g = 0; g < goroutines; ++g) goroutine_roots_.push_back(builder_.root());
    all_ = builder_.root();
    for (std::uint32_t g = 0; g < goroutines; ++g) builder_.refer(all_, records_ + g);
  }

  SnapshotBuilder& heap() { return builder_; }
  WaitingProgram& holds(std::uint32_t goroutine, std::uint32_t object) {
    builder_.refer(goroutine_roots_[goroutine], object);
    return *this;
  }
  WaitingProgram& global(std::uint32_t object) {
    builder_.refer(all_, object);
    return *this;
  }
  std::uint32_t record(std::uint32_t goroutine) const { return records_ + goroutine; }

  heap::Snapshot build() const {
    heap::Snapshot snapshot = builder_.build();
    for (std::uint32_t g = 0; g < goroutine_roots_.size(); ++g) {
      const RootId root = goroutine_roots_[g];
      snapshot.roots[root.row].kind = heap::RootKind::kGoroutine;
      snapshot.roots[root.row].goroutine = GoroutineId(g);
      heap::Goroutine& row = snapshot.goroutines.emplace_back();
      row.root = root;
      row.g = Address(snapshot.spans.front().base.value + (records_ + g) * snapshot.spans.front().slot_size);
    }
    const std::uint64_t slots = snapshot.objects;
    snapshot.allocated = HugeArray<std::uint64_t>((slots + 63) / 64);
    for (std::uint64_t i = 0; i < slots; ++i) heap::set_bit(snapshot.allocated, i);
    return snapshot;
  }

 private:
  SnapshotBuilder builder_;
  std::uint32_t records_;
  std::vector<RootId> goroutine_roots_;
  RootId all_;
};

inline heap::WakeUp waits_for(std::uint32_t goroutine, std::uint32_t object) {
  return {GoroutineId(goroutine), ObjectId(object), {}, {}};
}

}  // namespace holdfast::graph
