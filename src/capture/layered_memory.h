// Two memories, one above the other: program files above what was read of the target. It copies nothing and owns
// neither. Several threads may read it where they may read both.
#pragma once

#include "base/memory_source.h"

namespace holdfast::capture {

class LayeredMemory : public MemorySource {
 public:
  // Both must outlive this.
  LayeredMemory(const MemorySource& top, const MemorySource& bottom) : top_(top), bottom_(bottom) {}

  bool try_read(Address from, std::span<std::byte> to) const override {
    return top_.try_read(from, to) || bottom_.try_read(from, to);
  }
  // Asking the lower one is enough where it has the bytes: where both have them, they are the same.
  bool try_gather(std::span<const AddressRange> ranges, std::span<std::byte> to) const override {
    return bottom_.try_gather(ranges, to) || MemorySource::try_gather(ranges, to);
  }
  const std::byte* try_view(Address from, std::uint64_t size) const override {
    if (const std::byte* view = top_.try_view(from, size)) return view;
    return bottom_.try_view(from, size);
  }

 private:
  const MemorySource& top_;
  const MemorySource& bottom_;
};

}  // namespace holdfast::capture
