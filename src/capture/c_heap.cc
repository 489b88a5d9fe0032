#include "capture/c_heap.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/architecture.h"
#include "base/ranges.h"

namespace holdfast::capture {
namespace {

// struct malloc_state, by byte offsets.
constexpr std::uint64_t kFastBins = 16, kFastBinCount = 10;
constexpr std::uint64_t kTop = 96;
constexpr std::uint64_t kBins = 112, kBinCount = 127;  // two pointers each
constexpr std::uint64_t kNextArena = 2160;
constexpr std::uint64_t kSystemBytes = 2184;
constexpr std::uint64_t kArenaRecord = 2200;

// struct malloc_par, by byte offsets from its member sbrk_base.
constexpr std::uint64_t kMappedBytes = 16, kMostMappedBytes = 8;
// Three 32-bit numbers from there on: blocks with a mapping of their own, how many there may be, and how many there
// ever were. A member before them came in 2.35, and a gap behind them.
constexpr std::uint64_t kMappedBlocks[] = {36, 32};
constexpr std::uint64_t kMayBeMapped = 65536;  // DEFAULT_MMAP_MAX

// struct heap_info at the start of each heap of a thread's arena, behind the pointer to that arena.
constexpr std::uint64_t kHeapAlignment = 64 << 20;  // HEAP_MAX_SIZE
constexpr std::uint64_t kHeapBefore = 8, kHeapSize = 16;

// struct malloc_chunk: the size of the block before if that is free, and the block's own size with flags.
constexpr std::uint64_t kBlockAlignment = 16, kSmallestBlock = 32, kBlockHeader = 16;
constexpr std::uint64_t kBeforeInUse = 1, kIsMapped = 2, kFlags = 7;

// A running process goes on allocating between the moment when its pages were counted and that of its counters: one of
// so many large blocks may be missing among the pages.
constexpr std::uint64_t kMayComeOneOf = 16;

constexpr int kTries = 4;
constexpr std::size_t kMostArenas = 4096;
constexpr std::size_t kMostHeaps = 1 << 16;
constexpr std::uint64_t kMostData = 64 << 20;  // of one file's writable data that is searched for the records
constexpr std::uint64_t kMostFastBlocks = 1 << 26;

// Reads words in ascending order: one call to the system for many of them.
class Window {
 public:
  explicit Window(const MemorySource& memory, std::uint64_t size = std::uint64_t{1} << 20)
      : memory_(memory), bytes_(size) {}

  // None if the word cannot be read, or lies at or behind `end`.
  std::optional<std::uint64_t> word(Address at, Address end) {
    if (at.value + kWord > end.value) return std::nullopt;
    if (at < begin_ || at.value + kWord > begin_.value + filled_) fill(at, end);
    if (at.value + kWord > begin_.value + filled_) return std::nullopt;
    return load_le<std::uint64_t>(bytes_.data() + (at - begin_));
  }

 private:
  // Without the whole window, the rest of a page can be read where a part of the mapping went away meanwhile.
  void fill(Address at, Address end) {
    begin_ = at;
    for (const std::uint64_t size :
         {std::uint64_t{bytes_.size()}, kSystemPage - at.value % kSystemPage, std::uint64_t{kWord}}) {
      filled_ = std::min(size, end - at);
      if (memory_.try_read(at, std::span(bytes_).first(filled_))) return;
    }
    filled_ = 0;
  }

  const MemorySource& memory_;
  std::vector<std::byte> bytes_;
  Address begin_;
  std::uint64_t filled_ = 0;
};

// A contiguous row of blocks.
struct Heap {
  AddressRange range;  // with everything that malloc counts
  Address first;       // block
};

class Malloc {
 public:
  Malloc(const std::vector<os::MappingUsage>& mappings, const MemorySource& memory)
      : mappings_(mappings), memory_(memory) {}

  // Finds both records in the data of the C library: the parameters say where the heap begins, the arena where its last
  // block is. False if there is no such malloc.
  bool find_records() {
    return std::ranges::any_of(mappings_, [&](const os::MappingUsage& usage) {
      if (is_data(usage.mapping)) search(usage.mapping.range);
      return parameters_ && main_arena_;
    });
  }

