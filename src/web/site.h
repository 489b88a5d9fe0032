// The whole page: what answers each request, whoever may ask.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "web/access.h"
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
  // Fails as Server does.
  explicit Site(const SiteOptions& options);
  // Opens one target more. To be called before run(). Fails as OpenedTarget does.
  void add(std::string name, const MakeSession& make);
  // "http://127.0.0.1:41234/?token=...", good for one browser.
  std::string new_url();
  // Until the process is asked to end.
  void run() { server_.run(); }

 private:
  void answer(const SharedExchange& exchange);
  void answer_api(const SharedExchange& exchange);
  void compare(const SharedExchange& exchange, std::size_t last);

  Server server_;  // outlives whoever answers its exchanges
  Access access_;
  std::string host_;  // that its own links have
  std::vector<std::unique_ptr<OpenedTarget>> targets_;
};

}  // namespace holdfast::web
