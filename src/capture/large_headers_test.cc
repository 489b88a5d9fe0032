#include "capture/large_headers.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "base/memory_image.h"
#include "base/parallel.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using heap::LargeHeader;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

constexpr std::uint64_t kBig = heap::kLeastBytesOfLargeHeader, kHolder = 96, kVariableBytes = 4096;
constexpr Address kVariable{0x5000}, kDescriptor{0x7000};

// main.holder{A []int32; B string; C *int32; D [2]string; E any} in objects and in variables. A word that is stated at
// E is written with the word before it, which says what E holds.
class LargeHeaders : public testing::Test {
 protected:
  struct Stated {
    HeapBuilder::Handle from = {};
    RootId variable = {};
    HeapBuilder::Handle into = {};
    std::uint64_t at = 0, begin = 0, length = 0, capacity = 0;  // the last two in elements
    bool is_slice = false;
  };

  HeapBuilder::Handle holder() { return heap_.object(kHolder, holder_); }
  RootId variable() {
    const RootId id = heap_.root(heap::RootKind::kGlobal, "main.v", {}, holder_);
    heap_.snapshot().roots[id.row].where = kVariable + kHolder * variables_++;
    return id;
  }
  void state(const Stated& header) {
    if (header.variable)
      heap_.refer(header.variable, header.into, static_cast<std::uint32_t>(header.at));
    else
      heap_.edge(header.from, header.at, header.into);
    stated_.push_back(header);
  }

  // Returns what the pass finds; `expected_` is what was stated and can be right.
  std::vector<LargeHeader> find() { return look().large_headers; }
  heap::Snapshot look() {
    std::vector<std::pair<ObjectId, ObjectId>> ids;
    for (const Stated& each : stated_)
      ids.emplace_back(each.variable ? ObjectId() : heap_.id(each.from), heap_.id(each.into));
    heap::Snapshot s = heap_.build();
    const heap::ObjectIndex index(s);
    std::vector<std::byte> bytes(s.spans.back().base + s.spans.back().bytes() - s.spans.front().base);
    std::vector<std::byte> variables(kVariableBytes);
    for (std::size_t i = 0; i < stated_.size(); ++i) write(stated_[i], ids[i], s, index, bytes, variables);
    MemoryImage memory;
    memory.add(s.spans.front().base, bytes, nullptr);
    memory.add(kVariable, variables, nullptr);
    memory.seal();
    add_large_headers(memory, index, interface_words_, s);
    std::ranges::sort(expected_, {}, heap::place_of);
    return s;
  }

  HeapBuilder heap_;
  TypeId number_ = heap_.type("int32", heap::TypeKind::kInt32, 4);
  TypeId numbers_ = heap_.type("[]int32", heap::TypeKind::kSlice, 24, number_);
  TypeId text_ = heap_.string_type();
  TypeId texts_ = heap_.type("[2]string", heap::TypeKind::kArray, 32, text_, 2);
  TypeId pointer_ = heap_.pointer_type("*int32", number_);
  TypeId any_ = heap_.type("interface {}", heap::TypeKind::kInterface, 16);
  TypeId holder_ =
      heap_.structure("main.holder", kHolder,
                      {{"A", numbers_, 0}, {"B", text_, 24}, {"C", pointer_, 40}, {"D", texts_, 48}, {"E", any_, 80}});
  std::vector<heap::NamedWord> interface_words_ = {{kDescriptor, pointer_, true, {}}};
  std::vector<LargeHeader> expected_;