  // None if the records contradict each other.
  std::optional<CHeapRead> read() {
    read_ = {};
    read_.facts.recognised = true;
    std::size_t count = 0;
    Address arena = main_arena_;
    do {
      if (++count > kMostArenas || !add_arena(arena)) return std::nullopt;
      arena = memory_.try_pointer(arena + kNextArena).value_or(Address());
    } while (arena && arena != main_arena_);
    if (!arena) return std::nullopt;
    read_.facts.arenas = count;
    read_.ranges = joined(std::move(read_.ranges));
    return std::move(read_);
  }

  // Where malloc counts its blocks with mappings of their own; it comes behind read().
  std::uint64_t mapped_blocks() const { return number<std::uint32_t>(mapped_blocks_); }
  std::uint64_t mapped_bytes() const { return number<std::uint64_t>(parameters_ - kMappedBytes); }

 private:
  template <typename T>
  std::uint64_t number(Address at) const {
    return memory_.try_integer<T>(at).value_or(0);
  }

  static bool is_data(const os::ProcessMapping& mapping) {
    return mapping.is_file() && mapping.permissions.write && !mapping.permissions.shared &&
           mapping.range.size() <= kMostData;
  }
  static bool is_memory(const os::ProcessMapping& mapping) {
    return !mapping.is_file() && mapping.permissions.write && !mapping.permissions.shared;
  }

  // Returns the mapping that holds an address; null if none does.
  const os::ProcessMapping* mapping_of(Address at) const {
    const auto it = std::partition_point(mappings_.begin(), mappings_.end(),
                                         [&](const os::MappingUsage& m) { return m.mapping.range.end <= at; });
    return it != mappings_.end() && it->mapping.range.contains(at) ? &it->mapping : nullptr;
  }
  bool is_in_memory(Address at) const {
    const os::ProcessMapping* mapping = mapping_of(at);
    return mapping != nullptr && is_memory(*mapping);
  }

  void search(const AddressRange& data) {
    Window window(memory_);
    for (Address at = data.begin; at < data.end; at += kWord) {
      const auto word = window.word(at, data.end);
      if (!word) {
        at = Address(at.value / kSystemPage * kSystemPage + kSystemPage - kWord);
        continue;
      }
      if (*word == 0 || *word % kBlockAlignment != 0) continue;
      const os::ProcessMapping* mapping = mapping_of(Address(*word));
      if (mapping == nullptr || !is_memory(*mapping)) continue;
      if (mapping->range.begin.value == *word && is_parameters(at, data)) {
        parameters_ = at;
        main_heap_ = Address(*word);
      }
      if (is_arena(at - kTop, data)) main_arena_ = at - kTop;
    }
  }

  bool is_parameters(Address at, const AddressRange& data) {
    if (at < data.begin + kMappedBlocks[0]) return false;
    const std::uint64_t bytes = number<std::uint64_t>(at - kMappedBytes);
    const std::uint64_t most_bytes = number<std::uint64_t>(at - kMostMappedBytes);
    for (const std::uint64_t before : kMappedBlocks) {
      const std::uint64_t blocks = number<std::uint32_t>(at - before);
      const std::uint64_t most_blocks = number<std::uint32_t>(at - before + 2 * sizeof(std::uint32_t));
      if (number<std::uint32_t>(at - before + sizeof(std::uint32_t)) != kMayBeMapped || blocks > most_blocks) continue;
      mapped_blocks_ = at - before;
      return bytes <= most_bytes && bytes % kSystemPage == 0 && (blocks == 0) == (bytes == 0) &&
             bytes >= blocks * kSystemPage;
    }
    return false;
  }

  // An empty bin points to itself, as if it were a block whose links lie where the bin is.
  bool is_arena(Address at, const AddressRange& data) const {
    if (at < data.begin || at + kArenaRecord > data.end) return false;
    std::array<std::byte, kArenaRecord> record{};
    if (!memory_.try_read(at, record)) return false;
    const auto word = [&](std::uint64_t offset) { return load_le<std::uint64_t>(record.data() + offset); };
    std::uint64_t empty = 0;
    for (std::uint64_t bin = 0; bin < kBinCount; ++bin) {
      const std::uint64_t links = kBins + bin * 2 * kWord;
      const std::uint64_t itself = at.value + links - kBlockHeader;
      if (word(links) == itself && word(links + kWord) == itself)
        ++empty;
      else if (!is_in_memory(Address(word(links))) || !is_in_memory(Address(word(links + kWord))))
        return false;
    }
    return empty > 0 && word(kSystemBytes) > 0 && word(kNextArena) != 0;
  }

