#include "net/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "base/cancel.h"
#include "base/error.h"
#include "base/units.h"
#include "net/url.h"

namespace holdfast::net {
namespace {

constexpr int kMostRedirects = 5;
constexpr std::size_t kMostErrorBody = 4096;  // of an answer that is no success only the beginning is read
constexpr long kConnectMs = 10'000;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

// What the callbacks see. They are called by C: nothing may be thrown through it.
struct Transfer {
  CURL* handle = nullptr;
  std::uint64_t most = 0;
  std::string body;
  bool is_too_long = false;
};

long status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

bool is_success(long status) {
  return status >= 200 && status < 300;
}

// Returning another number than `bytes` ends the transfer.
std::size_t take_body(char* data, std::size_t one, std::size_t bytes, void* transfer_of) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(transfer_of);
  bytes *= one;
  const bool is_wanted = is_success(status_of(transfer.handle));
  const std::uint64_t most = is_wanted ? transfer.most : kMostErrorBody;
  const std::size_t room = static_cast<std::size_t>(most - std::min<std::uint64_t>(most, transfer.body.size()));
  try {
    transfer.body.append(data, std::min(room, bytes));
  } catch (const std::bad_alloc&) {
    return 0;
  }
  if (room >= bytes) return bytes;
  transfer.is_too_long = is_wanted;
  return 0;
}

int check_cancelled(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  return cancel_requested() ? 1 : 0;
}

template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  if (code != CURLE_OK)
    fail(ErrorCode::kSystem, "libcurl refuses option {}: {}", int{option}, curl_easy_strerror(code));
}

struct Credentials {
  std::string user, password, bearer;

  bool any() const { return !user.empty() || !password.empty() || !bearer.empty(); }
};

Credentials credentials_of(const Url& url, const HttpOptions& options) {
  if (!url.user.empty() || !url.password.empty()) return {url.user, url.password, {}};
  if (!options.bearer.empty()) return {{}, {}, options.bearer};
  const std::size_t colon = options.user_password.find(':');
  if (colon == std::string::npos) return {options.user_password, {}, {}};
  return {options.user_password.substr(0, colon), options.user_password.substr(colon + 1), {}};
}

using Clock = std::chrono::steady_clock;

