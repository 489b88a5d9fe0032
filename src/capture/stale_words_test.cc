#include "capture/stale_words.h"

#include <gmock/gmock.h>

#include <cstring>
#include <utility>
#include <vector>

#include "base/architecture.h"
#include "base/memory_image.h"
#include "base/parallel.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using heap::StaleWord;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kBytes = 64;
constexpr Address kHeap{0xc000000000};  // of the builder

// Two objects of main.handle{next *handle; kept uintptr; pair [2]uintptr}, and behind them a slot that is free.
class StaleWords : public testing::Test {
 protected:
  StaleWords() {
    heap_.free_slot(true, kBytes);
    heap_.mark(a_).mark(b_);
  }

  // Writes the words, and looks.
  heap::Snapshot find(const std::vector<std::pair<Address, Address>>& words) {
    heap::Snapshot s = heap_.build();
    for (heap::Span& span : s.spans) span.has_marks = true;
    const heap::ObjectIndex index(s);
    std::vector<std::byte> bytes(s.spans.back().base + s.spans.back().bytes() - kHeap);
    for (const auto& [at, value] : words) std::memcpy(bytes.data() + (at - kHeap), &value.value, kWord);
    MemoryImage memory;
    memory.add(kHeap, bytes, nullptr);
    memory.seal();
    add_stale_words(memory, index, s);
    return s;
  }

  static constexpr Address kA = kHeap, kB = kHeap + kBytes, kFree = kHeap + 2 * kBytes;
  HeapBuilder heap_;
  TypeId number_ = heap_.type("uintptr", heap::TypeKind::kUintptr, 8);
  TypeId pair_ = heap_.type("[2]uintptr", heap::TypeKind::kArray, 16, number_, 2);
  TypeId handle_ = heap_.structure("main.handle", kBytes, {{"next", {}, 0}, {"kept", number_, 8}, {"pair", pair_, 24}});
  HeapBuilder::Handle a_ = heap_.object(kBytes, handle_), b_ = heap_.object(kBytes, handle_);
};

TEST_F(StaleWords, AreNumbersThatNameFreeSlots) {
  const heap::Snapshot s = find({{kA + 8, kFree},
                                 {kA + 16, kFree},  // of no field
                                 {kA + 24, kB},
                                 {kB + 8, Address(7)},
                                 {kB + 32, kFree + 9}});
  EXPECT_THAT(s.stale_words,
              ElementsAre(StaleWord{ObjectId(0), 8, kFree, false}, StaleWord{ObjectId(1), 32, kFree + 9, false}));
  EXPECT_EQ(s.audit.stale_numbers, 2U);
}

TEST_F(StaleWords, NameHeapWithoutSpansButNoStacks) {
  const Address free_page = kHeap + (1 << 20), stack = kHeap + (2 << 20);
  heap::Mapping& mapping = heap_.snapshot().mappings.emplace_back();
  mapping.range = {kHeap, kHeap + (4 << 20)};
  mapping.use = heap::MappingUse::kGoHeap;
  heap_.snapshot().goroutines.emplace_back().stack = {stack, stack + 8192};
  const heap::Snapshot s = find({{kA + 8, free_page}, {kB + 8, stack + 64}, {kB + 24, kHeap + (5 << 20)}});
  EXPECT_THAT(s.stale_words, ElementsAre(StaleWord{ObjectId(0), 8, free_page, false}));
}

TEST_F(StaleWords, ArePointersThatTheEdgesHaveMet) {
  heap_.snapshot().audit.free_slot_pointers = {kA};
  const heap::Snapshot s = find({{kA, kFree}});
  EXPECT_THAT(s.stale_words, ElementsAre(StaleWord{ObjectId(0), 0, kFree, true}));
  EXPECT_EQ(s.audit.stale_numbers, 0U);
}

TEST_F(StaleWords, LieInNoObjectThatNobodyHolds) {
  heap_.object(kBytes, handle_);  // not marked
  EXPECT_THAT(find({{kHeap + 3 * kBytes + 8, kFree}}).stale_words, IsEmpty());
}

TEST_F(StaleWords, LieInNoObjectWhoseTypeIsAGuess) {
  heap_.mark(heap_.object(kBytes, handle_, heap::KnownBy::kInferred));
  EXPECT_THAT(find({{kHeap + 3 * kBytes + 8, kFree}}).stale_words, IsEmpty());
}

TEST_F(StaleWords, AreTheSameOnOneThread) {
  for (int i = 0; i < 1000; ++i) heap_.mark(heap_.object(kBytes, handle_));
  std::vector<std::pair<Address, Address>> words;
  for (std::uint64_t i = 3; i < 1003; i += 3) words.emplace_back(kHeap + i * kBytes + 8, kFree);
  set_thread_limit(1);
  const heap::Snapshot s = find(words);
  set_thread_limit(0);
  EXPECT_EQ(s.stale_words.size(), words.size());
  EXPECT_EQ(s.audit.stale_numbers, words.size());
}

}  // namespace
}  // namespace holdfast::capture
