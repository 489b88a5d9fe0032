#include "base/timer.h"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {

void PassTimes::begin(const std::string& name) {
  const std::lock_guard lock(mutex_);
  running_.push_back(name);
  tell();
}

// The caller must hold the lock.
void PassTimes::tell() const {
  if (on_change_) on_change_(fmt::format("{}", fmt::join(running_, ", ")));
}

void PassTimes::end(const std::string& name, double milliseconds) {
  const std::lock_guard lock(mutex_);
  running_.erase(std::find(running_.begin(), running_.end(), name));
  tell();
  const auto it = std::find_if(times_.begin(), times_.end(), [&](const auto& t) { return t.first == name; });
  if (it == times_.end())
    times_.emplace_back(name, milliseconds);
  else
    it->second += milliseconds;
}

}  // namespace holdfast
