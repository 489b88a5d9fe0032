#include "capture/frozen_memory.h"

#include <algorithm>
#include <cstring>

#include "base/ranges.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kPage = 4096;

}  // namespace

FrozenMemory::FrozenMemory(Fetch fetch, FetchBulk fetch_bulk, std::vector<AddressRange> readable)
    : fetch_(std::move(fetch)), fetch_bulk_(std::move(fetch_bulk)), readable_(std::move(readable)) {}

void FrozenMemory::prepare(std::uint64_t bytes) {
  prepared_ = Mapping(bytes);
  for (std::uint64_t at = 0; at < prepared_.bytes(); at += kPage) prepared_.data()[at] = std::byte{1};
}

std::byte* FrozenMemory::room_for(std::uint64_t bytes) {
  if (prepared_.bytes() - prepared_used_ >= bytes) {
    std::byte* room = prepared_.data() + prepared_used_;
    prepared_used_ += (bytes + kPage - 1) / kPage * kPage;
    prepared_used_ = std::min(prepared_used_, prepared_.bytes());
    return room;
  }
  buffers_.emplace_back(bytes);
  return buffers_.back().data();
}

std::vector<AddressRange> FrozenMemory::not_yet_read(const std::vector<AddressRange>& ranges) const {
  std::vector<AddressRange> read;
  read.reserve(bulk_.size());
  for (const Bulk& bulk : bulk_) read.push_back(bulk.range);
  return without(ranges, read);
}

std::vector<AddressRange> FrozenMemory::read_bulk(const std::vector<AddressRange>& wanted) {
  HOLDFAST_CHECK(!closed_);
  const auto ranges = not_yet_read(wanted);
  std::uint64_t total = 0;
  for (const AddressRange& range : ranges) total += range.size();
  if (total == 0) return {};
  std::byte* at = room_for(total);
  auto holes = fetch_bulk_(ranges, {at, total});
  for (const AddressRange& range : ranges) {
    bulk_.push_back({range, at});
    at += range.size();
  }
  std::sort(bulk_.begin(), bulk_.end(), [](const Bulk& a, const Bulk& b) { return a.range.begin < b.range.begin; });
  bytes_read_ += total;
  return holes;
}

void FrozenMemory::touch(AddressRange range) const {
  const Bulk* bulk = find_bulk(range.begin);
  if (range.empty() || (bulk != nullptr && bulk->range.end >= range.end)) return;
  for (std::uint64_t block = range.begin.value / kBlock; block <= (range.end.value - 1) / kBlock; ++block)
    block_of(Address(block * kBlock));
}

void FrozenMemory::close() {
  closed_ = true;
}

const FrozenMemory::Bulk* FrozenMemory::find_bulk(Address at) const {
  const auto it =
      std::upper_bound(bulk_.begin(), bulk_.end(), at, [](Address a, const Bulk& b) { return a < b.range.begin; });
  if (it == bulk_.begin()) return nullptr;
  const Bulk& bulk = *std::prev(it);
  return bulk.range.contains(at) ? &bulk : nullptr;
}

std::uint64_t FrozenMemory::Block::room_at(std::uint64_t at) const {
  std::uint64_t end = at;
  while (end < kBlock && (pages >> (end / kPage) & 1) != 0) end = (end / kPage + 1) * kPage;
  return end - at;
}

FrozenMemory::Block FrozenMemory::fetch_block(std::uint64_t number) const {
  Block block;
  const AddressRange whole{Address(number * kBlock), Address((number + 1) * kBlock)};
  // Several mappings can share a block, with gaps between them.
  const auto after = std::lower_bound(readable_.begin(), readable_.end(), whole.end,
                                      [](const AddressRange& r, Address a) { return r.begin < a; });
  for (auto mapping = after; mapping != readable_.begin() && std::prev(mapping)->end > whole.begin;) {
    --mapping;
    if (!block.bytes) block.bytes = std::make_unique<std::byte[]>(kBlock);
    std::uint64_t at = std::max(mapping->begin, whole.begin) - whole.begin;
    const std::uint64_t end = std::min(mapping->end, whole.end) - whole.begin;
    while (at < end) {
      const std::uint64_t got = fetch_(whole.begin + at, {block.bytes.get() + at, end - at}) / kPage * kPage;
      bytes_read_ += got;
      for (std::uint64_t page = at / kPage; page < (at + got) / kPage; ++page) block.pages |= 1U << page;
      at += got + kPage;  // behind the page that could not be read
    }
  }
  return block;
}

const FrozenMemory::Block* FrozenMemory::block_of(Address at) const {
  const std::uint64_t number = at.value / kBlock;
  if (closed_) {
    const auto it = blocks_.find(number);
    return it == blocks_.end() ? nullptr : &it->second;
  }
  const std::lock_guard lock(mutex_);
  const auto it = blocks_.find(number);
  if (it != blocks_.end()) return &it->second;
  return &blocks_.emplace(number, fetch_block(number)).first->second;
}

bool FrozenMemory::try_read(Address from, std::span<std::byte> to) const {
  while (!to.empty()) {
    std::uint64_t n = 0;
    if (const Bulk* bulk = find_bulk(from)) {
      n = std::min<std::uint64_t>(to.size(), bulk->range.end - from);
      std::memcpy(to.data(), bulk->data + (from - bulk->range.begin), n);
    } else {
      const Block* block = block_of(from);
      const std::uint64_t at = from.value % kBlock;
      n = block == nullptr ? 0 : std::min<std::uint64_t>(to.size(), block->room_at(at));
      if (n == 0) return false;
      std::memcpy(to.data(), block->bytes.get() + at, n);
    }
    to = to.subspan(n);
    from += n;
  }
  return true;
}

const std::byte* FrozenMemory::try_view(Address from, std::uint64_t size) const {
  if (const Bulk* bulk = find_bulk(from))
    return bulk->range.end - from >= size ? bulk->data + (from - bulk->range.begin) : nullptr;
  const Block* block = block_of(from);
  const std::uint64_t at = from.value % kBlock;
  if (block == nullptr || block->room_at(at) < size) return nullptr;
  return block->bytes.get() + at;
}

std::vector<AddressRange> FrozenMemory::blocks() const {
  std::vector<AddressRange> out;
  for (const auto& [number, block] : blocks_)
    for (std::uint64_t page = 0; page < kBlock / kPage; ++page)
      if ((block.pages >> page & 1) != 0)
        out.push_back({Address(number * kBlock + page * kPage), Address(number * kBlock + (page + 1) * kPage)});
  return joined(std::move(out));
}

std::uint64_t FrozenMemory::bytes_read() const {
  return bytes_read_;
}

}  // namespace holdfast::capture
