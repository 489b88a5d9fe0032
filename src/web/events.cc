#include "web/events.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace holdfast::web {

void Events::tell(const std::string& name, const nlohmann::ordered_json& data) {
  const std::string text = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const std::lock_guard lock(mutex_);
  last_[name] = text;
  std::erase_if(listeners_, [](const SharedExchange& one) { return one->is_gone(); });
  for (const SharedExchange& listener : listeners_) listener->event(name, text);
}

void Events::add(SharedExchange listener) {
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [](const SharedExchange& one) { return one->is_gone(); });
  // An event of no name opens the stream although nothing has happened yet.
  listener->event("hello", "{}");
  for (const auto& [name, text] : last_) listener->event(name, text);
  listeners_.push_back(std::move(listener));
}

void Events::close() {
  const std::lock_guard lock(mutex_);
  for (const SharedExchange& listener : listeners_) listener->close();
  listeners_.clear();
}

}  // namespace holdfast::web
