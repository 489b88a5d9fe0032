#include "web/http_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <string>
#include <string_view>

namespace holdfast::web {
namespace {

using Progress = RequestReader::Progress;

void add(boost::beast::flat_buffer& buffer, std::string_view text) {
  buffer.commit(boost::asio::buffer_copy(buffer.prepare(text.size()), boost::asio::buffer(text)));
}

// Hands a text over in pieces of that size, as a connection might.
Progress read(RequestReader& reader, std::string_view text, std::size_t piece) {
  boost::beast::flat_buffer buffer;
  Progress progress = reader.take(buffer);
  for (std::size_t at = 0; at < text.size() && progress == Progress::kNeedsMore; at += piece) {
    add(buffer, text.substr(at, piece));
    progress = reader.take(buffer);
  }
  return progress;
}

Progress read_whole(std::string_view text) {
  RequestReader reader;
  return read(reader, text, std::max<std::size_t>(1, text.size()));
}

TEST(HttpRequest, HasWhatTheBrowserSaid) {
  constexpr std::string_view kText =
      "POST /api/0/look?a=b+c HTTP/1.1\r\nHost: 127.0.0.1:4000\r\nOrigin: http://127.0.0.1:4000\r\nCookie: a=1; b=2\r\n"
      "Sec-Fetch-Site: same-origin\r\nHoldfast-Errors: body\r\nConnection: close\r\n\r\n";
  for (const std::size_t piece : {1UL, 2UL, 7UL, kText.size()}) {
    RequestReader reader;
    ASSERT_EQ(read(reader, kText, piece), Progress::kWhole) << piece;
    const std::optional<Request> request = reader.request();
    ASSERT_TRUE(request) << piece;
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->path, "/api/0/look");
    EXPECT_EQ(request->field("a"), "b c");
    EXPECT_EQ(request->host, "127.0.0.1:4000");
    EXPECT_EQ(request->origin, "http://127.0.0.1:4000");
    EXPECT_EQ(request->cookies, "a=1; b=2");
    EXPECT_EQ(request->fetch_site, "same-origin");
    EXPECT_TRUE(request->errors_in_body);
    EXPECT_EQ(reader.version(), 11U);
    EXPECT_FALSE(reader.keeps_connection());
    EXPECT_FALSE(reader.is_head());
  }
}

TEST(HttpRequest, HasEmptyTextsForWhatWasNotSaid) {
  RequestReader reader;
  ASSERT_EQ(read(reader, "HEAD / HTTP/1.1\r\n\r\n", 3), Progress::kWhole);
  const std::optional<Request> request = reader.request();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->host + request->origin + request->cookies + request->fetch_site, "");
  EXPECT_FALSE(request->errors_in_body);
  EXPECT_TRUE(reader.is_head());
  EXPECT_TRUE(reader.keeps_connection());
}

TEST(HttpRequest, LeavesTheNextOneWhereItIs) {
  boost::beast::flat_buffer buffer;
  add(buffer, "GET /one HTTP/1.1\r\n\r\nGET /two HTTP/1.1\r\n\r\nGET /th");
  for (const char* path : {"/one", "/two"}) {
    RequestReader reader;
    ASSERT_EQ(reader.take(buffer), Progress::kWhole);
    EXPECT_EQ(reader.request().value_or(Request{}).path, path);
  }
  RequestReader third;
  EXPECT_EQ(third.take(buffer), Progress::kNeedsMore);
  add(buffer, "ree HTTP/1.1\r\n\r\n");
  EXPECT_EQ(third.take(buffer), Progress::kWhole);
  EXPECT_EQ(third.request().value_or(Request{}).path, "/three");
  EXPECT_EQ(buffer.size(), 0U);
}

TEST(HttpRequest, IsRefusedIfItIsNoHttpOrHasABody) {
  for (const char* text :
       {"\x16\x03\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n",
        "GET /a b HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nCookie: a=1\r\n\r\n"})
    EXPECT_EQ(read_whole(text), Progress::kRefused) << text;
  EXPECT_EQ(read_whole("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), Progress::kWhole);
}

TEST(HttpRequest, HasNoRequestIfItsTargetIsNotWellFormed) {
  for (const char* target : {"no-slash", "/%zz", "/../x", "/a%00b", "*"}) {
    RequestReader reader;
    ASSERT_EQ(read(reader, "GET " + std::string(target) + " HTTP/1.1\r\n\r\n", 100), Progress::kWhole) << target;
    EXPECT_FALSE(reader.request()) << target;
  }
}

TEST(HttpRequest, IsRefusedOnceItIsTooLong) {
  const std::string start = "GET / HTTP/1.1\r\nLong: ", end = "\r\n\r\n";
  const std::string longest = start + std::string(kMostRequestBytes - start.size() - end.size(), 'x') + end;
  const std::string longer = start + std::string(kMostRequestBytes - start.size() - end.size() + 1, 'x') + end;
  for (const std::size_t piece : {1'000'000UL, 4096UL, 100UL}) {
    RequestReader reader, other;
    EXPECT_EQ(read(reader, longest.substr(0, longest.size() - 1), piece), Progress::kNeedsMore) << piece;
    EXPECT_EQ(read(other, longer, piece), Progress::kRefused) << piece;
  }
  EXPECT_EQ(read_whole(longest), Progress::kWhole);
}

// After a piece that ends with the first letter of a header the parser of Beast looks for no limit.
TEST(HttpRequest, IsRefusedIfItsHeadersNeverEnd) {
  RequestReader reader;
  boost::beast::flat_buffer buffer;
  add(buffer, "GET / HTTP/1.1\r\nN");
  Progress progress = reader.take(buffer);
  std::size_t headers = 0;
  for (; progress == Progress::kNeedsMore && headers < 100'000; ++headers) {
    add(buffer, "ame: value\r\nN");
    progress = reader.take(buffer);
  }
  EXPECT_EQ(progress, Progress::kRefused);
  EXPECT_LE(headers, kMostRequestBytes / std::string_view("Name: value\r\n").size());
}

}  // namespace
}  // namespace holdfast::web
