#include "capture/frozen_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "base/ranges.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kPage = 4096;

// A target whose byte at address a is a / 4096 modulo 251. It is readable only in `mapped`.
struct FakeTarget {
  std::vector<AddressRange> mapped;
  mutable std::uint64_t fetches = 0;

  static std::byte at(Address a) { return static_cast<std::byte>(a.value / kPage % 251); }
  std::uint64_t fetch(Address from, std::span<std::byte> to) const {
    ++fetches;
    for (std::uint64_t i = 0; i < to.size(); ++i) {
      const bool there =
          std::any_of(mapped.begin(), mapped.end(), [&](const AddressRange& r) { return r.contains(from + i); });
      if (!there) return i;
      to[i] = at(from + i);
    }
    return to.size();
  }
  FrozenMemory memory() const {
    return FrozenMemory([this](Address from, std::span<std::byte> to) { return fetch(from, to); },
                        [this](std::span<const os::RangeCopy> copies) {
                          for (const os::RangeCopy& copy : copies) fetch(copy.from.begin, {copy.to, copy.from.size()});
                          return std::vector<AddressRange>();
                        },
                        mapped);
  }
};

TEST(FrozenMemory, ReadsMappingsThatShareABlockWithAGap) {
  const Address base(0x7f0000010000);
  const FakeTarget target{{{base, base + kPage}, {base + 3 * kPage, base + 40 * kPage}}};
  const FrozenMemory memory = target.memory();
  memory.touch({base + 3 * kPage, base + 3 * kPage + 8});
  EXPECT_EQ(memory.integer<std::uint8_t>(base + 3 * kPage),
            std::to_integer<unsigned>(FakeTarget::at(base + 3 * kPage)));
  EXPECT_EQ(memory.integer<std::uint8_t>(base), std::to_integer<unsigned>(FakeTarget::at(base)));
  EXPECT_EQ(memory.try_integer<std::uint8_t>(base + kPage), std::nullopt);
  EXPECT_EQ(memory.try_integer<std::uint64_t>(base + kPage - 4), std::nullopt);
  std::vector<std::byte> over_the_border(20 * kPage);
  EXPECT_TRUE(memory.try_read(base + 10 * kPage, over_the_border));
  EXPECT_EQ(over_the_border.back(), FakeTarget::at(base + 30 * kPage - 1));
}

TEST(FrozenMemory, GivesBackTheRoomForMoreOnceClosed) {
  const Address base(0x7f0000010000);
  const AddressRange planned{base, base + 4 * kPage};
  const AddressRange surprise{base + 8 * kPage, base + 9 * kPage};
  const FakeTarget target{{{base, base + 64 * kPage}}};
  FrozenMemory memory = target.memory();
  memory.prepare({planned}, {planned});
  memory.read_bulk({planned, surprise});
  EXPECT_GT(memory.room_bytes(), std::uint64_t{2} << 20);
  memory.close();
  EXPECT_EQ(memory.room_bytes(), 5 * kPage);
  EXPECT_EQ(memory.integer<std::uint8_t>(surprise.begin), std::to_integer<unsigned>(FakeTarget::at(surprise.begin)));
}

TEST(FrozenMemory, FetchesNothingOnceClosed) {
  const Address base(0x7f0000010000);
  const FakeTarget target{{{base, base + 64 * kPage}}};
  FrozenMemory memory = target.memory();
  memory.touch({base, base + 8});
  memory.close();
  const std::uint64_t before = target.fetches;
  EXPECT_TRUE(memory.try_integer<std::uint8_t>(base + 8).has_value());
  EXPECT_EQ(memory.try_integer<std::uint8_t>(base + 32 * kPage), std::nullopt);
  EXPECT_EQ(target.fetches, before);
}

TEST(FrozenMemory, BulkRangesAreReadOnceAndSeenInPlace) {
  const Address base(0x7f0000010000);
  const FakeTarget target{{{base, base + 64 * kPage}}};
  FrozenMemory memory = target.memory();
  memory.prepare({{base, base + 4 * kPage}}, {{base, base + 4 * kPage}});
  memory.read_bulk({{base, base + 4 * kPage}});
  memory.read_bulk({{base + 2 * kPage, base + 8 * kPage}});
  EXPECT_EQ(memory.bytes_read(), 8 * kPage);
  const std::byte* view = memory.try_view(base + kPage, 16);
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(*view, FakeTarget::at(base + kPage));
  memory.touch({base, base + 8});
  EXPECT_EQ(memory.bytes_read(), 8 * kPage);
}

