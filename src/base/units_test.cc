#include "base/units.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Units, MomentsAreInUtc) {
  EXPECT_EQ(format_moment(1795886403000000000), "2026-11-28 17:20:03 UTC");
  EXPECT_EQ(iso_moment(1795886403999999999), "2026-11-28T17:20:03Z");
  EXPECT_EQ(iso_moment(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso_moment(-1), "1969-12-31T23:59:59Z");
}

TEST(Units, ReadAsAPersonWritesThem) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(format_bytes(1814062296), "1.69 GiB");
  EXPECT_EQ(format_bytes(~std::uint64_t{0}), "16384.0 PiB");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(21312004), "21,312,004");
  EXPECT_EQ(format_share(0, 10), "0 %");
  EXPECT_EQ(format_share(1, 1000), "<1 %");
  EXPECT_EQ(format_share(15, 100), "15 %");
  EXPECT_EQ(format_share(1, 0), "0 %");
  EXPECT_EQ(format_seconds(0.038), "38 ms");
  EXPECT_EQ(format_seconds(14400), "4 h");
}

TEST(Units, ANounIsInTheSingularAfterOneOnly) {
  EXPECT_EQ(format_count(0, "object"), "0 objects");
  EXPECT_EQ(format_count(1, "object"), "1 object");
  EXPECT_EQ(format_count(21312004, "live object"), "21,312,004 live objects");
  EXPECT_EQ(format_count(1, "kind of loss"), "1 kind of loss");
  EXPECT_EQ(format_count(2, "heap of pending timers"), "2 heaps of pending timers");
  EXPECT_EQ(format_count(2, "entry"), "2 entries");
  EXPECT_EQ(format_count(2, "key"), "2 keys");
  EXPECT_EQ(format_count(2, "process"), "2 processes");
}

}  // namespace
}  // namespace holdfast
