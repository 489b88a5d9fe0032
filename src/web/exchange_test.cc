#include "web/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::web {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Target, HasAPathAndFields) {
  Request request;
  ASSERT_TRUE(parse_target("/api/0/table?name=types&filter=type~main%5C.T&filter=own%3E%3D1MiB&x&=y", request));
  EXPECT_EQ(request.path, "/api/0/table");
  EXPECT_THAT(request.fields, ElementsAre(Pair("name", "types"), Pair("filter", "type~main\\.T"),
                                          Pair("filter", "own>=1MiB"), Pair("x", ""), Pair("", "y")));
  EXPECT_EQ(request.field("filter"), "type~main\\.T");
  EXPECT_EQ(request.field("none"), "");
}

TEST(Target, HasBlanksAsPlusBehindTheQuestionMarkOnly) {
  Request request;
  ASSERT_TRUE(parse_target("/a+b?what=a+b%2Bc", request));
  EXPECT_EQ(request.path, "/a+b");
  EXPECT_EQ(request.field("what"), "a b+c");
}

TEST(Target, IsRefusedIfItIsNotWellFormed) {
  for (const char* text : {"", "types", "*", "http://elsewhere/", "/%", "/%4", "/%zz", "/a%00b", "/?a=%", "/?a%4=1",
                           "/../etc/passwd", "/assets/..", "/assets/%2e%2e/x", "/a/%2E./b"}) {
    Request request;
    EXPECT_FALSE(parse_target(text, request)) << text;
  }
  using namespace std::string_view_literals;
  for (const std::string_view text : {"/a\0b"sv, "/?a\0=1"sv, "/?a=\0"sv}) {
    Request request;
    EXPECT_FALSE(parse_target(text, request)) << text;
  }
  Request request;
  EXPECT_TRUE(parse_target("/a..b/...", request));
}

}  // namespace
}  // namespace holdfast::web
