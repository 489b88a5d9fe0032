// What stands in an http URL (RFC 3986), read by libcurl's own parser, so that nobody here sees another host than the
// one that is asked. Any thread may call these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::net {

// Whether the word begins as http:// or https://, in upper or lower case; what follows may still be wrong.
bool is_url(std::string_view word);

struct Url {
  std::string whole;           // without user, password and fragment: what errors show and what is asked for
  std::string origin;          // "https://host:443": credentials are for this one only
  std::string host;            // without the brackets of IPv6
  std::string path;            // "/debug/pprof/heap"; "/" if there is none
  std::string query;           // behind the question mark; may be empty
  std::string user, password;  // decoded
  bool is_encrypted = false;   // https
  bool is_loopback = false;    // localhost, 127.0.0.0/8, ::1: this machine, where no proxy helps
};

// Fails with kUsage, without repeating a password, if libcurl cannot read it or it is neither http nor https.
Url parse_url(const std::string& text);

// Returns `url` with the path and the query of `usual` if it names a service only: no path and no query; or a path
// that ends as "/debug/pprof" does. `usual` is "/debug/pprof/heap". Fails as parse_url does.
std::string complete_url(const std::string& url, std::string_view usual);

// Returns for how many seconds the service is asked to watch before it answers, `seconds=30`; 0 if it is not.
std::uint64_t asked_seconds(const Url& url);

}  // namespace holdfast::net
