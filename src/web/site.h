// The whole page: what answers each request, whoever may ask.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "web/access.h"
#include "web/machine.h"
#include "web/opened_target.h"
#include "web/server.h"

namespace holdfast::web {

struct SiteOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;               // any
  std::vector<std::string> names = {};  // that browsers may call this machine by, besides the address
};

class Site {
 public:
  // Fails as Server does. `open` makes the sessions.
  Site(const SiteOptions& options, OpenSession open);
  // Opens one target more, unless it is there already, and returns its number. Fails as OpenedTarget does. Any thread
  // may call it.
  std::size_t add(const std::string& name);
  // "http://127.0.0.1:41234/?token=...", good for one browser.
  std::string new_url();
  // Until the process is asked to end.
  void run() { server_.run(); }

 private:
  void answer(const SharedExchange& exchange);
  void answer_api(const SharedExchange& exchange);
  void compare(const SharedExchange& exchange, std::size_t last);
  // Null if there is none of that number. What it returns stays.
  OpenedTarget* target(std::size_t number);

  Server server_;  // outlives whoever answers its exchanges
  Access access_;
  std::string host_;  // that its own links have
  OpenSession open_;
  std::mutex mutex_;                                    // guards the list
  std::vector<std::unique_ptr<OpenedTarget>> targets_;  // it only grows
  Machine machine_;                                     // ends first: it adds targets
};

}  // namespace holdfast::web
