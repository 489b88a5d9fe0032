#include "base/byte_view.h"

#include <gmock/gmock.h>

#include <array>

namespace holdfast {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

struct Record {
  le32 a;
  le16 b;
};
static_assert(sizeof(Record) == 6);

TEST(ByteView, RefusesACountThatWouldWrap) {
  const auto bytes = bytes_of({1, 2, 3, 4, 5, 6, 7, 8});
  const ByteView view(bytes, "test");
  EXPECT_EQ(view.array<Record>(0, 1)[0].a, 0x04030201U);
  EXPECT_THROW(view.array<Record>(0, (std::uint64_t{1} << 63) / 3), Error);
  EXPECT_THROW(view.array<Record>(~std::uint64_t{0}, 1), Error);
  EXPECT_FALSE(view.has(4, ~std::uint64_t{0}));
}

TEST(ByteView, ErrorNamesThingPlaceAndNumbers) {
  const auto bytes = bytes_of({1, 2, 3});
  try {
    ByteView(bytes, "section table of a.out").array<Record>(1, 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTruncated);
    EXPECT_THAT(error.what(), HasSubstr("2 records of 6 bytes at 0x1 overrun section table of a.out (0x3 bytes)"));
  }
}

TEST(ByteView, StringMustEndWithinTheView) {
  const auto bytes = bytes_of({'a', 'b', 0, 'c'});
  const ByteView view(bytes, "test");
  EXPECT_EQ(view.c_string(0), "ab");
  EXPECT_EQ(view.c_string(2), "");
  EXPECT_THROW(view.c_string(3), Error);
  EXPECT_THROW(view.c_string(4), Error);
  EXPECT_EQ(view.try_c_string(0, 2), std::nullopt);
}

TEST(Cursor, DecodesLeb128OfUpTo64BitsAndNoMore) {
  const auto small = bytes_of({0xe5, 0x8e, 0x26, 0x7f});
  Cursor cursor(ByteView(small, "test"));
  EXPECT_EQ(cursor.uleb(), 624485U);
  EXPECT_EQ(cursor.uleb(), 0x7fU);
  EXPECT_TRUE(cursor.at_end());
  const auto largest = bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
  EXPECT_EQ(Cursor(ByteView(largest, "test")).uleb(), ~std::uint64_t{0});
  const auto too_long = bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03});
  EXPECT_THROW(Cursor(ByteView(too_long, "test")).uleb(), Error);
  const auto endless = bytes_of({0x80, 0x80});
  EXPECT_THROW(Cursor(ByteView(endless, "test")).uleb(), Error);
}

TEST(WireInt, KnowsItsByteOrder) {
  const auto bytes = bytes_of({0x12, 0x34, 0x56, 0x78});
  const ByteView view(bytes, "test");
  EXPECT_EQ(view.at<be32>(0), 0x12345678U);
  EXPECT_EQ(view.at<le32>(0), 0x78563412U);
  EXPECT_EQ(view.integer<std::int16_t>(2), 0x7856);
}

}  // namespace
}  // namespace holdfast