TEST(FrozenMemory, WhatHoldsNothingIsZeroInPlaceAndTakesNoMemory) {
  const Address base(0x7f0000000000);
  const std::uint64_t pages = 8192;
  const AddressRange all{base, base + pages * kPage};
  const AddressRange low{base + kPage, base + 2 * kPage}, high{base + 5000 * kPage, base + 5004 * kPage};
  const FakeTarget target{{all}};
  FrozenMemory memory = target.memory();
  memory.prepare({all}, {low});
  memory.read_bulk({all}, [&](const std::vector<AddressRange>& ranges) { return within(ranges, {low, high}); });
  memory.close();
  EXPECT_EQ(memory.bytes_read(), 5 * kPage);
  const std::byte* view = memory.try_view(base, all.size());
  ASSERT_NE(view, nullptr);
  std::vector<unsigned char> resident(pages);
  ASSERT_EQ(mincore(const_cast<std::byte*>(view), all.size(), resident.data()), 0);
  EXPECT_LT(std::count(resident.begin(), resident.end(), 1), 1024);  // a huge page, if the second part got one
  for (const std::uint64_t page : {0U, 1U, 2U, 4999U, 5000U, 5003U, 5004U}) {
    const bool filled = low.contains(base + page * kPage) || high.contains(base + page * kPage);
    EXPECT_EQ(view[page * kPage], filled ? FakeTarget::at(base + page * kPage) : std::byte{0}) << page;
    EXPECT_EQ(memory.integer<std::uint8_t>(base + page * kPage), std::to_integer<unsigned>(view[page * kPage])) << page;
  }
}

// Package variables begin and end anywhere. What lies behind them in the room must not straddle pages for that: a page
// of the target that holds something would take two of ours.
TEST(FrozenMemory, APageThatHoldsSomethingTakesOnePage) {
  const Address base(0x7f0000000000);
  constexpr std::uint64_t kPages = 1024;
  const AddressRange variables{base + 0x20, base + 0x1234};
  const AddressRange span{base + 16 * kPage, base + (16 + kPages) * kPage};
  std::vector<AddressRange> filled{variables};
  for (std::uint64_t page = 0; page < kPages; page += 2)
    filled.push_back({span.begin + page * kPage, span.begin + (page + 1) * kPage});
  const FakeTarget target{{{base, span.end}}};
  FrozenMemory memory = target.memory();
  memory.prepare({variables, span}, filled);
  memory.read_bulk({variables, span}, [&](const std::vector<AddressRange>&) { return filled; });
  const std::byte* view = memory.try_view(span.begin, span.size());
  ASSERT_NE(view, nullptr);
  std::vector<unsigned char> resident(kPages);
  ASSERT_EQ(mincore(const_cast<std::byte*>(view), span.size(), resident.data()), 0);
  EXPECT_LE(std::count(resident.begin(), resident.end(), 1), kPages / 2 + 64);  // what shares a huge page with the rest
}

TEST(FrozenMemory, ASpanThatWasNotForeseenAsAWholeLiesTogether) {
  const Address base(0x7f0000000000);
  const auto span = [&](std::uint64_t begin, std::uint64_t end) {
    return AddressRange{base + begin * kPage, base + end * kPage};
  };
  const FakeTarget target{{span(0, 1000)}};
  FrozenMemory memory = target.memory();
  memory.prepare({span(0, 100), span(200, 300)}, {span(0, 100), span(200, 300)});
  // One range is as planned, one reaches over its end, one lies behind it, and one joins two that were planned apart.
  memory.read_bulk({span(0, 90), span(90, 110), span(110, 150), span(150, 250), span(250, 260)});
  memory.close();
  EXPECT_EQ(memory.bytes_read(), 260 * kPage);
  for (const AddressRange& whole : {span(0, 90), span(90, 110), span(110, 150), span(150, 250), span(250, 260)}) {
    const std::byte* view = memory.try_view(whole.begin, whole.size());
    ASSERT_NE(view, nullptr) << whole.begin.value;
    EXPECT_EQ(view[0], FakeTarget::at(whole.begin));
    EXPECT_EQ(view[whole.size() - 1], FakeTarget::at(whole.end - 1));
  }
  std::vector<std::byte> all(260 * kPage);
  ASSERT_TRUE(memory.try_read(base, all));
  for (std::uint64_t page = 0; page < 260; ++page) ASSERT_EQ(all[page * kPage], FakeTarget::at(base + page * kPage));
}

}  // namespace
}  // namespace holdfast::capture
