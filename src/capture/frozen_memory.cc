#include "capture/frozen_memory.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/architecture.h"
#include "base/parallel.h"
#include "base/ranges.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kHugePage = 2 << 20;

// Faults in the offsets `wanted` (ascending, apart) of the room. It takes a huge page only where nearly all of it is
// wanted; elsewhere that would waste memory.
void fault_in(const Mapping& room, const std::vector<AddressRange>& wanted) {
  std::vector<std::span<std::byte>> pieces;
  auto next = wanted.begin();
  for (std::uint64_t at = 0; at < room.bytes(); at += kHugePage) {
    const AddressRange chunk{Address(at), Address(std::min(at + kHugePage, room.bytes()))};
    while (next != wanted.end() && next->end <= chunk.begin) ++next;
    std::uint64_t bytes = 0;
    const std::size_t first = pieces.size();
    for (auto range = next; range != wanted.end() && range->begin < chunk.end; ++range) {
      const AddressRange part{std::max(range->begin, chunk.begin), std::min(range->end, chunk.end)};
      pieces.emplace_back(room.data() + part.begin.value, part.size());
      bytes += part.size();
    }
    if (bytes > 0 && bytes < chunk.size() / 8 * 7) os::use_small_pages({room.data() + at, chunk.size()});
    if (bytes < chunk.size() / 8 * 7) continue;
    pieces.resize(first);
    pieces.emplace_back(room.data() + at, chunk.size());
  }
  for_each_part(pieces.size(), 4 * worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i) os::populate(pieces[i]);
  });
}

// Returns the offset in the room at which each of the ranges (ascending, apart) is to lie: one behind the other, and as
// on their pages in the target, so that a page of the target takes one page of the room and not parts of two.
std::vector<std::uint64_t> places_in_room(const std::vector<AddressRange>& ranges) {
  std::vector<std::uint64_t> places;
  places.reserve(ranges.size());
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const bool touches = i > 0 && ranges[i - 1].end == ranges[i].begin;
    if (!touches) end = (end + kSystemPage - 1) / kSystemPage * kSystemPage + ranges[i].begin.value % kSystemPage;
    places.push_back(end);
    end += ranges[i].size();
  }
  return places;
}

}  // namespace

FrozenMemory::FrozenMemory(Fetch fetch, FetchBulk fetch_bulk, std::vector<AddressRange> readable)
    : fetch_(std::move(fetch)), fetch_bulk_(std::move(fetch_bulk)), readable_(std::move(readable)) {}

void FrozenMemory::prepare(const std::vector<AddressRange>& ranges, const std::vector<AddressRange>& filled) {
  const std::uint64_t more = room_for_more(total_bytes(filled));
  const std::vector<std::uint64_t> places = places_in_room(ranges);
  const std::uint64_t foreseen = ranges.empty() ? 0 : places.back() + ranges.back().size();
  prepared_ = Mapping(foreseen + more);
  std::vector<AddressRange> offsets;  // where the filled ranges lie within the room
  auto next = filled.begin();
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const AddressRange& range = ranges[i];
    rooms_.push_back({range, prepared_.data() + places[i]});
    for (; next != filled.end() && next->begin < range.end; ++next)
      offsets.push_back(
          {Address(places[i] + (next->begin - range.begin)), Address(places[i] + (next->end - range.begin))});
  }
  offsets.push_back({Address(foreseen), Address(foreseen + more)});
  rest_ = {prepared_.data() + foreseen, more};
  fault_in(prepared_, joined(std::move(offsets)));
}

std::byte* FrozenMemory::more_room(std::uint64_t bytes) {
  if (rest_.size() < bytes) {
    buffers_.emplace_back(bytes);
    return buffers_.back().data();
  }
  std::byte* const room = rest_.data();
  rest_ = rest_.subspan(bytes);
  return room;
}

// Gives each range its room: the one that was planned for it, or a new one if it does not lie within such a range.
// Neighbours that lie together become one.
std::vector<FrozenMemory::Bulk> FrozenMemory::place(const std::vector<AddressRange>& ranges) {
  std::vector<Bulk> placed;
  std::uint64_t more = 0;
  auto room = rooms_.begin();
  for (const AddressRange& range : ranges) {
    while (room != rooms_.end() && room->range.end <= range.begin) ++room;
    const bool foreseen = room != rooms_.end() && room->range.begin <= range.begin && range.end <= room->range.end;
    const std::byte* const data = foreseen ? room->data + (range.begin - room->range.begin) : nullptr;
    if (!foreseen) more += range.size();
    const bool joins = !placed.empty() && placed.back().range.end == range.begin &&
                       (foreseen ? placed.back().end_of_data() == data : placed.back().data == nullptr);
    if (joins)
      placed.back().range.end = range.end;
    else
      placed.push_back({range, data});
  }
  const std::byte* at = more == 0 ? nullptr : more_room(more);
  for (Bulk& bulk : placed) {
    if (bulk.data != nullptr) continue;
    bulk.data = at;
    at += bulk.range.size();
  }
  return placed;
}

