#include "capture/frozen_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kPage = 4096;

// A target whose byte at address a is a / 4096 modulo 251, readable only in `mapped`.
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
                        [this](std::span<const AddressRange> ranges, std::span<std::byte> to) {
                          for (const AddressRange& range : ranges) {
                            fetch(range.begin, to.first(range.size()));
                            to = to.subspan(range.size());
                          }
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
  memory.prepare(64 * kPage);
  memory.read_bulk({{base, base + 4 * kPage}});
  memory.read_bulk({{base + 2 * kPage, base + 8 * kPage}});
  EXPECT_EQ(memory.bytes_read(), 8 * kPage);
  const std::byte* view = memory.try_view(base + kPage, 16);
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(*view, FakeTarget::at(base + kPage));
  memory.touch({base, base + 8});
  EXPECT_EQ(memory.bytes_read(), 8 * kPage);
}

}  // namespace
}  // namespace holdfast::capture
