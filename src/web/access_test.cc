#include "web/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace holdfast::web {
namespace {

using ::testing::HasSubstr;

constexpr const char* kHere = "127.0.0.1:4000";

Request asked(const std::string& target, const std::string& cookies = {}) {
  Request request;
  EXPECT_TRUE(parse_target(target, request));
  request.method = "GET";
  request.host = kHere;
  request.cookies = cookies;
  return request;
}

std::string header(const Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

std::string cookie_of(Access& access) {
  const std::optional<Response> let_in = access.judge(asked(access.new_link()));
  const std::string set = let_in ? header(*let_in, "Set-Cookie") : "";
  return set.substr(0, set.find(';'));
}

unsigned status(Access& access, const Request& request) {
  const std::optional<Response> refused = access.judge(request);
  return refused ? refused->status : 200;
}

TEST(Access, LetsTheFirstInWhoHasTheLink) {
  Access access(kHere, {});
  const std::string link = access.new_link();
  EXPECT_THAT(link, HasSubstr("/?token="));
  const std::optional<Response> first = access.judge(asked(link));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 303U);
  EXPECT_EQ(header(*first, "Location"), "/");
  EXPECT_THAT(header(*first, "Set-Cookie"), ::testing::AllOf(HasSubstr("HttpOnly"), HasSubstr("SameSite=Strict")));
  const std::optional<Response> second = access.judge(asked(link));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 403U);
  EXPECT_THAT(second->body, HasSubstr("used already"));
}

// A page of another port of this machine can lead a browser here with its cookie.
TEST(Access, LeadsToItsOwnPagesOnly) {
  Access access(kHere, {});
  const std::string cookie = cookie_of(access);
  const std::pair<const char*, const char*> places[] = {{"/0/types", "/0/types"},
                                                        {"//elsewhere.example/x", "/elsewhere.example/x"},
                                                        {"/%2Felsewhere.example", "/elsewhere.example"},
                                                        {"/%5Celsewhere.example", "/%5Celsewhere.example"},
                                                        {"/a%0D%0ASet-Cookie:%20b=c", "/a%0D%0ASet-Cookie%3A%20b%3Dc"},
                                                        {"/a%3Fb%23c%C3%A4", "/a%3Fb%23c%C3%A4"},
                                                        {"///", "/"}};
  for (const auto& [asked_for, led_to] : places) {
    const std::string target = std::string(asked_for) + "?token=";
    const std::optional<Response> known = access.judge(asked(target + "abc", cookie));
    ASSERT_TRUE(known);
    EXPECT_EQ(header(*known, "Location"), led_to);
    const std::string link = access.new_link();
    const std::optional<Response> let_in = access.judge(asked(target + link.substr(link.find('=') + 1)));
    ASSERT_TRUE(let_in);
    EXPECT_EQ(let_in->status, 303U);
    EXPECT_EQ(header(*let_in, "Location"), led_to);
  }
}

TEST(Access, KnowsABrowserByItsCookie) {
  Access access(kHere, {});
  const std::string cookie = cookie_of(access);
  EXPECT_EQ(status(access, asked("/0/types", cookie)), 200U);
  EXPECT_EQ(status(access, asked("/api/0/report", "other=1; " + cookie + "; more=2")), 200U);
  EXPECT_EQ(status(access, asked("/api/0/report")), 403U);
  EXPECT_EQ(status(access, asked("/api/0/report", cookie + "0")), 403U);
  EXPECT_EQ(status(access, asked("/api/0/report", cookie.substr(0, cookie.size() - 1) + "x")), 403U);
  // A link that is opened again by who is in leads to the page.
  EXPECT_EQ(status(access, asked("/?token=abc", cookie)), 303U);
}

TEST(Access, IsOfOneRun) {
  Access one(kHere, {}), other(kHere, {});
  EXPECT_EQ(status(other, asked("/", cookie_of(one))), 403U);
}

TEST(Access, RefusesOtherNamesOfThisMachine) {
  Access access(kHere, {"build7.example"});
  Request request = asked("/", cookie_of(access));
  for (const char* host : {"", "127.0.0.1", "127.0.0.1:4001", "elsewhere.example:4000", "127.0.0.1:4000.example"}) {
    request.host = host;
    EXPECT_EQ(status(access, request), 421U) << host;
  }
  for (const char* host : {"127.0.0.1:4000", "LOCALHOST:4000", "build7.example", "Build7.example:4000"}) {
    request.host = host;
    EXPECT_EQ(status(access, request), 200U) << host;
  }
}

TEST(Access, RefusesWhatOtherPagesMakeABrowserAsk) {
  Access access(kHere, {});
  Request request = asked("/api/0/report", cookie_of(access));
  request.origin = "http://elsewhere.example";
  EXPECT_EQ(status(access, request), 403U);
  request.origin = "https://127.0.0.1:4000";
  EXPECT_EQ(status(access, request), 403U);
  request.origin = "http://127.0.0.1:4000";
  EXPECT_EQ(status(access, request), 200U);
  request.fetch_site = "cross-site";
  EXPECT_EQ(status(access, request), 403U);
  request.fetch_site = "same-origin";
  EXPECT_EQ(status(access, request), 200U);
}

TEST(Access, TakesAPostFromItsOwnPageOnly) {
  Access access(kHere, {});
  Request request = asked("/api/0/look", cookie_of(access));
  request.method = "POST";
  EXPECT_EQ(status(access, request), 403U);
  request.origin = "http://127.0.0.1:4000";
  EXPECT_EQ(status(access, request), 200U);
  request.method = "PUT";
  EXPECT_EQ(status(access, request), 405U);
}

}  // namespace
}  // namespace holdfast::web
