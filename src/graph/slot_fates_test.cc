#include "graph/slot_fates.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "base/parallel.h"
#include "heap/object_index.h"

namespace holdfast::graph {
namespace {

constexpr std::uint64_t kSimulatedBase = 0xc000000000;
constexpr std::uint32_t kSlots = 100;  // more than one word of bits

// A heap as Go's allocator and collector leave it, that knows which object is which.
class SimulatedHeap {
 public:
  SimulatedHeap(std::uint32_t spans, std::uint32_t seed) : random_(seed) {
    for (std::uint32_t s = 0; s < spans; ++s) make_span(s);
  }

  void allocate(int times) {
    for (int i = 0; i < times; ++i) {
      SimulatedSpan& span = any_span();
      sweep(span);
      SimulatedSlot& slot = span.slots[random_() % kSlots];
      if (slot.object == 0) slot = {++last_object_, random_() % 4 + 1, false, true, true};
    }
  }
  // Marks what it draws, as if that were reachable.
  void collect() {
    for (SimulatedSpan& span : spans_) sweep(span);
    for (SimulatedSpan& span : spans_) {
      span.swept = false;
      for (SimulatedSlot& slot : span.slots) {
        slot.live = slot.object != 0 && slot.live && random_() % 3 != 0;
        slot.marked = slot.live;
        slot.fresh = false;
      }
    }
    generation_ += 2;
  }
  void sweep_some() {
    for (SimulatedSpan& span : spans_)
      if (random_() % 2 == 0) sweep(span);
  }
  void drop_some() {
    for (SimulatedSpan& span : spans_)
      for (SimulatedSlot& slot : span.slots)
        if (random_() % 10 == 0) slot.live = false;
  }
  // Empty spans go back, and come again in another size.
  void release_some() {
    for (std::uint32_t s = 0; s < spans_.size(); ++s) {
      if (random_() % 8 != 0) continue;
      sweep(spans_[s]);
      if (std::ranges::all_of(spans_[s].slots, [](const SimulatedSlot& slot) { return slot.object == 0; }))
        make_span(s);
    }
  }
  void empty_a_span() {
    SimulatedSpan& span = any_span();
    for (SimulatedSlot& slot : span.slots) slot.live = false;
  }

  struct Look {
    SlotPicture picture;
    std::vector<std::uint64_t> object;  // by ObjectId: who it is
  };
  Look look(bool all_marks_known) {
    Look look;
    SlotPicture& out = look.picture;
    out.sweep_generation = generation_;
    for (const SimulatedSpan& span : spans_) add_span(span, all_marks_known || random_() % 4 != 0, out);
    out.allocated = HugeArray<std::uint64_t>(spans_.size() * kWords);
    for (std::size_t s = 0; s < spans_.size(); ++s)
      for (std::uint32_t i = 0; i < kSlots; ++i)
        if (spans_[s].slots[i].object != 0) heap::set_bit(out.allocated, s * kWords * 64 + i);
    const heap::ObjectCounts counts = heap::number_objects(out.spans, out.allocated);
    out.objects = counts.objects;
    fill(look);
    return look;
  }

 private:
  struct SimulatedSlot {
    std::uint64_t object = 0;  // 0 = free
    std::uint64_t type = 0;
    bool marked = false, fresh = false, live = false;
  };
  struct SimulatedSpan {
    Address base;
    std::uint64_t slot_size = 0;
    bool has_pointers = false;
    bool swept = true;
    std::vector<SimulatedSlot> slots;
  };
  static constexpr std::uint32_t kWords = (kSlots + 63) / 64;

  SimulatedSpan& any_span() { return spans_[random_() % spans_.size()]; }
  void make_span(std::uint32_t number) {
    if (number == spans_.size()) spans_.emplace_back();
    spans_[number] = {Address(kSimulatedBase + number * std::uint64_t{0x10000}), std::uint64_t{16} << random_() % 3,
                      random_() % 2 == 0, true, std::vector<SimulatedSlot>(kSlots)};
  }
  static void sweep(SimulatedSpan& span) {
    if (span.swept) return;
    for (SimulatedSlot& slot : span.slots)
      if (!slot.marked) slot = {};
    span.swept = true;
  }

