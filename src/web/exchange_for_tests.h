// An exchange without a network: it keeps what it is answered.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "web/exchange.h"

namespace holdfast::web::testing {

class KeptExchange final : public Exchange {
 public:
  explicit KeptExchange(Request request = {}) : request_(std::move(request)) {}

  const Request& request() const override { return request_; }
  void answer(Response response) override {
    const std::lock_guard lock(mutex_);
    response_ = std::move(response);
    told_ = nullptr;
    changed_.notify_all();
  }
  void event(std::string_view name, std::string_view data) override {
    const std::lock_guard lock(mutex_);
    events_ += std::string(name) + " " + std::string(data) + "\n";
  }
  void close() override {}
  bool is_gone() const override { return gone_; }
  void when_gone(std::function<void()> told) override {
    const std::lock_guard lock(mutex_);
    told_ = std::move(told);
    changed_.notify_all();
  }

  // As a browser does that gives up.
  void leave() {
    std::function<void()> told;
    {
      const std::lock_guard lock(mutex_);
      gone_ = true;
      told.swap(told_);
    }
    if (told) told();
  }
  Response wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return response_.has_value(); });
    return *response_;
  }
  // Until somebody works on it.
  void wait_until_begun() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return response_ || told_; });
  }
  std::string events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  Request request_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Response> response_;
  std::string events_;
  std::function<void()> told_;
  std::atomic<bool> gone_ = false;
};

}  // namespace holdfast::web::testing
