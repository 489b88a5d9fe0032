// The objects of a Snapshot as the propagation sees them (typing/propagate.h): their bytes are read in place from the
// copy of the target's memory. Sizes and offsets in bytes. Safe to read from several threads; nothing throws.
#pragma once

#include "base/huge_array.h"
#include "go/heap_model.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "typing/propagate.h"

namespace holdfast::typing {

class TypedHeap : public HeapView {
 public:
  // All must outlive this.
  TypedHeap(const go::Runtime& runtime, const heap::ObjectIndex& index, const heap::Snapshot& snapshot);

  std::uint32_t pointerful() const override { return snapshot_.pointerful; }
  std::uint32_t objects() const override { return snapshot_.objects; }
  void find(std::span<const Address> addresses, std::span<Location> locations) const override;
  void read(std::span<const std::uint32_t> rows, std::span<Object> objects) const override;
  const std::byte* variable(Address at, std::uint64_t bytes) const override;
  // Of objects of heap::kHugeObject bytes and more.
  bool visit_references(std::uint32_t row, const std::function<void(std::uint64_t offset)>& visit) const override;

 private:
  // What finding and reading objects needs of a span, in half a cache line.
  struct SpanView {
    const std::byte* data = nullptr;  // null if the span has no pointers or does not lie together in our memory
    Address base;
    std::uint64_t slot_size = 0;
    std::uint32_t more_than_smaller = 0;  // Location::bytes without Location::too_small
    std::uint8_t header = 0;
    bool has_dead = false;  // some of its objects wait to be swept
  };
  std::uint64_t room_of_smaller(const heap::Span& span) const;
  bool has_dead(const heap::Span& span) const;
  bool is_dead(std::uint32_t row) const;

  const go::Runtime& runtime_;
  const heap::ObjectIndex& index_;
  const heap::Snapshot& snapshot_;
  HugeArray<SpanView> views_;  // by SpanId
};

}  // namespace holdfast::typing
