// Target memory that is fetched while the target stands still and then kept. What is known to be needed is read in bulk
// (spans that hold pointers, stacks, data); small runtime structures are fetched in blocks as passes touch them. After
// close() nothing is fetched any more: the picture is of one moment.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/huge_array.h"
#include "base/memory_source.h"

namespace holdfast::capture {

// Reads [from, from + to.size()) and returns how many bytes from the start on could be read.
using Fetch = std::function<std::uint64_t(Address from, std::span<std::byte> to)>;
// Reads many sorted ranges, one behind the other, into `to`; what cannot be read stays zero and is returned.
using FetchBulk =
    std::function<std::vector<AddressRange>(std::span<const AddressRange> ranges, std::span<std::byte> to)>;

class FrozenMemory : public MemorySource {
 public:
  static constexpr std::uint64_t kBlock = 64 << 10;

  // Blocks are clipped to `readable` (sorted mappings of the target), so that no fetch strays into a neighbour.
  FrozenMemory(Fetch fetch, FetchBulk fetch_bulk, std::vector<AddressRange> readable);

  // The mappings as they are now, to be said again once the target stands still: it may have made new ones since.
  void set_readable(std::vector<AddressRange> readable) { readable_ = std::move(readable); }
  // Memory to read into, faulted in beforehand so that the pause does not pay for it. Optional.
  void prepare(std::uint64_t bytes);
  // Reads `ranges` (sorted, disjoint) in bulk, but for what was read so before; they can then be viewed in place.
  // Returns the holes.
  std::vector<AddressRange> read_bulk(const std::vector<AddressRange>& ranges);
  // Sees to it that the range is kept, in whole blocks.
  void touch(AddressRange range) const;
  void close();

  bool try_read(Address from, std::span<std::byte> to) const override;
  const std::byte* try_view(Address from, std::uint64_t size) const override;

  // Ranges of all blocks fetched so far, sorted and joined: what a second look will need.
  std::vector<AddressRange> blocks() const;
  std::uint64_t bytes_read() const;

 private:
  struct Bulk {
    AddressRange range;
    const std::byte* data = nullptr;
  };
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::uint32_t pages = 0;  // a bit for each page of the block that could be read

    // How many bytes from `at` on are there.
    std::uint64_t room_at(std::uint64_t at) const;
  };

  const Bulk* find_bulk(Address at) const;
  std::vector<AddressRange> not_yet_read(const std::vector<AddressRange>& ranges) const;
  std::byte* room_for(std::uint64_t bytes);
  const Block* block_of(Address at) const;
  Block fetch_block(std::uint64_t number) const;

  Fetch fetch_;
  FetchBulk fetch_bulk_;
  std::vector<AddressRange> readable_;
  std::vector<Bulk> bulk_;  // sorted, disjoint
  std::vector<Mapping> buffers_;
  Mapping prepared_;
  std::uint64_t prepared_used_ = 0;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::uint64_t, Block> blocks_;
  mutable std::uint64_t bytes_read_ = 0;
  bool closed_ = false;
};

}  // namespace holdfast::capture
