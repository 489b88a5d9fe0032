#include "heap/object_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"

namespace holdfast::heap {
namespace {

struct Layout {
  std::vector<Span> spans;
  HugeArray<std::uint64_t> allocated;
};

// Makes spans of many shapes: some far apart, some without a gap; full, empty and with holes.
Layout random_layout(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  Layout out;
  std::uint64_t page = (0xc000000000 >> 13) + below(20000);
  std::uint64_t words = 0;
  for (std::uint64_t left = below(60); left > 0; --left) {
    if (below(10) == 0) page += std::uint64_t{1} << (8 + below(20));
    Span span;
    span.base = Address(page << 13);
    span.pages = static_cast<std::uint32_t>(below(20) == 0 ? 1 + below(60000) : 1 + below(10));
    page += span.pages + below(2);
    if (below(4) == 0) {
      span.slots = 1;
      span.slot_size = span.bytes() - 8 * below(2);
    } else {
      span.slot_size = 8 * (1 + below(below(2) == 0 ? 16 : 512));
      span.slots = static_cast<std::uint32_t>(std::min<std::uint64_t>(span.bytes() / span.slot_size, 2000));
    }
    span.has_pointers = below(2) == 0;
    span.bits_at = static_cast<std::uint32_t>(words);
    words += (span.slots + 63) / 64;
    out.spans.push_back(span);
  }
  out.allocated = HugeArray<std::uint64_t>(words);
  for (const Span& span : out.spans) {
    const std::uint64_t density = below(4);
    for (std::uint64_t slot = 0; slot < span.slots; ++slot)
      if (below(3) < density) set_bit(out.allocated, span.bits_at * std::uint64_t{64} + slot);
  }
  return out;
}

struct NaiveSlot {
  SpanId span;
  std::uint32_t slot = 0;
  ObjectId object;
};

// Lists all slots of the layout, numbered by counting.
std::vector<NaiveSlot> naive_slots(const Layout& layout) {
  std::vector<NaiveSlot> out;
  std::uint32_t next = 0;
  for (const bool with_pointers : {true, false}) {
    for (std::uint32_t s = 0; s < layout.spans.size(); ++s) {
      const Span& span = layout.spans[s];
      if (span.has_pointers != with_pointers) continue;
      for (std::uint32_t slot = 0; slot < span.slots; ++slot) {
        const bool allocated = test_bit(layout.allocated, span.bits_at * std::uint64_t{64} + slot);
        out.push_back({SpanId(s), slot, allocated ? ObjectId(next++) : ObjectId()});
      }
    }
  }
  return out;
}

TEST(ObjectIndex, AgreesWithCountingOnRandomHeaps) {
  std::size_t objects = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Layout layout = random_layout(seed);
    const ObjectCounts counts = number_objects(layout.spans, layout.allocated);
    const ObjectIndex index(layout.spans, layout.allocated);
    std::mt19937_64 random(seed);
    for (const NaiveSlot& slot : naive_slots(layout)) {
      const Span& span = layout.spans[slot.span.row];
      const std::uint64_t offset = random() % 3 == 0 ? 0 : random() % span.slot_size;
      const Address base = span.base + slot.slot * span.slot_size;
      ASSERT_EQ(index.find_object(base + offset), slot.object) << "seed " << seed;
      ASSERT_EQ(index.find_object(base + (span.slot_size - 1)), slot.object) << "seed " << seed;
      const auto hit = index.find(base + offset);
      ASSERT_TRUE(hit);
      ASSERT_EQ(hit->object, slot.object);
      ASSERT_EQ(hit->allocated, static_cast<bool>(slot.object));
      ASSERT_EQ(hit->span, slot.span);
      ASSERT_EQ(hit->slot, slot.slot);
      if (!slot.object) continue;
      ++objects;
      ASSERT_EQ(slot.object.row < counts.pointerful, span.has_pointers);
      ASSERT_LT(slot.object.row, counts.objects);
      ASSERT_EQ(index.find_span(slot.object), slot.span);
      ASSERT_EQ(index.address_of(slot.object), base);
      ASSERT_EQ(index.size_of(slot.object), span.slot_size);
    }
  }
  EXPECT_GT(objects, 100000U);
}

TEST(ObjectIndex, FindsNothingOutsideOfSlots) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Layout layout = random_layout(seed);
    number_objects(layout.spans, layout.allocated);
    const ObjectIndex index(layout.spans, layout.allocated);
    std::vector<Address> outside = {Address(0), Address(8), Address(~std::uint64_t{0}),
                                    Address(std::uint64_t{1} << 47)};
    for (std::size_t s = 0; s < layout.spans.size(); ++s) {
      const Span& span = layout.spans[s];
      for (Address a = span.base + span.slots * span.slot_size; a < span.base + span.bytes();
           a += 8 + span.bytes() / 50)
        outside.push_back(a);
      if (s + 1 == layout.spans.size() || span.base + span.bytes() != layout.spans[s + 1].base)
        outside.push_back(span.base + span.bytes());
      if (s == 0) outside.push_back(span.base - 1);
    }
    for (const Address a : outside) {
      ASSERT_FALSE(index.find_object(a)) << std::hex << a.value;
      ASSERT_FALSE(index.find(a)) << std::hex << a.value;
    }
  }
}