  static void add_span(const SimulatedSpan& span, bool has_marks, SlotPicture& out) {
    heap::Span& row = out.spans.emplace_back();
    row.base = span.base;
    row.slot_size = span.slot_size;
    row.slots = kSlots;
    row.pages = 1;
    row.size_class = 1;
    row.has_pointers = span.has_pointers;
    row.has_marks = has_marks;
    row.bits_at = static_cast<std::uint32_t>(out.spans.size() - 1) * kWords;
  }
  void fill(Look& look) {
    SlotPicture& out = look.picture;
    const std::uint64_t words = out.objects / 64 + 1;
    out.marked = HugeArray<std::uint64_t>(words);
    out.fresh = HugeArray<std::uint64_t>(words);
    out.live = HugeArray<std::uint64_t>(words);
    out.object_type = HugeArray<heap::ObjectType>(out.objects);
    out.sort_of_type = {0, 1, 2, 3, 4};
    look.object.resize(out.objects);
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      std::uint32_t row = out.spans[s].first_object;
      for (const SimulatedSlot& slot : spans_[s].slots) {
        if (slot.object == 0) continue;
        look.object[row] = slot.object;
        out.object_type[row] = {TypeId(static_cast<std::uint32_t>(slot.type)), heap::KnownBy::kHeader};
        if (slot.live) heap::set_bit(out.live, row);
        if (out.spans[s].has_marks && slot.marked) heap::set_bit(out.marked, row);
        if (out.spans[s].has_marks && slot.fresh) heap::set_bit(out.fresh, row);
        ++row;
      }
    }
  }

  std::mt19937 random_;
  std::vector<SimulatedSpan> spans_;
  std::uint64_t last_object_ = 0;
  std::uint32_t generation_ = 2;
};

// What is known to be true of a slot, from who lies in it.
void expect_true(SlotFate fate, bool other_is_there, bool is_same) {
  EXPECT_EQ(fate == SlotFate::kAlone, !other_is_there);
  EXPECT_TRUE(fate != SlotFate::kStayed || is_same);
  EXPECT_TRUE((fate != SlotFate::kReplaced && fate != SlotFate::kRetyped) || !is_same);
}

struct Places {
  std::map<std::pair<std::uint64_t, std::pair<std::uint64_t, bool>>, std::uint32_t> row;  // by address and sort of span

