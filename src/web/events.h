// What an opened target tells its pages while it is opened and looked at: server-sent events. Any thread may call
// these.
#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "web/exchange.h"

namespace holdfast::web {

class Events {
 public:
  // Tells all that listen. Of each name the last is kept for those who come later.
  void tell(const std::string& name, const nlohmann::ordered_json& data);
  // Tells what was told last of each name, in the order of the names, and from now on all that comes.
  void add(SharedExchange listener);
  // Nobody listens any more.
  void close();

 private:
  std::mutex mutex_;  // guards what follows
  std::map<std::string, std::string> last_;
  std::vector<SharedExchange> listeners_;
};

}  // namespace holdfast::web
