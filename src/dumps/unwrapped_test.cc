#include "dumps/unwrapped.h"

#include <gmock/gmock.h>

namespace holdfast::dumps {
namespace {

using ::testing::Optional;

TEST(Unwrapped, IsWhatTheProgramWrote) {
  EXPECT_THAT(
      unwrapped("{\"log\":\"goroutine 1 [running]:\\n\",\"stream\":\"stderr\",\"time\":\"2026-12-01T00:00:00Z\"}\n"
                "{\"log\":\"\\tmain.go:1 +0x1 \\u003c\\n\",\"stream\":\"stderr\"}\nno object\n{\"log\":\"cut"),
      Optional(std::string("goroutine 1 [running]:\n\tmain.go:1 +0x1 <\nno object\n{\"log\":\"cut\n")));
}

TEST(Unwrapped, IsNothingOfOtherTexts) {
  for (const char* text : {"", "\n", "goroutine 1 [running]:\n", "{\"goroutines\":31}\n", "{\"log\":7}\n"})
    EXPECT_FALSE(unwrapped(text)) << text;
}

}  // namespace
}  // namespace holdfast::dumps
