#include "capture/nearby.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/memory_image.h"

namespace holdfast::capture {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two spans, of 16 slots of 64 bytes with pointers and of 16 of 64 bytes without, as words of one mapping.
class NearbyTest : public ::testing::Test {
 protected:
  static constexpr Address kPointers{0xc000000000}, kLeaves{0xc000002000};

  NearbyTest() {
    for (const Address base : {kPointers, kLeaves}) {
      go::MSpan span;
      span.base = base;
      span.pages = 1;
      span.slot_size = 64;
      span.slots = 16;
      span.span_class = base == kLeaves ? 1 : 0;
      spans_.push_back(span);
    }
  }
  static Address object(std::uint64_t slot) { return kPointers + slot * 64; }
  static Address leaf(std::uint64_t slot) { return kLeaves + slot * 64; }
  static AddressRange whole(Address slot, std::uint64_t size = 64) { return {slot, slot + size}; }
  void put(Address at, Address word) {
    for (int i = 0; i < 8; ++i)
      bytes_[at - kPointers + static_cast<std::uint64_t>(i)] = static_cast<std::byte>(word.value >> (8 * i));
  }
  std::vector<AddressRange> nearby(Address from, const NearbyLimits& limits = {}) {
    MemoryImage memory;
    memory.add(kPointers, bytes_, nullptr);
    memory.seal();
    return nearby_leaves(memory, spans_, from, limits);
  }

  std::vector<go::MSpan> spans_;
  std::vector<std::byte> bytes_ = std::vector<std::byte>(0x2000);
};

TEST_F(NearbyTest, AreThoseThatWordsLeadToWhereverTheyPointInto) {
  put(object(0), leaf(3));
  put(object(0) + 8, object(1) + 24);
  put(object(1) + 56, leaf(5) + 17);
  put(object(2), leaf(7));                    // nothing leads to that one
  put(object(0) + 16, Address(0x400000));     // in no span
  put(object(1), object(0));                  // a ring
  put(object(1) + 8, kLeaves + 16 * 64 + 8);  // behind the last slot
  EXPECT_THAT(nearby(object(0) + 40), ElementsAre(whole(leaf(3)), whole(leaf(5))));
  EXPECT_THAT(nearby(object(3)), IsEmpty());
  EXPECT_THAT(nearby(leaf(4) + 1), ElementsAre(whole(leaf(4))));
  EXPECT_THAT(nearby(Address(0x400000)), IsEmpty());
}

TEST_F(NearbyTest, EndAtTheirLimitsTheNearestFirst) {
  put(object(0), object(1));
  put(object(0) + 8, leaf(1));
  put(object(1), leaf(2));
  put(object(1) + 8, leaf(9));
  EXPECT_THAT(nearby(object(0), {.bytes = 100}), ElementsAre(AddressRange{leaf(1), leaf(3)}));
  EXPECT_THAT(nearby(object(0), {.bytes = 64}), ElementsAre(whole(leaf(1))));
  EXPECT_THAT(nearby(object(0), {.objects = 3}), ElementsAre(whole(leaf(1))));
  EXPECT_THAT(nearby(object(0), {.leaf_bytes = 16}),
              ElementsAre(whole(leaf(1), 16), whole(leaf(2), 16), whole(leaf(9), 16)));
}

}  // namespace
}  // namespace holdfast::capture