 private:
  void write(const Stated& each, std::pair<ObjectId, ObjectId> id, const heap::Snapshot& s,
             const heap::ObjectIndex& index, std::vector<std::byte>& bytes, std::vector<std::byte>& variables) {
    const Address word =
        each.variable ? s.roots[each.variable.row].where + each.at : index.address_of(id.first) + each.at;
    std::byte* const to =
        each.variable ? variables.data() + (word - kVariable) : bytes.data() + (word - s.spans.front().base);
    const std::uint64_t words[] = {(index.address_of(id.second) + each.begin).value, each.length, each.capacity};
    if (each.at == 88) {
      std::memcpy(to - 8, &kDescriptor.value, 8);
      std::memcpy(to, words, 8);
      return;
    }
    std::memcpy(to, words, each.is_slice ? 24 : 16);
    const std::uint64_t element = each.is_slice ? 4 : 1, size = index.size_of(id.second);
    const std::uint64_t capacity = each.is_slice ? each.capacity : each.length;
    const bool is_small = size < kBig;
    if (is_small && (size < heap::kLeastBytesOfSmallArray || id.second.row < s.pointerful ||
                     capacity * element > size / heap::kMostReached))
      return;
    if (each.length > capacity || each.begin + capacity * element > size || each.at == 40) return;
    expected_.push_back({id.first, each.variable, id.second, each.is_slice ? numbers_ : text_, each.at, each.begin,
                         each.length * element, capacity * element});
  }

  std::vector<Stated> stated_;
  std::uint64_t variables_ = 0;
};

TEST_F(LargeHeaders, AreSlicesAndStringsThatReferToLargeObjects) {
  const auto a = holder();
  const auto big = heap_.leaf(kBig), small = heap_.leaf(kBig - 128), typed = heap_.object(2 * kBig);
  const RootId v = variable();
  state({.from = a, .into = big, .at = 0, .begin = 8, .length = 3, .capacity = 10, .is_slice = true});
  state({.from = a, .into = small, .at = 24, .length = 500});
  state({.from = a, .into = big, .at = 40, .begin = 4});  // a pointer to an element
  state({.from = a, .into = typed, .at = 64, .begin = 100, .length = 7});
  state({.variable = v, .into = big, .at = 24, .begin = 1, .length = 2});
  const std::vector<LargeHeader> found = find();
  EXPECT_THAT(found, ElementsAreArray(expected_));
  EXPECT_EQ(expected_.size(), 3U);
}

TEST_F(LargeHeaders, AreThoseThatReachLittleOfSmallerArrays) {
  const auto line = heap_.leaf(512, text_), words = heap_.leaf(128, number_), tiny = heap_.leaf(112, text_);
  const auto list = heap_.object(512, heap_.pointer_type("*main.holder", holder_));
  const auto from = holder(), other = holder();
  state({.from = from, .into = words, .at = 0, .begin = 64, .length = 4, .capacity = 8, .is_slice = true});
  state({.from = from, .into = line, .at = 24, .begin = 100, .length = 128});
  state({.from = from, .into = line, .at = 48, .begin = 0, .length = 129});  // more than a quarter
  state({.from = from, .into = tiny, .at = 64, .begin = 0, .length = 8});
  state({.from = other, .into = words, .at = 0, .begin = 0, .length = 4, .capacity = 9, .is_slice = true});
  state({.from = other, .into = line, .at = 40, .begin = 0, .length = 1});  // a pointer to an element
  state({.from = other, .into = list, .at = 24, .begin = 0, .length = 8});  // has pointers
  const std::vector<LargeHeader> found = find();
  EXPECT_THAT(found, ElementsAreArray(expected_));
  EXPECT_EQ(expected_.size(), 2U);
}

TEST_F(LargeHeaders, AreLeftOutIfTheyContradictTheHeap) {
  const auto a = holder(), b = holder();
  const auto big = heap_.leaf(kBig);
  state({.from = a, .into = big, .at = 0, .begin = 0, .length = 9, .capacity = 8, .is_slice = true});
  state({.from = b, .into = big, .at = 24, .begin = 1000, .length = 100});
  EXPECT_THAT(find(), IsEmpty());
  EXPECT_THAT(expected_, IsEmpty());
}

