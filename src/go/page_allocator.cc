#include "go/page_allocator.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/architecture.h"
#include "go/heap_model.h"
#include "go/processors.h"
#include "go/runtime_lists.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kSlice = 3 * kWord;
constexpr std::uint64_t kChunkBytes = 4 << 20;  // the bytes of heap that one chunk of bits stands for
// pageAlloc.chunks has pointers to blocks of so many chunks; there are as many blocks as a block has chunks.
constexpr std::uint64_t kChunksPerBlock = 8192;
constexpr std::uint64_t kBitWords = 8;  // of pallocBits and of scavenged, the two halves of a chunk
constexpr std::uint64_t kChunkRecord = 2 * kBitWords * kWord;
constexpr std::uint64_t kMostRanges = 1 << 20;
constexpr std::uint64_t kAddressSpace = std::uint64_t{1} << kArchitecture.address_bits;

class PageAllocator {
 public:
  explicit PageAllocator(const Runtime& runtime)
      : memory_(runtime.memory),
        layouts_(runtime.layouts),
        at_(runtime.vars.mheap + layouts_.offset("runtime.mheap", "pages")),
        chunks_(at_ + layouts_.offset("runtime.pageAlloc", "chunks")) {}

  // Counts the pages given back, in all address ranges that the heap has ever used.
  std::optional<std::uint64_t> released_pages() const {
    // addrRanges begins with a slice of {base, limit}.
    const Address in_use = at_ + layouts_.offset("runtime.pageAlloc", "inUse");
    const auto ranges = memory_.try_pointer(in_use);
    const auto count = memory_.try_integer<std::uint64_t>(in_use + kWord);
    if (!ranges || !count || *count > kMostRanges) return std::nullopt;
    std::uint64_t pages = 0;
    for (std::uint64_t r = 0; r < *count; ++r) {
      const auto base = memory_.try_integer<std::uint64_t>(*ranges + r * 2 * kWord);
      const auto limit = memory_.try_integer<std::uint64_t>(*ranges + (r * 2 + 1) * kWord);
      if (!base || !limit || *base > *limit) return std::nullopt;
      for (std::uint64_t chunk = chunk_of(*base); chunk <= chunk_of(*limit - 1); ++chunk) {
        const auto released = released_in(chunk);
        if (!released) return std::nullopt;
        pages += *released;
      }
    }
    return pages;
  }

  std::vector<AddressRange> memory() const {
    std::vector<AddressRange> out;
    const FieldLayout summary = layouts_.get("runtime.pageAlloc", "summary");
    for (std::uint32_t level = 0; level < summary.size; level += kSlice)
      add_slice(at_ + summary.offset + level, kWord, out);
    // There is a byte for each chunk, or a word since that record lost its single search address (Go 1.21).
    const std::uint64_t entry = layouts_.find("runtime.scavengeIndex", "searchAddr") ? 1 : kWord;
    const auto index = layouts_.find("runtime.pageAlloc", "scav.index");
    const auto entries = layouts_.find("runtime.scavengeIndex", "chunks");
    if (index && entries) add_slice(at_ + index->offset + entries->offset, entry, out);
    for (std::uint64_t block = 0; block < kChunksPerBlock; ++block)
      if (const auto at = memory_.try_pointer(chunks_ + block * kWord); at && *at)
        out.push_back({*at, *at + kChunksPerBlock * kChunkRecord});
    return out;
  }

 private:
  // Chunks are numbered like arenas, starting with the lowest address of the platform.
  static std::uint64_t chunk_of(std::uint64_t address) { return (address - arena_start(0).value) / kChunkBytes; }

  std::optional<std::uint64_t> released_in(std::uint64_t chunk) const {
    const auto block = memory_.try_pointer(chunks_ + chunk / kChunksPerBlock * kWord);
    std::array<std::byte, kChunkRecord> bits{};
    if (!block || !*block || !memory_.try_read(*block + chunk % kChunksPerBlock * kChunkRecord, bits))
      return std::nullopt;
    std::uint64_t pages = 0;
    for (std::uint64_t w = kBitWords; w < 2 * kBitWords; ++w)
      pages += static_cast<std::uint64_t>(std::popcount(load_le<std::uint64_t>(bits.data() + w * kWord)));
    return pages;
  }

  // Adds the memory that the Go slice at `header` has room for.
  void add_slice(Address header, std::uint64_t element, std::vector<AddressRange>& out) const {
    const Address data = memory_.try_pointer(header).value_or(Address());
    const std::uint64_t room = memory_.try_integer<std::uint64_t>(header + 2 * kWord).value_or(0);
    if (data && room > 0 && room < kAddressSpace / element) out.push_back({data, data + room * element});
  }

  const MemorySource& memory_;
  const LayoutSource& layouts_;
  Address at_;
  Address chunks_;
};

}  // namespace

std::optional<std::uint64_t> count_released_bytes(const Runtime& runtime) {
  auto pages = PageAllocator(runtime).released_pages();
  if (!pages) return std::nullopt;
  // The bitmaps say that pages in the cache of a processor are taken.
  const ProcessorReader reader(runtime);
  for (const Address p : try_list_processors(runtime)) {
    const auto processor = reader.try_read(p);
    if (!processor) return std::nullopt;
    *pages += static_cast<std::uint64_t>(std::popcount(processor->cached_pages & processor->cached_released));
  }
  return *pages * kPageSize;
}

std::vector<AddressRange> page_allocator_memory(const Runtime& runtime) {
  return PageAllocator(runtime).memory();
}

}  // namespace holdfast::go
