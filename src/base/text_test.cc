#include "base/text.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Text, ShowsAddressesAndPaths) {
  EXPECT_EQ(hex(Address()), "0x0");
  EXPECT_EQ(hex(Address(0xc000123000)), "0xc000123000");
  EXPECT_EQ(base_name("/usr/bin/checkout"), "checkout");
  EXPECT_EQ(base_name("checkout"), "checkout");
  EXPECT_EQ(base_name("/usr/bin/"), "");
}

}  // namespace
}  // namespace holdfast
