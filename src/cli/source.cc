#include "cli/source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/units.h"
#include "net/url.h"
#include "os/file_mapping.h"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMostInput = std::size_t{1} << 30;

std::string read_input() {
  constexpr std::size_t kStep = 1 << 20;
  std::string bytes;
  for (;;) {
    const std::size_t had = bytes.size();
    if (had > kMostInput) fail(ErrorCode::kUsage, "standard input has more than {}", format_bytes(kMostInput));
    bytes.resize(had + kStep);
    const ssize_t got = read(STDIN_FILENO, bytes.data() + had, kStep);
    if (got < 0 && errno != EINTR) fail_with_errno(errno, "standard input cannot be read");
    bytes.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return bytes;
  }
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

net::HttpOptions with_variables(net::HttpOptions http) {
  if (http.bearer.empty() && http.user_password.empty()) http.bearer = variable("HOLDFAST_BEARER");
  for (const char* const name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"})
    if (http.ca_file.empty()) http.ca_file = variable(name);
  return http;
}

}  // namespace

Source read_source(const std::string& word, const net::HttpOptions& http) {
  if (word == "-") {
    const auto input = std::make_shared<const std::string>(read_input());
    return {"standard input", input, std::as_bytes(std::span(*input))};
  }
  if (net::is_url(word)) {
    const auto answer = std::make_shared<const net::HttpAnswer>(net::http_get(word, with_variables(http)));
    return {answer->url, answer, std::as_bytes(std::span(answer->bytes))};
  }
  const std::shared_ptr<const os::FileMapping> file = os::map_file(word);
  return {word, file, file->bytes().span()};
}

}  // namespace holdfast::cli