  explicit Places(const SlotPicture& picture) {
    const heap::ObjectIndex index(picture.spans, picture.allocated);
    for (std::uint32_t i = 0; i < picture.objects; ++i) row[key(picture, index, i)] = i;
  }
  static std::pair<std::uint64_t, std::pair<std::uint64_t, bool>> key(const SlotPicture& picture,
                                                                      const heap::ObjectIndex& index,
                                                                      std::uint32_t object) {
    const heap::Span& span = picture.spans[index.find_span(ObjectId(object)).row];
    return {index.address_of(ObjectId(object)).value, {span.slot_size, span.has_pointers}};
  }
};

// Compares with what lies at each address, object by object.
void expect_sound(const SimulatedHeap::Look& first, const SimulatedHeap::Look& second, bool all_is_told) {
  const SlotFates fates = compare_slots(first.picture, second.picture);
  const heap::ObjectIndex index(first.picture.spans, first.picture.allocated);
  const Places there(second.picture);
  std::size_t found = 0;
  for (std::uint32_t i = 0; i < first.picture.objects; ++i) {
    const auto other = there.row.find(Places::key(first.picture, index, i));
    const bool is_there = other != there.row.end();
    const ObjectFate fate = fates.first[i];
    expect_true(fate.fate(), is_there, is_there && first.object[i] == second.object[other->second]);
    if (!is_there) continue;
    ++found;
    EXPECT_EQ(fates.second[other->second].fate(), fate.fate());
    EXPECT_EQ(fate.other_lives(), heap::test_bit(second.picture.live, other->second));
    EXPECT_EQ(fates.second[other->second].other_lives(), heap::test_bit(first.picture.live, i));
    // What the collector had found dead before the first look is no part of the promise.
    const bool was_dead = !heap::test_bit(first.picture.marked, i) && !heap::test_bit(first.picture.fresh, i);
    EXPECT_TRUE(!all_is_told || was_dead || fate.fate() == SlotFate::kStayed || fate.fate() == SlotFate::kReplaced)
        << i;
  }
  std::size_t alone = 0;
  for (const ObjectFate fate : fates.second) alone += fate.fate() == SlotFate::kAlone ? 1U : 0U;
  EXPECT_EQ(alone, second.picture.objects - found);
}

TEST(SlotFates, AreTrueOfWhatASimulatedHeapDoesAndTellAllUpToOneCollection) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    SimulatedHeap heap(20, seed);
    heap.allocate(2000);
    heap.collect();
    heap.sweep_some();
    heap.allocate(600);
    heap.drop_some();
    const bool all_marks_known = seed % 3 != 0;
    const auto first = heap.look(all_marks_known);
    const std::uint32_t collections = seed % 4;
    for (std::uint32_t c = 0; c < collections; ++c) {
      heap.drop_some();
      heap.empty_a_span();
      heap.collect();
      heap.release_some();
      heap.sweep_some();
      heap.allocate(900);
    }
    if (collections == 0) heap.allocate(900);
    const auto second = heap.look(all_marks_known);
    ASSERT_EQ(collections_between(first.picture, second.picture), collections);
    expect_sound(first, second, all_marks_known && collections < 2);
  }
}

TEST(SlotFates, DoNotDependOnTheNumberOfThreads) {
  SimulatedHeap heap(200, 7);
  heap.allocate(9000);
  heap.collect();
  const auto first = heap.look(true);
  heap.drop_some();
  heap.collect();
  heap.allocate(9000);
  const auto second = heap.look(true);
  set_thread_limit(1);
  const SlotFates one = compare_slots(first.picture, second.picture);
  set_thread_limit(4);
  const SlotFates many = compare_slots(first.picture, second.picture);
  set_thread_limit(0);
  EXPECT_TRUE(std::ranges::equal(one.first, many.first));
  EXPECT_TRUE(std::ranges::equal(one.second, many.second));
}

// One span of pointerful slots of 16 bytes, all taken by objects of type 1.
SlotPicture full_span(std::uint32_t objects, std::uint32_t generation) {
  SlotPicture picture;
  heap::Span& span = picture.spans.emplace_back();
  span.base = Address(kSimulatedBase);
  span.slot_size = 16;
  span.slots = objects;
  span.has_pointers = span.has_marks = true;
  picture.allocated = HugeArray<std::uint64_t>(objects / 64 + 1);
  for (std::uint32_t i = 0; i < objects; ++i) heap::set_bit(picture.allocated, i);
  picture.objects = heap::number_objects(picture.spans, picture.allocated).objects;
  picture.marked = HugeArray<std::uint64_t>(objects / 64 + 1);
  picture.fresh = HugeArray<std::uint64_t>(objects / 64 + 1);
  picture.live = HugeArray<std::uint64_t>(objects / 64 + 1);
  picture.object_type = HugeArray<heap::ObjectType>(objects);
  for (std::uint32_t i = 0; i < objects; ++i) {
    picture.object_type[i] = {TypeId(1), heap::KnownBy::kHeader};
    heap::set_bit(picture.marked, i);
  }
  picture.sort_of_type = {0, 1, 2};
  picture.sweep_generation = generation;
  return picture;
}

SlotFate fate_in(const SlotPicture& first, const SlotPicture& second) {
  return compare_slots(first, second).first[0].fate();
}

