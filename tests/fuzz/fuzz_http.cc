// Any bytes as what a browser sends over one connection: the requests in them, who is let in with them, and what their
// fields ask for. A field "token" that says LINK has a link that holdfast has just made.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cctype>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "view/cut.h"
#include "view/object_list.h"
#include "view/subject.h"
#include "view/table_query.h"
#include "web/access.h"
#include "web/http_request.h"
#include "web/page_files.h"

namespace {

using namespace holdfast;
using namespace holdfast::web;

constexpr std::string_view kHere = "127.0.0.1:4000";

struct Heard {
  std::vector<std::optional<Request>> requests;
  RequestReader::Progress last = RequestReader::Progress::kNeedsMore;
};

// As the server does, from a connection that gives pieces of that size.
Heard hear(std::string_view sent, std::size_t piece) {
  Heard heard;
  boost::beast::flat_buffer buffer;
  auto reader = std::make_unique<RequestReader>();
  while (heard.last != RequestReader::Progress::kRefused) {
    heard.last = reader->take(buffer);
    HOLDFAST_CHECK(buffer.size() <= kMostRequestBytes + piece);
    if (heard.last == RequestReader::Progress::kWhole) {
      heard.requests.push_back(reader->request());
      reader = std::make_unique<RequestReader>();
    } else if (heard.last == RequestReader::Progress::kNeedsMore) {
      if (sent.empty()) break;
      const std::string_view now = sent.substr(0, piece);
      buffer.commit(boost::asio::buffer_copy(buffer.prepare(now.size()), boost::asio::buffer(now)));
      sent.remove_prefix(now.size());
    }
  }
  return heard;
}

bool is_same(const std::optional<Request>& a, const std::optional<Request>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->method == b->method && a->path == b->path && a->fields == b->fields && a->host == b->host &&
         a->origin == b->origin && a->cookies == b->cookies && a->fetch_site == b->fetch_site &&
         a->errors_in_body == b->errors_in_body;
}

std::string in_small_letters(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

// That an answer has the headers it was given and no others, and leads nowhere else.
void check_headers(const Response& response) {
  for (const auto& [name, value] : response.headers)
    HOLDFAST_CHECK(std::ranges::all_of(value, [](unsigned char c) { return c > 31 && c < 127; }));
  if (response.status != 303) return;
  const std::string to = header(response, "Location");
  HOLDFAST_CHECK(to.starts_with("/") && !to.starts_with("//") && !to.starts_with("/\\"));
}

void check_path(const Request& request) {
  HOLDFAST_CHECK(request.path.starts_with("/") && request.path.find('\0') == std::string::npos);
  HOLDFAST_CHECK(("/" + request.path + "/").find("/../") == std::string::npos);
  const std::optional<PageFile> file = page_file(request.path);
  HOLDFAST_CHECK(!file || file->is_for_ever == request.path.starts_with("/assets/"));
}

// Who has neither cookie nor link gets nothing, whatever else is said.
void check_stranger(Access& access, const Request& request) {
  const std::optional<Response> refusal = access.judge(request);
  HOLDFAST_CHECK(refusal && (refusal->status == 403 || refusal->status == 405 || refusal->status == 421));
  HOLDFAST_CHECK(header(*refusal, "Set-Cookie").empty());
  check_headers(*refusal);
}

bool may_ask(const Request& request) {
  const std::string host = in_small_letters(request.host), origin = in_small_letters(request.origin);
  const bool is_api = request.path == "/api" || request.path.starts_with("/api/");
  return (host == kHere || host == "localhost:4000") && (origin.empty() || origin == "http://" + host) &&
         (request.method == "GET" || request.method == "HEAD" || (request.method == "POST" && !origin.empty())) &&
         (!is_api || request.fetch_site.empty() || request.fetch_site == "same-origin" || request.fetch_site == "none");
}

// Returns whether it was let in.
bool check_friend(Access& access, Request request, const std::string& cookie) {
  request.cookies += request.cookies.empty() ? cookie : "; " + cookie;
  const std::optional<Response> refusal = access.judge(request);
  if (refusal) check_headers(*refusal);
  if (refusal && refusal->status != 303) return false;
  HOLDFAST_CHECK(may_ask(request));
  return true;
}

void check_link(Access& access, Request request) {
  for (auto& [name, value] : request.fields) {
    if (name != "token") continue;
    if (value != "LINK") return;  // the first one counts
    const std::string link = access.new_link();
    value = link.substr(link.find('=') + 1);
    const std::optional<Response> first = access.judge(request);
    HOLDFAST_CHECK(first);
    check_headers(*first);
    if (header(*first, "Set-Cookie").empty()) return;
    HOLDFAST_CHECK(first->status == 303 && may_ask(request) && request.method == "GET");
    check_stranger(access, request);  // a link is good once
    return;
  }
}

view::Table small_table() {
  using view::Unit;
  view::Table table;
  table.shape = {"types", "type", "bytes", {}, "bytes"};
  table.shape.columns = {{.name = "type", .meaning = ""},
                         {.name = "bytes", .unit = Unit::kBytes, .meaning = ""},
                         {.name = "change", .unit = Unit::kCount, .meaning = "", .sign = view::Sign::kChange},
                         {.name = "age", .unit = Unit::kNanoseconds, .meaning = ""},
                         {.name = "at", .unit = Unit::kAddress, .meaning = ""},
                         {.name = "pinned", .unit = Unit::kFlag, .meaning = ""},
                         {.name = "state", .meaning = "", .words = [] {
                            return std::vector<std::string_view>{"running", "waiting", ""};
                          }}};
  table.rows = 3;
  table.cell = [](std::uint32_t row, std::size_t column) -> view::Cell {
    if (column == 0) return std::string_view(row == 0 ? "map[string]*main.Session" : "chan<- int");
    if (column == 6) return std::string_view(row == 0 ? "running" : "");
    if (column == 2 && row == 1) return std::int64_t{-7};
    return row == 2 ? view::Cell() : view::Cell(std::uint64_t{row} * 4096);
  };
  return table;
}

// Calls what reads a field; that it refuses one is an answer.
template <typename Read>
void ask(Read read) {
  try {
    read();
  } catch (const Error& error) {
    HOLDFAST_CHECK(error.code() == ErrorCode::kUsage);
  }
}

void check_fields(const Request& request) {
  static const view::Table table = small_table();
  for (const auto& [name, value] : request.fields) {
    ask([&] { view::parse_subject(value); });
    ask([&] { view::parse_listed(value); });
    ask([&] { view::parse_drop(value); });
  }
  ask([&] {
    view::TableQuery query;
    query.sort = request.field("sort");
    for (const auto& [name, value] : request.fields)
      if (name == "filter" && !value.empty()) query.filters.push_back(value);
    const view::Selection selection = view::select(table, view::plan_table(table.shape, query));
    HOLDFAST_CHECK(selection.rows.size() == selection.matching && selection.matching <= table.rows);
  });
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Access access{std::string(kHere), {}};
  static const std::string cookie = [] {
    Request request{.method = "GET", .path = "/", .host = std::string(kHere)};
    request.fields.emplace_back("token", access.new_link().substr(std::string_view("/?token=").size()));
    const std::string set = header(access.judge(request).value(), "Set-Cookie");
    return set.substr(0, set.find(';'));
  }();
  const std::string_view sent(reinterpret_cast<const char*>(data), size);
  // A request that comes in pieces may be known to be none only once it has ended.
  const std::string ended = std::string(sent) + "\r\n\r\n";
  const Heard at_once = hear(ended, ended.size()), in_pieces = hear(ended, 1 + size % 61);
  HOLDFAST_CHECK(at_once.last == in_pieces.last);
  HOLDFAST_CHECK(std::ranges::equal(at_once.requests, in_pieces.requests, is_same));
  for (const std::optional<Request>& request : at_once.requests) {
    if (!request) continue;
    check_path(*request);
    check_stranger(access, *request);
    check_link(access, *request);
    if (check_friend(access, *request, cookie)) check_fields(*request);
  }
  Request direct;
  if (parse_target(sent, direct)) {
    check_path(direct);
    check_fields(direct);
  }
  return 0;
}
