// Target memory that is fetched while the target stands still, and then kept. What is known to be needed is read in
// bulk (spans that hold pointers, stacks, data); small runtime structures are fetched in blocks when passes touch them.
// After close() nothing is fetched any more, so the picture is of one moment. Reading is safe from several threads; the
// other functions are for one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/huge_array.h"
#include "base/memory_source.h"
#include "os/process_memory.h"

namespace holdfast::capture {

// Reads [from, from + to.size()) and returns how many bytes from the start on could be read.
using Fetch = std::function<std::uint64_t(Address from, std::span<std::byte> to)>;
// Makes many copies, ascending by address; what cannot be read becomes zero and is returned.
using FetchBulk = std::function<std::vector<AddressRange>(std::span<const os::RangeCopy> copies)>;
// Returns the parts of `ranges` (ascending, apart) that hold something; the rest is zero and need not be read.
using Filled = std::function<std::vector<AddressRange>(const std::vector<AddressRange>& ranges)>;

// Returns how much room is made ready beyond `bytes`, which are known to be read: the target runs on until it is
// stopped, and will have filled a little more by then.
constexpr std::uint64_t room_for_more(std::uint64_t bytes) {
  return bytes / 16 + (2 << 20);
}

class FrozenMemory : public MemorySource {
 public:
  static constexpr std::uint64_t kBlock = 64 << 10;

  // `readable` has the target's mappings, sorted. Blocks are cut to them, so that no fetch strays into a neighbour.
  FrozenMemory(Fetch fetch, FetchBulk fetch_bulk, std::vector<AddressRange> readable);

  // Sets the mappings as they are now. Call it again when the target stands still, since it may have made new ones.
  void set_readable(std::vector<AddressRange> readable) { readable_ = std::move(readable); }
  // Makes room for what will be read in bulk, which is `ranges` (ascending, apart). The part that holds something,
  // `filled`, is faulted in now, so that the pause does not pay for it; the rest only costs address space.
  void prepare(const std::vector<AddressRange>& ranges, const std::vector<AddressRange>& filled);
  // Reads `ranges` (ascending, apart; they may touch) in bulk, without what was read so before. What of a range is new
  // can then be viewed in place. Returns the holes. What `filled` leaves out reads as zeros; null: everything is read.
  std::vector<AddressRange> read_bulk(const std::vector<AddressRange>& ranges, const Filled& filled = nullptr);
  // Makes sure that the range is kept, in whole blocks.
  void touch(AddressRange range) const;
  // Gives back the room that was made ready for more and not needed.
  void close();

  bool try_read(Address from, std::span<std::byte> to) const override;
  const std::byte* try_view(Address from, std::uint64_t size) const override;

  // Returns the ranges of all blocks fetched so far, sorted and joined: a second look will need them.
  std::vector<AddressRange> blocks() const;
  // Bytes that hold nothing do not count.
  std::uint64_t bytes_read() const;
  // Bytes of our address space that were taken for bulk reads.
  std::uint64_t room_bytes() const;

 private:
  struct Bulk {
    AddressRange range;
    const std::byte* data = nullptr;

    const std::byte* end_of_data() const { return data == nullptr ? nullptr : data + range.size(); }
  };
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::uint32_t pages = 0;  // a bit for each page of the block: whether it could be read

    // Returns how many bytes from `at` on are there.
    std::uint64_t room_at(std::uint64_t at) const;
  };

  const Bulk* find_bulk(Address at) const;
  std::vector<AddressRange> not_yet_read(const std::vector<AddressRange>& ranges) const;
  std::byte* more_room(std::uint64_t bytes);
  void add_bulk(const std::vector<Bulk>& placed);
  std::vector<Bulk> place(const std::vector<AddressRange>& ranges);
  const Block* block_of(Address at) const;
  Block fetch_block(std::uint64_t number) const;

  Fetch fetch_;
  FetchBulk fetch_bulk_;
  std::vector<AddressRange> readable_;
  std::vector<Bulk> bulk_;  // sorted, disjoint
  Mapping prepared_;
  std::vector<Bulk> rooms_;       // of the planned ranges, within `prepared_`; sorted, disjoint
  std::span<std::byte> rest_;     // the rest of `prepared_`, for ranges that were not planned
  std::vector<Mapping> buffers_;  // for what `rest_` has no room for
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::uint64_t, Block> blocks_;
  mutable std::uint64_t bytes_read_ = 0;
  bool closed_ = false;
};

}  // namespace holdfast::capture
