#include "profile/tag_filter.h"

#include <gtest/gtest.h>

#include <array>

#include "base/error.h"

namespace holdfast::profile {
namespace {

bool passes(const char* filter, const Label& label) {
  const std::array labels = {label};
  return TagFilter(filter, "--tagfocus").matches({{}, {}, labels});
}
Label bytes(std::int64_t number, std::string_view unit = "") {
  return {.key = unit.empty() ? "request" : "size", .text = {}, .number = number, .unit = unit};
}
Label text(std::string_view key, std::string_view value) {
  return {.key = key, .text = value, .number = 0, .unit = {}};
}

TEST(TagFilter, ReadsRangesAsPprofDoes) {
  EXPECT_TRUE(passes("64kb", bytes(65536)));
  EXPECT_FALSE(passes("64kb", bytes(65537)));
  EXPECT_TRUE(passes("64kb:", bytes(1 << 20)));
  EXPECT_TRUE(passes(":64kb", bytes(16)));
  EXPECT_FALSE(passes(":64kb", bytes(1 << 20)));
  EXPECT_TRUE(passes("32kb:1mb", bytes(1 << 20)));
  EXPECT_FALSE(passes("32kb:1mb", bytes(1024)));
  EXPECT_TRUE(passes("1ms:", bytes(2'000'000, "nanoseconds")));
  EXPECT_FALSE(passes("1ms:", bytes(2'000'000, "bytes")));
  EXPECT_TRUE(passes("size=16:", bytes(17, "bytes")));
  EXPECT_FALSE(passes("other=16:", bytes(17, "bytes")));
}

TEST(TagFilter, MatchesTextsByKeyAndValue) {
  EXPECT_TRUE(passes("tenant:a", text("tenant", "acme")));
  EXPECT_TRUE(passes("tenant,acme", text("tenant", "acme"))) << "each matches";
  EXPECT_FALSE(passes("tenant,other", text("tenant", "acme")));
  EXPECT_TRUE(passes("tenant=x,acme", text("tenant", "acme"))) << "one matches";
  EXPECT_FALSE(passes("tenant=ten", text("tenant", "acme"))) << "only the value counts";
  EXPECT_THROW(TagFilter("tenant=(", "--tagfocus"), Error);
}

}  // namespace
}  // namespace holdfast::profile