std::vector<AddressRange> FrozenMemory::not_yet_read(const std::vector<AddressRange>& ranges) const {
  std::vector<AddressRange> read;
  read.reserve(bulk_.size());
  for (const Bulk& bulk : bulk_) read.push_back(bulk.range);
  return without(ranges, read);
}

std::vector<AddressRange> FrozenMemory::read_bulk(const std::vector<AddressRange>& wanted, const Filled& filled) {
  HOLDFAST_CHECK(!closed_);
  const auto ranges = not_yet_read(wanted);
  if (ranges.empty()) return {};
  const std::vector<Bulk> placed = place(ranges);
  std::vector<os::RangeCopy> copies;
  auto bulk = placed.begin();
  for (const AddressRange& range : filled ? filled(joined(ranges)) : joined(ranges)) {
    for (Address at = range.begin; at < range.end;) {
      while (bulk->range.end <= at) ++bulk;
      const Address end = std::min(range.end, bulk->range.end);
      std::byte* const to = const_cast<std::byte*>(bulk->data) + (at - bulk->range.begin);
      if (!copies.empty() && copies.back().from.end == at && copies.back().to + copies.back().from.size() == to)
        copies.back().from.end = end;
      else
        copies.push_back({{at, end}, to});
      bytes_read_ += end - at;
      at = end;
    }
  }
  auto holes = fetch_bulk_(copies);
  add_bulk(placed);
  return holes;
}

// Joins neighbours that lie together.
void FrozenMemory::add_bulk(const std::vector<Bulk>& placed) {
  std::vector<Bulk> all;
  all.reserve(bulk_.size() + placed.size());
  const auto before = [](const Bulk& a, const Bulk& b) { return a.range.begin < b.range.begin; };
  std::merge(bulk_.begin(), bulk_.end(), placed.begin(), placed.end(), std::back_inserter(all), before);
  bulk_.clear();
  for (const Bulk& bulk : all) {
    if (!bulk_.empty() && bulk_.back().range.end == bulk.range.begin && bulk_.back().end_of_data() == bulk.data)
      bulk_.back().range.end = bulk.range.end;
    else
      bulk_.push_back(bulk);
  }
}

void FrozenMemory::touch(AddressRange range) const {
  const Bulk* bulk = find_bulk(range.begin);
  if (range.empty() || (bulk != nullptr && bulk->range.end >= range.end)) return;
  for (std::uint64_t block = range.begin.value / kBlock; block <= (range.end.value - 1) / kBlock; ++block)
    block_of(Address(block * kBlock));
}

void FrozenMemory::close() {
  closed_ = true;
  if (!rest_.empty()) prepared_.shrink(static_cast<std::uint64_t>(rest_.data() - prepared_.data()));
  rest_ = {};
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
  while (end < kBlock && (pages >> (end / kSystemPage) & 1) != 0) end = (end / kSystemPage + 1) * kSystemPage;
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
      const std::uint64_t got =
          fetch_(whole.begin + at, {block.bytes.get() + at, end - at}) / kSystemPage * kSystemPage;
      bytes_read_ += got;
      for (std::uint64_t page = at / kSystemPage; page < (at + got) / kSystemPage; ++page) block.pages |= 1U << page;
      at += got + kSystemPage;  // goes on behind the page that could not be read
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
    for (std::uint64_t page = 0; page < kBlock / kSystemPage; ++page)
      if ((block.pages >> page & 1) != 0)
        out.push_back(
            {Address(number * kBlock + page * kSystemPage), Address(number * kBlock + (page + 1) * kSystemPage)});
  return joined(std::move(out));
}

std::uint64_t FrozenMemory::bytes_read() const {
  return bytes_read_;
}

std::uint64_t FrozenMemory::room_bytes() const {
  std::uint64_t bytes = prepared_.bytes();
  for (const Mapping& buffer : buffers_) bytes += buffer.bytes();
  return bytes;
}

}  // namespace holdfast::capture
