#include "net/url.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace holdfast::net {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::string& text) {
  try {
    parse_url(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "";
}

TEST(Url, IsKnownByItsBeginning) {
  EXPECT_TRUE(is_url("http://127.0.0.1:6060"));
  EXPECT_TRUE(is_url("HTTPS://host/"));
  EXPECT_FALSE(is_url("heap.pb.gz"));
  EXPECT_FALSE(is_url("-"));
  EXPECT_FALSE(is_url("http.pb"));
}

TEST(Url, IsTakenApart) {
  const Url url = parse_url("https://joe:s%40crEt@Example.com/debug/pprof/heap?gc=1#top");
  EXPECT_EQ(url.whole, "https://Example.com/debug/pprof/heap?gc=1");
  EXPECT_EQ(url.origin, "https://example.com:443");
  EXPECT_EQ(url.path, "/debug/pprof/heap");
  EXPECT_EQ(url.query, "gc=1");
  EXPECT_EQ(url.user, "joe");
  EXPECT_EQ(url.password, "s@crEt");
  EXPECT_TRUE(url.is_encrypted);
  EXPECT_FALSE(url.is_loopback);
}

TEST(Url, KnowsThisMachine) {
  for (const char* const text : {"http://localhost:1/", "http://127.0.0.1/", "http://127.9.9.9/", "http://[::1]:80/"})
    EXPECT_TRUE(parse_url(text).is_loopback) << text;
  for (const char* const text : {"http://localhost.example.com/", "http://127.0.0.1.example.com/", "http://10.0.0.1/"})
    EXPECT_FALSE(parse_url(text).is_loopback) << text;
}

TEST(Url, ErrorsDoNotRepeatPasswords) {
  EXPECT_THAT(refusal("http://joe:secret@host:port/"), AllOf(HasSubstr("http://host:port/"), Not(HasSubstr("secret"))));
  EXPECT_THAT(refusal("ftp://joe:secret@host/"), AllOf(HasSubstr("neither http nor https"), Not(HasSubstr("secret"))));
}

TEST(Url, OfAServiceAloneIsCompleted) {
  const auto completed = [](const std::string& url) { return complete_url(url, "/debug/pprof/heap"); };
  EXPECT_EQ(completed("http://127.0.0.1:6060"), "http://127.0.0.1:6060/debug/pprof/heap");
  EXPECT_EQ(completed("http://127.0.0.1:6060/"), "http://127.0.0.1:6060/debug/pprof/heap");
  EXPECT_EQ(completed("http://a:b@h/x/debug/pprof/"), "http://a:b@h/x/debug/pprof/heap");
  EXPECT_EQ(completed("http://h/debug/pprof/allocs"), "http://h/debug/pprof/allocs");
  EXPECT_EQ(completed("http://h/profiles/7"), "http://h/profiles/7");
  EXPECT_EQ(completed("http://h/?id=7"), "http://h/?id=7");
}

TEST(Url, SaysHowLongTheServiceIsToWatch) {
  EXPECT_EQ(asked_seconds(parse_url("http://h/debug/pprof/profile?seconds=30")), 30u);
  EXPECT_EQ(asked_seconds(parse_url("http://h/debug/pprof/profile?gc=1&seconds=5")), 5u);
  EXPECT_EQ(asked_seconds(parse_url("http://h/debug/pprof/profile?inseconds=5")), 0u);
  EXPECT_EQ(asked_seconds(parse_url("http://h/debug/pprof/profile?seconds=x")), 0u);
}

}  // namespace
}  // namespace holdfast::net
