// The HTTP server of the page: Boost.Beast on one thread, which only reads requests and writes answers; what takes time
// is done by whoever handles an exchange, on a thread of its own. A request has 16 KiB at most (web/http_request.h),
// and 30 s to arrive; 256 connections at most are open at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "web/exchange.h"

namespace holdfast::web {

class Server {
 public:
  // Listens at a numeric address of this machine; port 0 takes any that is free. Each request is handed to `handle`, on
  // the server's thread. Fails with kUsage if the address is none, and with kSystem if nobody can listen there.
  Server(const std::string& address, std::uint16_t port, std::function<void(const SharedExchange&)> handle);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // "127.0.0.1:8080", "[::1]:8080"
  std::string authority() const;
  // Serves until stop(), which any thread may call, or until the process is asked to end (base/cancel.h).
  void run();
  void stop();

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace holdfast::web