TEST_F(LargeHeaders, HavePointersToElementsBesideThem) {
  const auto a = holder(), b = holder(), c = holder();
  const auto big = heap_.leaf(kBig), small = heap_.leaf(kBig - 128);
  const RootId v = variable();
  state({.from = a, .into = big, .at = 40, .begin = 4});
  state({.from = b, .into = big, .at = 40, .begin = kBig - 4});
  state({.from = c, .into = small, .at = 40, .begin = 4});
  state({.from = c, .into = big, .at = 88, .begin = 12});
  state({.variable = v, .into = big, .at = 40, .begin = 8});
  const heap::Snapshot s = look();
  const TypeId pointer = pointer_;
  EXPECT_THAT(s.element_pointers, ElementsAre(LargeHeader{heap_.id(a), {}, heap_.id(big), pointer, 40, 4, 4, 4},
                                              LargeHeader{heap_.id(b), {}, heap_.id(big), pointer, 40, kBig - 4, 4, 4},
                                              LargeHeader{heap_.id(c), {}, heap_.id(big), pointer, 88, 12, 4, 4},
                                              LargeHeader{{}, v, heap_.id(big), pointer, 40, 8, 4, 4}));
  EXPECT_THAT(s.large_headers, IsEmpty());
}

TEST_F(LargeHeaders, LeaveOutPointersToWhatTheyReachMuchOf) {
  const auto big = heap_.leaf(kBig), other = heap_.leaf(kBig);
  for (std::uint64_t i = 0; i <= kBig / 4 / heap::kFewestElements; ++i) {
    state({.from = holder(), .into = big, .at = 40, .begin = 4 * i});
    state({.from = holder(), .into = other, .at = 40, .begin = 4 * (i / 2)});
  }
  const std::vector<LargeHeader> found = look().element_pointers;
  EXPECT_EQ(found.size(), kBig / 4 / heap::kFewestElements + 1) << "those to the other one";
}

// Of the second object some pointers have rows and others have not, so nobody knows how much of it they reach.
TEST_F(LargeHeaders, HaveNoPointersToWhatMoreOfThemLeadTo) {
  constexpr std::uint64_t kMany = 5000, kFirst = 10;
  const auto all = heap_.object(kMany * kHolder, holder_);
  const auto few = heap_.leaf(kBig), crowded = heap_.leaf(1 << 20);
  for (std::uint64_t i = 0; i < kMany; ++i)
    state({.from = all, .into = i < kFirst ? few : crowded, .at = i * kHolder + 40, .begin = 4 * i});
  const ObjectId expected = heap_.id(few);
  const std::vector<LargeHeader> found = look().element_pointers;
  EXPECT_EQ(found.size(), kFirst);
  for (const LargeHeader& each : found) EXPECT_EQ(each.into, expected);
}

// The parameters are the number of threads and the seed.
class RandomLargeHeaders : public LargeHeaders, public testing::WithParamInterface<std::tuple<unsigned, int>> {
 protected:
  RandomLargeHeaders() { set_thread_limit(std::get<0>(GetParam())); }
  ~RandomLargeHeaders() override { set_thread_limit(0); }
};

INSTANTIATE_TEST_SUITE_P(ThreadsAndSeeds, RandomLargeHeaders,
                         testing::Combine(testing::Values(1U, 4U), testing::Range(1, 6)));

TEST_P(RandomLargeHeaders, AreThoseThatWereStated) {
  std::mt19937_64 random(static_cast<std::uint64_t>(std::get<1>(GetParam())));
  const auto below = [&](std::uint64_t n) { return random() % n; };
  std::vector<HeapBuilder::Handle> objects;
  for (int i = 0; i < 20; ++i) objects.push_back(heap_.leaf(below(2) == 0 ? kBig : kBig / 2));
  const auto any = [&] { return objects[below(objects.size())]; };
  for (int i = 0; i < 200; ++i) {
    const bool is_variable = i < 30;
    Stated header{.from = is_variable ? HeapBuilder::Handle() : holder()};
    if (is_variable) header.variable = variable();
    for (const std::uint64_t at : {0, 24, 40, 64}) {
      if (below(4) == 0) continue;
      header.into = any();
      header.at = at;
      header.is_slice = at == 0;
      header.begin = 4 * below(kBig / 8);
      header.capacity = below(300);
      header.length = below(300);
      state(header);
    }
  }
  const std::vector<LargeHeader> found = find();
  EXPECT_THAT(found, ElementsAreArray(expected_));
  EXPECT_GT(expected_.size(), 20U);
}

}  // namespace
}  // namespace holdfast::capture
