#include "net/url.h"

#include <curl/curl.h>

#include <charconv>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace holdfast::net {
namespace {

struct FreeUrl {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using Handle = std::unique_ptr<CURLU, FreeUrl>;

std::string part(const Handle& handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle.get(), which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> keep(text, curl_free);
  return text;
}

// A password in a URL that cannot be read must not end in a log.
std::string without_credentials(const std::string& text) {
  const std::size_t begin = text.find("//"), at = text.rfind('@');
  if (begin == std::string::npos || at == std::string::npos || at < begin) return text;
  return text.substr(0, begin + 2) + text.substr(at + 1);
}

Handle open(const std::string& text) {
  Handle handle(curl_url());
  if (!handle) fail(ErrorCode::kSystem, "no memory for a URL");
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK)
    fail(ErrorCode::kUsage, "\"{}\" is no URL: {}", without_credentials(text), lower(curl_url_strerror(code)));
  return handle;
}

bool is_this_machine(const std::string& host) {
  const std::string name = lower(host);
  if (name == "localhost" || name.ends_with(".localhost") || name == "::1") return true;
  return name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

bool is_url(std::string_view word) {
  const std::string begin = lower(word.substr(0, 8));
  return begin.starts_with("http://") || begin == "https://";
}

Url parse_url(const std::string& text) {
  const Handle handle = open(text);
  Url url;
  const std::string scheme = part(handle, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    fail(ErrorCode::kUsage, "\"{}\" is neither http nor https", without_credentials(text));
  url.is_encrypted = scheme == "https";
  const std::string host = part(handle, CURLUPART_HOST);
  url.host = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  url.is_loopback = is_this_machine(url.host);
  url.path = part(handle, CURLUPART_PATH);
  url.query = part(handle, CURLUPART_QUERY);
  url.user = part(handle, CURLUPART_USER, CURLU_URLDECODE);
  url.password = part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
  url.origin = scheme + "://" + lower(host) + ":" + part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  for (const CURLUPart hidden : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_FRAGMENT})
    curl_url_set(handle.get(), hidden, nullptr, 0);
  url.whole = part(handle, CURLUPART_URL);
  return url;
}

std::string complete_url(const std::string& text, std::string_view usual) {
  const Url url = parse_url(text);
  std::string path = url.path;
  while (path.ends_with('/')) path.pop_back();
  const std::string_view folder = usual.substr(0, usual.rfind('/'));
  if (!url.query.empty() || (!path.empty() && !path.ends_with(folder))) return text;
  path += path.empty() ? usual : usual.substr(folder.size());
  const Handle handle = open(text);
  curl_url_set(handle.get(), CURLUPART_PATH, path.c_str(), 0);
  return part(handle, CURLUPART_URL);
}

std::uint64_t asked_seconds(const Url& url) {
  constexpr std::string_view kName = "seconds=";
  const std::string query = "&" + url.query;
  const std::size_t at = query.find("&" + std::string(kName));
  if (at == std::string::npos) return 0;
  std::uint64_t seconds = 0;
  const char* const begin = query.data() + at + 1 + kName.size();
  std::from_chars(begin, query.data() + query.size(), seconds);
  return seconds;
}

}  // namespace holdfast::net
