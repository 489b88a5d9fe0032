#include "view/value_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace holdfast::view {
namespace {

using heap::TypeKind;
using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(std::uint64_t number, std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}
Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

TEST(ScalarText, WritesNumbersAsGoDoes) {
  EXPECT_EQ(scalar_text(TypeKind::kBool, bytes_of(1, 1)), "true");
  EXPECT_EQ(scalar_text(TypeKind::kBool, bytes_of(0, 1)), "false");
  EXPECT_EQ(scalar_text(TypeKind::kBool, bytes_of(7, 1)), "a bool of value 7");
  EXPECT_EQ(scalar_text(TypeKind::kInt8, bytes_of(0x80, 1)), "-128");
  EXPECT_EQ(scalar_text(TypeKind::kInt16, bytes_of(0x7fff, 2)), "32767");
  EXPECT_EQ(scalar_text(TypeKind::kInt, bytes_of(~std::uint64_t{0}, 8)), "-1");
  EXPECT_EQ(scalar_text(TypeKind::kUint, bytes_of(~std::uint64_t{0}, 8)), "18446744073709551615");
  EXPECT_EQ(scalar_text(TypeKind::kUint32, bytes_of(0xffffffff, 4)), "4294967295");
  EXPECT_EQ(scalar_text(TypeKind::kUintptr, bytes_of(0xc000, 8)), "0xc000");
  EXPECT_EQ(scalar_text(TypeKind::kFloat32, bytes_of(std::bit_cast<std::uint32_t>(1.5F), 4)), "1.5");
  EXPECT_EQ(scalar_text(TypeKind::kFloat64, bytes_of(std::bit_cast<std::uint64_t>(-0.25), 8)), "-0.25");
}

TEST(ScalarText, KnowsNoOtherKindsAndNoWrongSizes) {
  EXPECT_FALSE(scalar_text(TypeKind::kStruct, bytes_of(1, 8)));
  EXPECT_FALSE(scalar_text(TypeKind::kInt32, bytes_of(1, 8)));
  EXPECT_FALSE(scalar_text(TypeKind::kFloat64, bytes_of(1, 4)));
}

TEST(QuotedText, EscapesWhatWouldBreakTheLine) {
  EXPECT_EQ(quoted_text(bytes_of("a\"b\\\n\t\x01"), 7), "\"a\\\"b\\\\\\n\\t\\x01\"");
  EXPECT_EQ(quoted_text(bytes_of("grüß"), 6), "\"grüß\"");
  EXPECT_EQ(quoted_text({}, 0), "\"\"");
}

TEST(QuotedText, SaysHowLongACutTextIsAndCutsNoLetter) {
  EXPECT_EQ(quoted_text(bytes_of("abc"), 1234), "\"abc\"… (1,234 bytes)");
  const Bytes cut = bytes_of("ab\xc3");
  EXPECT_EQ(quoted_text(cut, 4), "\"ab\"… (4 bytes)");
  EXPECT_EQ(quoted_text(bytes_of("ab\xc3\xbc"), 9), "\"ab\"… (9 bytes)");  // it may be whole: nobody misses it
}

TEST(IsText, IsTrueOfWhatAPersonWrote) {
  EXPECT_TRUE(is_text(bytes_of("hello, wörld?\n")));
  EXPECT_TRUE(is_text({}));
  EXPECT_FALSE(is_text(bytes_of(std::string_view("a\0b", 3))));
  EXPECT_FALSE(is_text(bytes_of("\xff\xfe")));
}

TEST(TimeText, ReadsBothFormsOfATime) {
  // 2026-11-30 05:12:44 UTC is 1796015564 s after 1970.
  constexpr std::int64_t kSince1970 = 1796015564, kYear1To1970 = 62135596800, kYear1To1885 = 59453308800;
  EXPECT_EQ(time_text(120000000, kSince1970 + kYear1To1970), "2026-11-30 05:12:44.12 UTC");
  const std::uint64_t since_1885 = kSince1970 + kYear1To1970 - kYear1To1885;
  EXPECT_EQ(time_text(std::uint64_t{1} << 63 | since_1885 << 30 | 5, 17), "2026-11-30 05:12:44.000000005 UTC");
  EXPECT_EQ(time_text(0, 0), "0001-01-01 00:00:00 UTC");
  EXPECT_EQ(time_text(0, -1), "-62135596801 s after 1970 and 0 ns");
}

TEST(DurationText, IsWrittenAsGoWritesIt) {
  EXPECT_EQ(duration_text(0), "0s");
  EXPECT_EQ(duration_text(5), "5ns");
  EXPECT_EQ(duration_text(1500), "1.5µs");
  EXPECT_EQ(duration_text(-2050000), "-2.05ms");
  EXPECT_EQ(duration_text(1000000000), "1s");
  EXPECT_EQ(duration_text(5401500000000), "1h30m1.5s");
  EXPECT_EQ(duration_text(3600000000000), "1h0m0s");
  EXPECT_EQ(duration_text(std::numeric_limits<std::int64_t>::min()), "-2562047h47m16.854775808s");
}

}  // namespace
}  // namespace holdfast::view
