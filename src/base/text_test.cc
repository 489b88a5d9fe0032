#include "base/text.h"

#include <gtest/gtest.h>

#include <array>

namespace holdfast {
namespace {

TEST(Text, ShowsAddressesAndPaths) {
  EXPECT_EQ(hex(Address()), "0x0");
  EXPECT_EQ(hex(Address(0xc000123000)), "0xc000123000");
  EXPECT_EQ(base_name("/usr/bin/checkout"), "checkout");
  EXPECT_EQ(base_name("checkout"), "checkout");
  EXPECT_EQ(base_name("/usr/bin/"), "");
}

TEST(Text, BytesHaveTwoDigitsEach) {
  const std::array bytes = {std::byte{0}, std::byte{0x0a}, std::byte{0xff}};
  EXPECT_EQ(hex(bytes), "000aff");
  EXPECT_EQ(hex(std::span<const std::byte>()), "");
}

TEST(Text, AWordOfTheShellStaysWhole) {
  EXPECT_EQ(shell_word("main.Session"), "main.Session");
  EXPECT_EQ(shell_word("map[string]*main.T"), "'map[string]*main.T'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace holdfast