// One answer, which may lead to others.
class Getter {
 public:
  Getter(const Url& url, const HttpOptions& options)
      : options_(options), credentials_(credentials_of(url, options)), origin_(url.origin) {
    using std::chrono::nanoseconds;
    const std::uint64_t seconds = std::min<std::uint64_t>(asked_seconds(url), 86'400);
    end_ = Clock::now() + nanoseconds(options.timeout_ns + seconds * 1'000'000'000);
  }

  HttpAnswer run(Url url) {
    for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
      const std::optional<std::string> next = in_context([&] { return ask(url); }, "{}", url.whole);
      if (!next) return {url.whole, std::move(transfer_.body)};
      url = in_context([&] { return follow(url, *next); }, "{}", url.whole);
    }
    fail(ErrorCode::kUnsupported, "{}: it is redirected more than {} times", url.whole, kMostRedirects);
  }

 private:
  // Returns where the answer leads to instead; none if it is the answer.
  std::optional<std::string> ask(const Url& url) {
    handle_.reset(curl_easy_init());
    if (!handle_) fail(ErrorCode::kSystem, "libcurl cannot be used");
    transfer_ = {handle_.get(), options_.most_bytes, {}, false};
    prepare(url);
    const CURLcode code = curl_easy_perform(handle_.get());
    throw_if_cancelled();
    if (transfer_.is_too_long)
      fail(ErrorCode::kUnsupported, "the answer has more than {}", format_bytes(options_.most_bytes));
    const long status = status_of(handle_.get());
    // Of an answer that is no success, the transfer was ended by us.
    if (code != CURLE_OK && (code != CURLE_WRITE_ERROR || status == 0 || is_success(status))) fail_with(code);
    const char* next = nullptr;
    curl_easy_getinfo(handle_.get(), CURLINFO_REDIRECT_URL, &next);
    if (next != nullptr) return next;
    if (!is_success(status)) refuse(url, status);
    return std::nullopt;
  }

  void prepare(const Url& url) {
    CURL* const handle = handle_.get();
    set(handle, CURLOPT_URL, url.whole.c_str());
    set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_ERRORBUFFER, said_);
    set(handle, CURLOPT_USERAGENT, "holdfast");
    set(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
    set(handle, CURLOPT_TIMEOUT_MS, std::max<long>(left, 1));
    set(handle, CURLOPT_WRITEFUNCTION, take_body);
    set(handle, CURLOPT_WRITEDATA, &transfer_);
    set(handle, CURLOPT_XFERINFOFUNCTION, check_cancelled);
    set(handle, CURLOPT_NOPROGRESS, 0L);
    if (url.is_loopback) set(handle, CURLOPT_PROXY, "");
    if (!options_.ca_file.empty()) set(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
    if (options_.insecure) {
      set(handle, CURLOPT_SSL_VERIFYPEER, 0L);
      set(handle, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!credentials_.bearer.empty()) {
      set(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
      set(handle, CURLOPT_XOAUTH2_BEARER, credentials_.bearer.c_str());
    } else if (credentials_.any()) {
      set(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      set(handle, CURLOPT_USERNAME, credentials_.user.c_str());
      set(handle, CURLOPT_PASSWORD, credentials_.password.c_str());
    }
  }

  // Whoever answers could lead us, and what proves who asks, wherever he wants.
  Url follow(const Url& from, const std::string& next) const {
    Url to;
    try {
      to = parse_url(next);
    } catch (const Error& error) {
      fail(ErrorCode::kUnsupported, "it is redirected: {}", error.what());
    }
    if (from.is_encrypted && !to.is_encrypted)
      fail(ErrorCode::kUnsupported, "it is redirected to {}, which is not encrypted", to.whole);
    if (credentials_.any() && to.origin != origin_)
      fail(ErrorCode::kUnsupported,
           "it is redirected to {}, and the password or token is for {} only; if it is meant for that, too, ask there",
           to.whole, origin_);
    return to;
  }

  [[noreturn]] void fail_with(CURLcode code) const {
    const std::string why = said_[0] != '\0' ? said_ : curl_easy_strerror(code);
    const std::string had = format_bytes(transfer_.body.size());
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_RESOLVE_PROXY:
        fail(ErrorCode::kNotFound, "there is no such host ({})", why);
      case CURLE_COULDNT_CONNECT:
        fail(ErrorCode::kSystem, "nobody answers there ({})", why);
      case CURLE_OPERATION_TIMEDOUT:
        fail(ErrorCode::kSystem, "it takes too long, {} have come; --timeout gives it more time ({})", had, why);
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE:
        fail(ErrorCode::kPermission,
             "the host cannot prove who it is ({}); --ca-file FILE names who may vouch for it, --insecure believes "
             "anybody",
             why);
      case CURLE_PARTIAL_FILE:
      case CURLE_GOT_NOTHING:
      case CURLE_RECV_ERROR:
        fail(ErrorCode::kTruncated, "the answer ends after {} ({})", had, why);
      default:
        fail(ErrorCode::kSystem, "{}", why);
    }
  }

  // The first line of what a service says of its refusal, if that is text and no page.
  std::string first_line() const {
    std::string line = transfer_.body.substr(0, transfer_.body.find_first_of("\r\n"));
    constexpr std::size_t kMost = 200;
    if (line.size() > kMost) line = line.substr(0, kMost) + "...";
    const bool is_text = std::ranges::all_of(line, [](unsigned char c) { return c >= ' ' && c != 127; });
    return line.empty() || line.front() == '<' || !is_text ? "" : ": \"" + line + "\"";
  }

  [[noreturn]] void refuse(const Url& url, long status) const {
    const std::string said = first_line();
    const bool is_pprof = url.path.find("/debug/pprof") != std::string::npos;
    switch (status) {
      case 401:
        fail(ErrorCode::kPermission, "the service {} (401){}",
             credentials_.any() ? "does not accept the password or token"
                                : "wants to know who asks: --user-file FILE for a name and a password, --bearer-file "
                                  "FILE for a token",
             said);
      case 403:
        fail(ErrorCode::kPermission, "the service does not let {} see it (403){}",
             credentials_.any() ? "this user" : "everybody", said);
      case 404:
        fail(ErrorCode::kNotFound, "the service has nothing there (404){}{}", said,
             is_pprof ? "; does its program import net/http/pprof, and is its mux the one that is served?" : "");
      case 400:
        fail(ErrorCode::kUnsupported, "the service does not understand what it is asked for (400){}{}", said,
             said.find("seconds") != std::string::npos ? "; leave \"debug=\" or \"seconds=\" out of the URL" : "");
      default:
        fail(ErrorCode::kUnsupported, "the service answers with {}{}", status, said);
    }
  }

  const HttpOptions& options_;
  Credentials credentials_;
  std::string origin_;  // whom they are for
  Clock::time_point end_;
  std::unique_ptr<CURL, FreeHandle> handle_;
  Transfer transfer_;
  char said_[CURL_ERROR_SIZE] = {};  // by libcurl, of the last failure
};

void start_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) fail(ErrorCode::kSystem, "libcurl cannot be used: {}", curl_easy_strerror(code));
}

}  // namespace

HttpAnswer http_get(const std::string& text, const HttpOptions& options) {
  start_libcurl();
  const Url url = parse_url(text);
  return Getter(url, options).run(url);
}

}  // namespace holdfast::net
