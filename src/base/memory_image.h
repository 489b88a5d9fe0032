// A frozen picture of target memory: address ranges that lie in our own memory, copied or in a mapped core file. One
// thread adds ranges; from then on several may read.
#pragma once

#include <memory>
#include <vector>

#include "base/memory_source.h"

namespace holdfast {

class MemoryImage : public MemorySource {
 public:
  // Adds bytes that stand for [at, at + size). `owner` keeps them alive; it is null if something else does. Where
  // ranges overlap, what was added first wins. All additions must come before the first read.
  void add(Address at, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);
  // Must be called after the last add().
  void seal();

  bool try_read(Address from, std::span<std::byte> to) const override;
  const std::byte* try_view(Address from, std::uint64_t size) const override;

  struct Segment {
    AddressRange range;
    const std::byte* data = nullptr;
  };
  // Sorted, without overlaps.
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  const Segment* find(Address at) const;

  std::vector<Segment> pending_;
  std::vector<Segment> segments_;
  std::vector<std::shared_ptr<const void>> owners_;
  bool sealed_ = false;
};

}  // namespace holdfast