  bool add_arena(Address arena) {
    const Address top = memory_.try_pointer(arena + kTop).value_or(Address());
    const std::uint64_t counted = number<std::uint64_t>(arena + kSystemBytes);
    std::vector<Heap> heaps;
    if (arena == main_arena_) {
      heaps.push_back({{main_heap_, main_heap_ + counted}, main_heap_});
    } else if (!find_heaps(arena, top, heaps)) {
      return false;
    }
    std::uint64_t sum = 0;
    for (const Heap& heap : heaps) {
      if (!walk(heap, top)) return false;
      sum += heap.range.size();
      read_.ranges.push_back(heap.range);
    }
    if (sum != counted) return false;
    read_.facts.heap_bytes += sum;
    if (!add_fast_blocks(arena)) return false;
    read_.facts.used_bytes = read_.facts.heap_bytes - std::min(read_.facts.heap_bytes, read_.facts.free_bytes);
    return true;
  }

  // The last heap has the arena's last block; each names the one before it. The first one has the arena's record.
  bool find_heaps(Address arena, Address top, std::vector<Heap>& heaps) const {
    const std::uint64_t info = arena.value % kHeapAlignment;  // size of struct heap_info, which grew in 2.35
    if (info == 0 || info > 256) return false;
    for (Address at(top.value / kHeapAlignment * kHeapAlignment); at;) {
      const std::uint64_t size = number<std::uint64_t>(at + kHeapSize);
      if (heaps.size() == kMostHeaps || size == 0 || size > kHeapAlignment || memory_.try_pointer(at) != arena)
        return false;
      const bool first = arena - at < kHeapAlignment && arena > at;
      const Address behind = first ? arena + kArenaRecord : at + info;
      const Address block((behind.value + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment);
      heaps.push_back({{at, at + size}, block});
      at = memory_.try_pointer(at + kHeapBefore).value_or(Address());
    }
    return true;
  }

  // A block is in use if the block behind it says so. The arena's last block is free; other heaps end with two blocks
  // that hold nothing.
  bool walk(const Heap& heap, Address top) {
    heap::CHeap& facts = read_.facts;
    Window window(memory_);
    const Address end = heap.range.end;
    Address at = heap.first;
    auto size = window.word(at + kWord, end);
    while (size) {
      const std::uint64_t bytes = *size & ~kFlags;
      if (at == top) {
        if (at + bytes != end) return false;
        ++facts.free_blocks;
        facts.free_bytes += bytes;
        return true;
      }
      const bool fence = at + kBlockHeader == end - kBlockHeader && bytes == kBlockHeader;
      if (fence) return true;
      if (bytes < kSmallestBlock || bytes % kBlockAlignment != 0 || bytes >= end - at || (*size & kIsMapped) != 0)
        return false;
      const Address next = at + bytes;
      const auto next_size = window.word(next + kWord, end);
      if (!next_size) return false;
      if ((*next_size & kBeforeInUse) != 0) {
        ++facts.used_blocks;
        facts.largest = std::max(facts.largest, bytes);
      } else {
        ++facts.free_blocks;
        facts.free_bytes += bytes;
      }
      at = next;
      size = next_size;
    }
    return false;
  }

  // Small blocks that were freed a moment ago look as if they were in use. They are on lists, whose links are mixed
  // with their own place since 2.32.
  bool add_fast_blocks(Address arena) {
    heap::CHeap& facts = read_.facts;
    for (std::uint64_t bin = 0; bin < kFastBinCount; ++bin) {
      Address block = memory_.try_pointer(arena + kFastBins + bin * kWord).value_or(Address());
      for (std::uint64_t n = 0; block; ++n) {
        const std::uint64_t bytes = number<std::uint64_t>(block + kWord) & ~kFlags;
        const auto link = memory_.try_integer<std::uint64_t>(block + kBlockHeader);
        if (n == kMostFastBlocks || !link || bytes != kSmallestBlock + bin * kBlockAlignment || facts.used_blocks == 0)
          return false;
        --facts.used_blocks;
        ++facts.free_blocks;
        facts.free_bytes += bytes;
        const auto fits = [&](Address next) {
          return !next || (is_in_memory(next) && (number<std::uint64_t>(next + kWord) & ~kFlags) == bytes);
        };
        const Address mixed(*link ^ (block.value + kBlockHeader) >> 12);
        block = fits(mixed) ? mixed : Address(*link);
      }
    }
    return true;
  }

  const std::vector<os::MappingUsage>& mappings_;
  const MemorySource& memory_;
  Address parameters_;     // of the member sbrk_base
  Address mapped_blocks_;  // of the member n_mmaps
  Address main_arena_;
  Address main_heap_;
  CHeapRead read_;
};

// Returns the large blocks in memory. Such a block begins on a page and is whole pages.
std::vector<AddressRange> find_large_blocks(const std::vector<AddressRange>& pages, std::uint64_t most,
                                            const MemorySource& memory) {
  std::vector<AddressRange> blocks;
  for (const AddressRange& range : pages) {
    Address at = range.begin;
    if (!blocks.empty()) at = std::max(at, blocks.back().end);
    while (at < range.end && blocks.size() < most) {
      std::array<std::byte, kBlockHeader> header{};
      if (!memory.try_read(at, header)) break;
      const auto before = load_le<std::uint64_t>(header.data());
      const auto size = load_le<std::uint64_t>(header.data() + kWord);
      const std::uint64_t bytes = size & ~kFlags;
      const bool is_block = before == 0 && (size & kFlags) == kIsMapped && bytes > 0 && bytes % kSystemPage == 0 &&
                            bytes < std::uint64_t{1} << kArchitecture.address_bits;
      if (is_block) blocks.push_back({at, at + bytes});
      at += is_block ? bytes : kSystemPage;
    }
  }
  return blocks;
}

std::vector<AddressRange> plain_memory(const std::vector<os::MappingUsage>& mappings) {
  std::vector<AddressRange> ranges;
  for (const os::MappingUsage& usage : mappings)
    if (const auto& mapping = usage.mapping;
        !mapping.is_file() && mapping.path.empty() && mapping.permissions.write && !mapping.permissions.shared)
      ranges.push_back(mapping.range);
  return joined(std::move(ranges));
}

void add_large_blocks(const std::vector<AddressRange>& pages, std::uint64_t blocks, std::uint64_t bytes,
                      const MemorySource& memory, CHeapRead& read) {
  heap::CHeap& facts = read.facts;
  facts.large_blocks = blocks;
  facts.large_bytes = bytes;
  facts.used_blocks += blocks;
  facts.used_bytes += bytes;
  if (blocks == 0) return;
  const auto found = find_large_blocks(pages, blocks, memory);
  const std::uint64_t found_bytes = total_bytes(found);
  const std::uint64_t missing = blocks - found.size();
  if (missing > blocks / kMayComeOneOf || found_bytes > bytes || bytes - found_bytes < missing * kSystemPage) {
    facts.largest = 0;  // it may be one of those
    return;
  }
  for (const AddressRange& range : found) facts.largest = std::max(facts.largest, range.size());
  read.ranges.insert(read.ranges.end(), found.begin(), found.end());
  read.ranges = joined(std::move(read.ranges));
}

}  // namespace

CHeapRead read_c_heap(const std::vector<os::MappingUsage>& mappings, const std::vector<AddressRange>& present,
                      const std::vector<AddressRange>& others, const MemorySource& memory) {
  Malloc malloc(mappings, memory);
  if (!malloc.find_records()) return {};
  for (int attempt = 0; attempt < kTries; ++attempt) {
    auto read = malloc.read();
    if (!read) continue;
    const auto plain = within(plain_memory(mappings), present);
    const auto pages = without(without(plain, joined(others)), read->ranges);
    add_large_blocks(pages, malloc.mapped_blocks(), malloc.mapped_bytes(), memory, *read);
    return *std::move(read);
  }
  return {};
}

}  // namespace holdfast::capture