TEST(SlotFates, OfSeveralCollectionsOnlyTypesTell) {
  const SlotPicture first = full_span(1, 10);
  SlotPicture second = full_span(1, 14);
  EXPECT_EQ(fate_in(first, second), SlotFate::kUnclear);
  second.object_type[0] = {TypeId(2), heap::KnownBy::kHeader};
  EXPECT_EQ(fate_in(first, second), SlotFate::kRetyped);
  second.object_type[0] = {TypeId(2), heap::KnownBy::kInferred};
  EXPECT_EQ(fate_in(first, second), SlotFate::kUnclear) << "a guess tells nothing";
  second.object_type[0] = {TypeId(2), heap::KnownBy::kPart};
  EXPECT_EQ(fate_in(first, second), SlotFate::kUnclear);
  second.object_type[0] = {};
  EXPECT_EQ(fate_in(first, second), SlotFate::kUnclear);
}

TEST(SlotFates, NumbersOfTypesDifferBetweenLooks) {
  const SlotPicture first = full_span(1, 10);
  SlotPicture second = full_span(1, 14);
  second.object_type[0] = {TypeId(2), heap::KnownBy::kHeader};
  second.sort_of_type = {0, 2, 1};
  EXPECT_EQ(fate_in(first, second), SlotFate::kUnclear) << "type 2 here is type 1 there";
}

TEST(SlotFates, NothingIsProvenWhereObjectsAreFreedWithoutACollection) {
  SlotPicture first = full_span(1, 10), second = full_span(1, 10);
  EXPECT_EQ(fate_in(first, second), SlotFate::kStayed);
  first.frees_early = true;
  EXPECT_EQ(fate_in(first, second), SlotFate::kUnclear);
  first.frees_early = false;
  second.spans[0].user_arena = true;
  EXPECT_EQ(fate_in(first, second), SlotFate::kUnclear);
}

TEST(SlotFates, NothingIsProvenIfTheCollectionsAreNotKnown) {
  const SlotPicture first = full_span(1, 0), second = full_span(1, 12);
  EXPECT_EQ(collections_between(first, second), std::nullopt);
  EXPECT_EQ(fate_in(first, second), SlotFate::kUnclear);
  EXPECT_EQ(collections_between(second, full_span(1, 10)), std::nullopt) << "backwards";
}

TEST(SlotFates, ASpanOfAnotherSortAtTheAddressHasOtherObjects) {
  const SlotPicture first = full_span(4, 10);
  SlotPicture second = full_span(4, 10);
  second.spans[0].slot_size = 32;
  EXPECT_EQ(fate_in(first, second), SlotFate::kAlone);
  second = full_span(4, 10);
  second.spans[0].has_pointers = false;
  EXPECT_EQ(fate_in(first, second), SlotFate::kAlone);
  second = full_span(4, 10);
  second.spans[0].base = second.spans[0].base + 8192;
  EXPECT_EQ(fate_in(first, second), SlotFate::kAlone);
}

TEST(SlotFates, TakeAPictureOfASnapshot) {
  heap::Snapshot snapshot;
  SlotPicture full = full_span(70, 10);
  snapshot.spans = full.spans;
  snapshot.allocated = std::move(full.allocated);
  snapshot.marked = std::move(full.marked);
  snapshot.fresh = std::move(full.fresh);
  snapshot.object_type = std::move(full.object_type);
  snapshot.objects = snapshot.pointerful = 70;
  snapshot.audit.sweep_generation = 10;
  SlotPicture picture = take_picture(snapshot, std::move(full.live));
  picture.sort_of_type = {0, 1};
  EXPECT_EQ(picture.objects, 70U);
  EXPECT_EQ(picture.sweep_generation, 10U);
  const SlotFates fates = compare_slots(picture, full_span(70, 12));
  for (const ObjectFate fate : fates.first) EXPECT_EQ(fate.fate(), SlotFate::kStayed);
}

}  // namespace
}  // namespace holdfast::graph
