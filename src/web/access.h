// Who may ask. The page belongs to whoever started holdfast: the URL that it printed has a token that is good for one
// browser, which gets a cookie for it. Requests that other pages make a browser send are refused, by the name that they
// call the server by (rebinding of names), by their origin and by the missing cookie. Any thread may ask.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "web/exchange.h"

namespace holdfast::web {

class Access {
 public:
  // `authority` is where the server listens: "127.0.0.1:8080". `names` are further names that browsers may call it by,
  // each with its port or without. Fails with kSystem if the system has no random numbers.
  Access(std::string authority, const std::vector<std::string>& names);

  // Returns a path with a new token: "/?token=...". Whoever opens it first is let in.
  std::string new_link();
  // Returns what a request gets instead of its answer: a refusal, or for a good token a cookie and the same page
  // without the token. Nothing if it is to be answered.
  std::optional<Response> judge(const Request& request);

 private:
  bool names_us(const std::string& host) const;
  bool has_cookie(const std::string& cookies) const;

  std::string authority_, port_, cookie_name_;
  std::set<std::string> hosts_;
  std::mutex mutex_;  // guards the members below
  std::set<std::string> unused_tokens_;
  std::string key_;  // what the cookie has
};

}  // namespace holdfast::web
