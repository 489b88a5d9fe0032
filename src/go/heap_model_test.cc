#include "go/heap_model.h"

#include <gmock/gmock.h>

#include <array>
#include <cstring>
#include <map>

#include "go/identify.h"
#include "go/layout_table.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Zero wherever nothing was put. What is put for later is seen from the second read of that place on.
class SparseMemory : public MemorySource {
 public:
  void put(Address at, std::uint64_t value, unsigned bytes = 8) {
    for (unsigned i = 0; i < bytes; ++i) bytes_[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
  void put_for_later(Address at, std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) later_[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
  bool try_read(Address from, std::span<std::byte> to) const override {
    std::fill(to.begin(), to.end(), std::byte{0});
    for (auto it = bytes_.lower_bound(from); it != bytes_.end() && it->first < from + to.size(); ++it)
      to[it->first - from] = it->second;
    const auto first = later_.lower_bound(from);
    const auto last = later_.lower_bound(from + to.size());
    for (auto it = first; it != last; ++it) bytes_[it->first] = it->second;
    later_.erase(first, last);
    return true;
  }
  const std::byte* try_view(Address, std::uint64_t) const override { return nullptr; }

 private:
  mutable std::map<Address, std::byte> bytes_;
  mutable std::map<Address, std::byte> later_;
};

constexpr Address kMheap{0x10000000};
constexpr Address kArenaIndices{0x20000000};
constexpr Address kArenaTable{0x30000000};
constexpr Address kHeapArena{0x40000000};
constexpr Address kSpanList{0x50000000};
constexpr Address kSpans{0x60000000};
constexpr Address kBits{0x70000000};
constexpr Address kPhase{0x80000000};
constexpr Address kHeap{0xc000000000};
constexpr std::uint32_t kSweepGen = 10;

// A heap of one arena with spans of 64 slots of 1 KiB.
class HeapModelTest : public testing::TestWithParam<int> {
 protected:
  struct SpanOf {
    std::uint32_t sweep_gen = kSweepGen;
    std::uint32_t free_index = 0;
    std::uint32_t scan_index = 0;
    std::uint64_t alloc_bits = 0;
    std::uint64_t mark_bits = 0;
    bool page_mark = false;
  };

  HeapModelTest() {
    set(kMheap, "runtime.mheap", "sweepgen", kSweepGen);
    const bool renamed = layouts_->find("runtime.mheap", "heapArenas").has_value();
    const Address arenas = kMheap + layouts_->offset("runtime.mheap", renamed ? "heapArenas" : "allArenas");
    memory_.put(arenas, kArenaIndices.value);
    memory_.put(arenas + 8, 1);
    memory_.put(kArenaIndices, arena_index(kHeap));
    set(kMheap, "runtime.mheap", "arenas", kArenaTable.value);
    memory_.put(kArenaTable + arena_index(kHeap) * 8, kHeapArena.value);
    vars_.mheap = kMheap;
    vars_.gcphase = kPhase;
  }

  void set(Address record, std::string_view type, std::string_view field, std::uint64_t value) {
    const FieldLayout layout = layouts_->get(type, field);
    memory_.put(record + layout.offset, value, std::min(layout.size, 8U));
  }

  void add(const SpanOf& of) {
    constexpr unsigned kPages = 8;
    const Address span = kSpans + count_ * 0x1000;
    const Address base = kHeap + count_ * kPages * kPageSize;
    const Address bits = kBits + count_ * 0x100;
    const auto put = [&](std::string_view field, std::uint64_t value) { set(span, "runtime.mspan", field, value); };
    put("startAddr", base.value);
    put("npages", kPages);
    put("nelems", 64);
    put("elemsize", 1024);
    put("spanclass", 33 << 1);
    put("state", 1);
    put("sweepgen", of.sweep_gen);
    put("freeindex", of.free_index);
    if (layouts_->find("runtime.mspan", "freeIndexForScan")) put("freeIndexForScan", of.scan_index);
    put("allocBits", bits.value);
    put("gcmarkBits", bits.value + 0x80);
    memory_.put(bits, of.alloc_bits);
    memory_.put(bits + 0x80, of.mark_bits);
    const std::uint64_t page = count_ * kPages;
    if (of.page_mark)
      memory_.put(kHeapArena + layouts_->offset("runtime.heapArena", "pageMarks") + page / 8, 1U << (page % 8), 1);
    memory_.put(kSpanList + 8 * count_++, span.value);
  }

  const Runtime& runtime() {
    const Address all = kMheap + layouts_->offset("runtime.mheap", "allspans");
    memory_.put(all, kSpanList.value);
    memory_.put(all + 8, count_);
    runtime_ = std::make_unique<Runtime>(Runtime{memory_, *layouts_, version_, {}, vars_});
    return *runtime_;
  }

  HeapModel read(Motion motion = Motion::kStopped) { return HeapModel::read(runtime(), motion, losses_); }

  // Of the span that was added last, as if it had become the neighbour's memory meanwhile.
  void move_to(std::uint64_t page) {
    set(kSpans + (count_ - 1) * 0x1000, "runtime.mspan", "startAddr", (kHeap + page * kPageSize).value);
  }

  static std::uint64_t black(const HeapModel& heap, std::size_t row) {
    std::uint64_t slots = 0;
    return heap.allocated_while_marking(heap.in_use()[row], &slots) ? slots : 0;
  }

  GoVersion version_ = parse_version("go1." + std::to_string(GetParam()));
  std::unique_ptr<LayoutSource> layouts_ = layout_table(version_);
  SparseMemory memory_;
  Variables vars_;
  std::unique_ptr<Runtime> runtime_;
  LossLedger losses_;
  std::uint64_t count_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Releases, HeapModelTest, testing::Values(19, 20, 21, 22, 23, 24, 25, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(HeapModelTest, SlotsBehindTheScanIndexWereAllocatedWhileMarking) {
  add({.sweep_gen = kSweepGen - 2, .free_index = 12, .scan_index = 8, .alloc_bits = 0b10'0100'0000'0000});
  add({.sweep_gen = kSweepGen + 1, .free_index = 64, .scan_index = 63});
  const HeapModel heap = read();
  if (GetParam() < 25) {  // the index says nothing there
    EXPECT_EQ(black(heap, 0), 0U);
    return;
  }
  EXPECT_EQ(black(heap, 0), 0b1011'0000'0000U) << "slot 10 has survived the collection before";
  EXPECT_EQ(black(heap, 1), std::uint64_t{1} << 63);
}

TEST_P(HeapModelTest, NothingIsBlackInASweptSpanOrDuringTheMark) {
  add({.sweep_gen = kSweepGen, .free_index = 12, .scan_index = 8});
  add({.sweep_gen = kSweepGen + 3, .free_index = 12, .scan_index = 8});
  add({.sweep_gen = kSweepGen - 1, .free_index = 12, .scan_index = 8});
  add({.sweep_gen = kSweepGen - 2, .free_index = 12, .scan_index = 12});
  for (std::size_t row = 0; row < 4; ++row) EXPECT_EQ(black(read(), row), 0U) << row;
  memory_.put(kPhase, 1, 4);
  add({.sweep_gen = kSweepGen - 2, .free_index = 12, .scan_index = 8});
  EXPECT_EQ(black(read(), 4), 0U);
}

TEST_P(HeapModelTest, SpansOfARunningTargetMayOverlapThoseOfAStoppedOneNot) {
  add({});
  add({});
  move_to(4);
  EXPECT_EQ(read(Motion::kRunning).in_use().size(), 2U) << "memory went from one to the other while they were read";
  EXPECT_THROW(read(Motion::kStopped), Error);
}

TEST_P(HeapModelTest, OnlyWhatReadsTwiceAlikeContradictsTheLayoutsOfARunningTarget) {
  add({});
  const Address record = kSpans;
  const FieldLayout size = layouts_->get("runtime.mspan", "elemsize");
  memory_.put(record + size.offset, 512);
  memory_.put_for_later(record + size.offset, 1024, 8);
  EXPECT_THAT(check_layouts(runtime(), Motion::kRunning), IsEmpty()) << "torn: the next read has it right";
  memory_.put(record + size.offset, 512);
  EXPECT_THAT(check_layouts(runtime(), Motion::kRunning), testing::SizeIs(1)) << "wrong: it stays so";
  memory_.put_for_later(record + size.offset, 1024, 8);
  EXPECT_THAT(check_layouts(runtime(), Motion::kStopped), testing::SizeIs(1)) << "nothing moves there";
}

TEST_P(HeapModelTest, SweptSpansWithoutAPageMarkWereMarkedByTheSweep) {
  add({.alloc_bits = 1, .page_mark = true});
  add({.alloc_bits = 1});
  add({.sweep_gen = kSweepGen + 3, .alloc_bits = 1});
  add({.sweep_gen = kSweepGen - 2, .alloc_bits = 1, .mark_bits = 1});
  EXPECT_THAT(read().marked_by_sweep_alone(), ElementsAre(1U, 2U));
}

TEST_P(HeapModelTest, PageMarksSayNothingWhenACollectionBegins) {
  add({.alloc_bits = 1});
  EXPECT_THAT(read().marked_by_sweep_alone(), IsEmpty()) << "all clear: they were cleared just now";
  add({.alloc_bits = 1, .page_mark = true});
  EXPECT_THAT(read().marked_by_sweep_alone(), ElementsAre(0U));
  memory_.put(kPhase, 1, 4);
  EXPECT_THAT(read().marked_by_sweep_alone(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::go
