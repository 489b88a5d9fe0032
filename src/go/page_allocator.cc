#include "go/page_allocator.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/architecture.h"
#include "base/ranges.h"
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
constexpr std::uint64_t kPagesPerWord = 64;
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
  std::optional<std::uint64_t> count_released() const {
    std::uint64_t pages = 0;
    const bool complete = for_each_chunk([&](std::uint64_t chunk) {
      const auto bits = released_in(chunk);
      if (bits)
        for (const std::uint64_t word : *bits) pages += static_cast<std::uint64_t>(std::popcount(word));
      return bits.has_value();
    });
    return complete ? std::optional(pages) : std::nullopt;
  }

  void add_released(std::vector<AddressRange>& out) const {
    for_each_chunk([&](std::uint64_t chunk) {
      const auto bits = released_in(chunk);
      const Address begin = arena_start(0) + chunk * kChunkBytes;
      for (std::uint64_t w = 0; bits && w < kBitWords; ++w)
        add_pages(begin + w * kPagesPerWord * kGoPage, (*bits)[w], out);
      return bits.has_value();
    });
  }

  // Adds the pages whose bits are set, each run as one range.
  static void add_pages(Address first, std::uint64_t bits, std::vector<AddressRange>& out) {
    while (bits != 0) {
      const auto from = static_cast<std::uint64_t>(std::countr_zero(bits));
      const auto run = static_cast<std::uint64_t>(std::countr_one(bits >> from));
      out.push_back({first + from * kGoPage, first + (from + run) * kGoPage});
      if (from + run == kPagesPerWord) return;
      bits &= ~std::uint64_t{0} << (from + run);
    }
  }

  // Returns the address ranges that the heap has ever used; none if they cannot be read.
  std::optional<std::vector<AddressRange>> used_ranges() const {
    // addrRanges begins with a slice of {base, limit}.
    const Address in_use = at_ + layouts_.offset("runtime.pageAlloc", "inUse");
    const auto ranges = memory_.try_pointer(in_use);
    const auto count = memory_.try_integer<std::uint64_t>(in_use + kWord);
    if (!ranges || !count || *count > kMostRanges) return std::nullopt;
    std::vector<AddressRange> used;
    for (std::uint64_t r = 0; r < *count; ++r) {
      const auto base = memory_.try_pointer(*ranges + r * 2 * kWord);
      const auto limit = memory_.try_pointer(*ranges + (r * 2 + 1) * kWord);
      if (!base || !limit || *base > *limit) return std::nullopt;
      used.push_back({*base, *limit});
    }
    return used;
  }

  // Calls visit(chunk) for all chunks that the heap has used, until it returns false. Whether it came to the end.
  template <typename Visit>
  bool for_each_chunk(const Visit& visit) const {
    const auto used = used_ranges();
    if (!used) return false;
    for (const AddressRange& range : *used)
      for (std::uint64_t chunk = chunk_of(range.begin.value); chunk <= chunk_of(range.end.value - 1); ++chunk)
        if (!visit(chunk)) return false;
    return true;
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

  // Returns a bit per page.
  std::optional<std::array<std::uint64_t, kBitWords>> released_in(std::uint64_t chunk) const {
    const auto block = memory_.try_pointer(chunks_ + chunk / kChunksPerBlock * kWord);
    std::array<std::byte, kChunkRecord> bits{};
    if (!block || !*block || !memory_.try_read(*block + chunk % kChunksPerBlock * kChunkRecord, bits))
      return std::nullopt;
    std::array<std::uint64_t, kBitWords> released{};
    for (std::uint64_t w = 0; w < kBitWords; ++w)
      released[w] = load_le<std::uint64_t>(bits.data() + (kBitWords + w) * kWord);
    return released;
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
  auto pages = PageAllocator(runtime).count_released();
  if (!pages) return std::nullopt;
  // The bitmaps say that pages in the cache of a processor are taken.
  const ProcessorReader reader(runtime);
  for (const Address p : try_list_processors(runtime)) {
    const auto processor = reader.try_read(p);
    if (!processor) return std::nullopt;
    *pages += static_cast<std::uint64_t>(std::popcount(processor->cached_pages & processor->cached_released));
  }
  return *pages * kGoPage;
}

std::vector<AddressRange> released_pages(const Runtime& runtime, const std::vector<AddressRange>& arenas) {
  const PageAllocator pages(runtime);
  const auto used = pages.used_ranges();
  if (!used) return {};
  std::vector<AddressRange> out = without(arenas, joined(*used));
  pages.add_released(out);
  for (const Processor& processor : read_processors(runtime))
    PageAllocator::add_pages(processor.cached_at, processor.cached_pages & processor.cached_released, out);
  return joined(std::move(out));
}

std::vector<AddressRange> page_allocator_memory(const Runtime& runtime) {
  return PageAllocator(runtime).memory();
}

}  // namespace holdfast::go
