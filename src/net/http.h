// Asks a service for what it has at an http URL, as `curl URL` does, with libcurl. A service may be slow, hostile or
// another one than is meant: time, size and redirects are bounded, certificates are checked, and what proves who asks
// goes to the named host only. Any thread may ask; it is asked in turn whether to go on (base/cancel.h).
#pragma once

#include <cstdint>
#include <string>

namespace holdfast::net {

struct HttpOptions {
  // Who asks; at most one of the two is given. What stands in the URL goes before both.
  std::string user_password;  // "NAME:PASSWORD", for basic authentication
  std::string bearer;         // a token

  std::string ca_file;    // PEM file of those who may vouch for a host; empty: those that the system trusts
  bool insecure = false;  // believe any certificate

  std::uint64_t timeout_ns = 120'000'000'000;  // for the whole answer, beside what "seconds=" in the URL asks for
  std::uint64_t most_bytes = std::uint64_t{1} << 30;
};

struct HttpAnswer {
  std::string url;    // where it came from in the end, without user and password
  std::string bytes;  // the body, as it was sent
};

// Fails with kUsage if the URL is none; kPermission with 401 and 403; kNotFound with 404 and if there is no such host;
// kUnsupported with other codes that are no success and if the answer is too long; kTruncated if it ends before its
// time; else kSystem. Errors name the URL and, where one is likely, the cure. Throws when cancelled.
HttpAnswer http_get(const std::string& url, const HttpOptions& options);

}  // namespace holdfast::net
