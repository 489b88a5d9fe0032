#include "heap/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::heap {
namespace {

using ::testing::ElementsAre;

TEST(ContentView, FindsWhatWasKeptAndNothingElse) {
  Content content;
  content.ranges = {{Address(16), Address(24)}, {Address(24), Address(32)}, {Address(64), Address(66)}};
  content.bytes = HugeArray<std::uint8_t>(18);
  for (std::uint8_t i = 0; i < 18; ++i) content.bytes[i] = i;
  const ContentView view(content);
  EXPECT_FALSE(view.empty());
  EXPECT_THAT(view.find(Address(17), 2).value(), ElementsAre(1, 2));
  EXPECT_EQ(view.word(Address(24)), 0x0f0e0d0c0b0a0908U);
  EXPECT_THAT(view.find(Address(64), 2).value(), ElementsAre(16, 17));
  EXPECT_FALSE(view.find(Address(15), 1).has_value());
  EXPECT_FALSE(view.find(Address(20), 8).has_value()) << "across a border";
  EXPECT_FALSE(view.find(Address(65), 2).has_value());
  EXPECT_FALSE(view.find(Address(40), 0).has_value());
  EXPECT_FALSE(view.find(Address(17), ~std::uint64_t{0}).has_value());
  EXPECT_TRUE(ContentView(Content()).empty());
}

}  // namespace
}  // namespace holdfast::heap
