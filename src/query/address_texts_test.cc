#include "query/address_texts.h"

#include <gtest/gtest.h>

#include <random>

namespace holdfast::query {
namespace {

TEST(AddressInAText, NeedsThePrefixAndDigitsOnly) {
  EXPECT_EQ(address_in("0xc000012340"), 0xc000012340U);
  EXPECT_EQ(address_in("0XC000"), 0xc000U);
  EXPECT_EQ(address_in("0xffffffffffffffff"), ~std::uint64_t{0});
  for (const char* const bad : {"", "0x", "c000", "0xg", "0x1 ", " 0x1", "0x10000000000000000", "-0x1"})
    EXPECT_FALSE(address_in(bad)) << bad;
}

// The quotes that are blanks then are marked by a # here.
std::string addressed(const std::string& marked) {
  std::string sql = marked;
  for (char& c : sql) c = c == '#' ? '\'' : c;
  const AddressedSql got = with_addresses(sql);
  if (got.refused) return "refused at " + std::to_string(*got.refused);
  std::string text = got.sql;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != sql[i]) text[i] = '#';
  return text;
}

TEST(AddressesInQuotes, AreNumbersBesideAColumnOfAddresses) {
  for (const std::string sql :
       {"address = #0xc000#", "#0xc000#=o.address", "o.address<>#0xc000#", "o.\"address\" >= #0xc000#",
        "[ADDRESS] IS #0xc000#", "waits_on IS NOT #0x1#", "pc != #0xc000#", "address IN (#0x1#, 5,#0x2#)",
        "o.address NOT IN (#0x1#)", "address BETWEEN #0x1# AND #0x2#", "address NOT BETWEEN 5 AND #0x2#",
        "address IN (-1, NULL, #0x1#)", "address BETWEEN -1 AND #0x2#",
        "address BETWEEN (1 + (2)) AND #0x2# AND id = 1", "address IN (abs(5), #0x1#)",
        "address /* = */ = -- of what?\n #0x1#", "id = 1 OR address = #0x1#", "'it''s' = type AND address == #0x1#",
        "#0x1# < o.address"})
    EXPECT_EQ(addressed(sql), sql);
}

TEST(AddressesInQuotes, StayTextsForTheFunctionsThatReadThem) {
  for (const std::string sql : {"object_at('0xc000')", "address = address( '0xc000' )", "OBJECT_AT('0x1')"})
    EXPECT_EQ(addressed(sql), sql);
}

TEST(AddressesInQuotes, AreRefusedWhereSqlWouldCompareTexts) {
  EXPECT_EQ(addressed("hex(address) = '0xc000'"), "refused at 15");
  EXPECT_EQ(addressed("SELECT '0xc000'"), "refused at 7");
  EXPECT_EQ(addressed("size = '0xc000'"), "refused at 7");
  EXPECT_EQ(addressed("type IN ('0x1')"), "refused at 9");
  EXPECT_EQ(addressed("address = #0x1# OR a = '0x2'"), "refused at 23");
  EXPECT_EQ(addressed("retained('0x1')"), "refused at 9");
  EXPECT_EQ(addressed("address + '0x1'"), "refused at 10");
  EXPECT_EQ(addressed("address IN (SELECT '0x1')"), "refused at 19");
  EXPECT_EQ(addressed("address IN (1, 2 + '0x1')"), "refused at 19");
  EXPECT_EQ(addressed("address BETWEEN 1 AND 2 AND '0x1'"), "refused at 28");
  EXPECT_EQ(addressed("(address BETWEEN 1) AND '0x1'"), "refused at 24");
}

TEST(OtherTexts, AreLeftAlone) {
  for (const std::string sql :
       {"type = 'main.item'", "x'30783130'", "-- '0x1'\n1", "/* '0x1' */", "\"0x1\"", "address LIKE '0xc0%'",
        "'a ''0x1'' b'", "address = 0xc000", "type = '0xc000.x'", "", "'", "'0x1", "/*", "\"", "[", "x'"})
    EXPECT_EQ(addressed(sql), sql);
}

TEST(AnyText, IsRead) {
  std::mt19937_64 random(1);
  constexpr std::string_view kParts[] = {"'", "\"",      "0x1", "'0x1'", "address", "=",  "IN",  "(", ",",
                                         ")", "--",      "\n",  "/*",    "*/",      "x'", "[",   "]", ".",
                                         " ", "BETWEEN", "AND", "NOT",   "IS",      "5",  "\xff"};
  for (int n = 0; n < 20000; ++n) {
    std::string sql;
    for (std::uint64_t parts = random() % 12; parts > 0; --parts) sql += kParts[random() % std::size(kParts)];
    const AddressedSql got = with_addresses(sql);
    ASSERT_EQ(got.sql.size(), sql.size()) << sql;
    ASSERT_TRUE(!got.refused || sql.substr(*got.refused, 3) == "'0x") << sql;
  }
}

}  // namespace
}  // namespace holdfast::query