TEST(ObjectIndex, HoldsAnObjectLargerThanTheMultiplicationIsExactFor) {
  Layout layout;
  layout.allocated = HugeArray<std::uint64_t>(1);
  set_bit(layout.allocated, 0);
  Span span;
  span.base = Address(0xc000000000);
  span.pages = 1 << 20;
  span.slots = 1;
  span.slot_size = span.bytes();
  layout.spans = {span};
  number_objects(layout.spans, layout.allocated);
  const ObjectIndex index(layout.spans, layout.allocated);
  EXPECT_EQ(index.find_object(span.base + (span.bytes() - 1)), ObjectId(0));
  EXPECT_FALSE(index.find_object(span.base + span.bytes()));
}

TEST(ObjectIndex, IsEmptyWithoutSpans) {
  const Layout layout;
  const ObjectIndex index(layout.spans, layout.allocated);
  EXPECT_FALSE(index.find_object(Address(0xc000000000)));
}

TEST(ObjectIndex, RefusesSpansThatCannotBe) {
  const auto expect_refused = [](const auto& change, const char* why) {
    Layout layout;
    layout.allocated = HugeArray<std::uint64_t>(2);
    for (const std::uint64_t base : {0xc000000000U, 0xc000002000U}) {
      Span span;
      span.base = Address(base);
      span.pages = 1;
      span.slots = 8;
      span.slot_size = 1024;
      span.bits_at = static_cast<std::uint32_t>(layout.spans.size());
      layout.spans.push_back(span);
    }
    change(layout.spans);
    try {
      const ObjectIndex index(layout.spans, layout.allocated);
      ADD_FAILURE() << "accepted: " << why;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kDamaged);
      EXPECT_THAT(error.what(), testing::HasSubstr(why));
    }
  };
  expect_refused([](auto& spans) { spans[0].pages = 2; }, "begins within the span before it");
  expect_refused([](auto& spans) { std::swap(spans[0], spans[1]); }, "begins within the span before it");
  expect_refused([](auto& spans) { spans[1].base = Address(0x7fffffffe000) + 0x2000; }, "outside of the address space");
  expect_refused([](auto& spans) { spans[1].base += 16; }, "does not begin at a page");
  expect_refused([](auto& spans) { spans[1].slots = 9; }, "less room");
  expect_refused([](auto& spans) { spans[1].slot_size = 0; }, "not made of words");
  expect_refused([](auto& spans) { spans[1].slot_size = 12; }, "not made of words");
  expect_refused([](auto& spans) { spans[1].bits_at = 2; }, "no allocation bits");
  expect_refused([](auto& spans) { spans[1].pages = 1 << 20; }, "too large");
  expect_refused([](auto& spans) { spans[1].objects = 1, spans[1].first_object = 5; }, "instead of 0");
}

}  // namespace
}  // namespace holdfast::heap
