#include "base/timer.h"

#include <algorithm>

namespace holdfast {

void PassTimes::add(const std::string& name, double milliseconds) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(times_.begin(), times_.end(), [&](const auto& t) { return t.first == name; });
  if (it == times_.end())
    times_.emplace_back(name, milliseconds);
  else
    it->second += milliseconds;
}

double PassTimes::total_ms() const {
  double sum = 0;
  for (const auto& [name, ms] : times_) sum += ms;
  return sum;
}

}  // namespace holdfast
