#include "web/access.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"

namespace holdfast::web {
namespace {

// 128 bits, which nobody guesses.
std::string random_text() {
  std::array<unsigned char, 16> bytes;
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    fail_with_errno(errno, "the system has no random numbers for the link to the page");
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// Takes as long for a wrong text as for the right one of the same length.
bool is_same(std::string_view given, std::string_view right) {
  if (given.size() != right.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < right.size(); ++i)
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(right[i]);
  return difference == 0;
}

std::string in_small_letters(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// What a page says that nobody may see: as text, since it also answers programs.
Response refusal(unsigned status, const std::string& why) {
  return {status, "text/plain; charset=utf-8", "holdfast: " + why + "\n"};
}

// The place on this server that a path names, as a header has it: nothing in the path ends the header, and it does not
// begin with the name of another server, as "//elsewhere" would.
std::string location_of(std::string_view path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  std::string location = "/";
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("/-._~").find(c) != std::string_view::npos;
    location += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return location;
}

}  // namespace

Access::Access(std::string authority, const std::vector<std::string>& names) : authority_(std::move(authority)) {
  port_ = authority_.substr(authority_.rfind(':') + 1);
  cookie_name_ = "holdfast_" + port_;  // cookies are for all ports of a name
  hosts_ = {authority_, "localhost:" + port_};
  for (const std::string& name : names) {
    hosts_.insert(in_small_letters(name));
    hosts_.insert(in_small_letters(name) + ":" + port_);
  }
  key_ = random_text();
}

std::string Access::new_link() {
  constexpr std::size_t kMost = 100;
  const std::lock_guard lock(mutex_);
  if (unused_tokens_.size() >= kMost) unused_tokens_.erase(unused_tokens_.begin());
  return "/?token=" + *unused_tokens_.insert(random_text()).first;
}

bool Access::names_us(const std::string& host) const {
  return hosts_.contains(in_small_letters(host));
}

bool Access::has_cookie(const std::string& cookies) const {
  std::string_view rest = cookies;
  while (!rest.empty()) {
    std::string_view one = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == cookie_name_)
      return is_same(one.substr(equals + 1), key_);
  }
  return false;
}

std::optional<Response> Access::judge(const Request& request) {
  if (!names_us(request.host))
    return refusal(421, fmt::format("this is {}, and it was called \"{}\": --name lets browsers call it so", authority_,
                                    request.host.substr(0, 100)));
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
    Response response = refusal(405, "only GET, HEAD and POST are answered");
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
    return response;
  }
  const bool is_page = request.path != "/api" && !request.path.starts_with("/api/");
  if (!request.origin.empty() && in_small_letters(request.origin) != "http://" + in_small_letters(request.host))
    return refusal(403, "another page may not ask here");
  if (request.method == "POST" && request.origin.empty()) return refusal(403, "a POST needs the header Origin");
  if (!is_page && !request.fetch_site.empty() && request.fetch_site != "same-origin" && request.fetch_site != "none")
    return refusal(403, "another page may not ask here");
  const std::lock_guard lock(mutex_);
  if (has_cookie(request.cookies)) {
    if (!is_page || request.field("token").empty()) return std::nullopt;
    return Response{303, "text/plain", "", {{"Location", location_of(request.path)}}};
  }
  const std::string token(request.field("token"));
  if (is_page && request.method == "GET" && unused_tokens_.erase(token) != 0)
    return Response{303,
                    "text/plain",
                    "",
                    {{"Location", location_of(request.path)},
                     {"Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", cookie_name_, key_)}}};
  return refusal(403, token.empty() ? "open the whole link that `holdfast web` has printed: it has a token"
                                    : "this link was used already, or is of another run: the page that it opened can "
                                      "make another, and a new run of `holdfast web` prints a new one");
}

}  // namespace holdfast::web
