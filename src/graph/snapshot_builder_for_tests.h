// For tests: small snapshots made of sizes, edges and roots. Objects 0 .. pointerful-1 can hold pointers, the others
// cannot. An object is its number from the start, and one builder can build often: tests of algorithms and random
// graphs want that. heap/heap_builder_for_tests.h, for names, types and free slots, numbers objects only at the end.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

class SnapshotBuilder {
 public:
  // All objects have `size` bytes until resized.
  SnapshotBuilder(std::uint32_t pointerful, std::uint32_t leaves, std::uint64_t size = 16)
      : rows_(pointerful), size_(std::size_t{pointerful} + leaves, size) {}

  SnapshotBuilder& resize(std::uint32_t object, std::uint64_t bytes) {
    size_[object] = bytes;
    return *this;
  }
  SnapshotBuilder& edge(std::uint32_t from, std::uint32_t to) {
    rows_[from].push_back(to);
    return *this;
  }
  RootId root(RootId parent = {}, bool conservative = false) {
    heap::Root& node = roots_.emplace_back();
    node.parent = parent;
    node.conservative = conservative;
    root_rows_.emplace_back();
    return RootId(static_cast<std::uint32_t>(roots_.size() - 1));
  }
  SnapshotBuilder& refer(RootId root, std::uint32_t object) {
    root_rows_[root.row].push_back(object);
    return *this;
  }

  heap::Snapshot build() const {
    heap::Snapshot snapshot;
    snapshot.pointerful = static_cast<std::uint32_t>(rows_.size());
    snapshot.objects = static_cast<std::uint32_t>(size_.size());
    add_spans(snapshot, 0, snapshot.pointerful, true);
    add_spans(snapshot, snapshot.pointerful, snapshot.objects, false);
    add_edges(snapshot.edges);
    snapshot.roots = roots_;
    for (std::size_t r = 0; r < roots_.size(); ++r) {
      snapshot.roots[r].first_target = static_cast<std::uint32_t>(snapshot.root_targets.size());
      snapshot.roots[r].target_count = static_cast<std::uint32_t>(root_rows_[r].size());
      for (const std::uint32_t object : root_rows_[r]) snapshot.root_targets.push_back({ObjectId(object), 0});
    }
    return snapshot;
  }

 private:
  // Adds one span per run of equal sizes.
  void add_spans(heap::Snapshot& snapshot, std::uint32_t first, std::uint32_t end, bool has_pointers) const {
    while (first < end) {
      std::uint32_t next = first;
      while (next < end && size_[next] == size_[first]) ++next;
      heap::Span span;
      span.base = Address(0xc000000000 + snapshot.spans.size() * 0x400000);
      span.slot_size = size_[first];
      span.pages = static_cast<std::uint32_t>(((next - first) * size_[first] + 8191) / 8192);
      span.slots = span.alloc_count = span.objects = next - first;
      span.first_object = first;
      span.has_pointers = has_pointers;
      snapshot.spans.push_back(span);
      first = next;
    }
  }

  void add_edges(heap::Edges& edges) const {
    std::uint64_t count = 0;
    for (const auto& row : rows_) count += row.size();
    edges.row_begin = HugeArray<std::uint32_t>(rows_.size() + 1);
    edges.target = HugeArray<std::uint32_t>(count);
    edges.step = HugeArray<std::uint8_t>(count);
    std::uint32_t at = 0;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      for (const std::uint32_t target : rows_[row]) {
        edges.step[at] = at == edges.row_begin[row] ? 0 : 1;
        edges.target[at++] = target;
      }
      edges.row_begin[row + 1] = at;
    }
  }

  std::vector<std::vector<std::uint32_t>> rows_;
  std::vector<std::uint64_t> size_;
  std::vector<heap::Root> roots_;
  std::vector<std::vector<std::uint32_t>> root_rows_;
};

}  // namespace holdfast::graph
