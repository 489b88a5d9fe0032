#include "base/loss.h"

#include <algorithm>

namespace holdfast {

void LossLedger::add(const std::string& kind, const std::string& meaning, Address where, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(losses_.begin(), losses_.end(), [&](const Loss& l) { return l.kind == kind; });
  if (it == losses_.end()) {
    losses_.push_back({kind, meaning, count, where});
    return;
  }
  it->count += count;
  if (where && (!it->first || where < it->first)) it->first = where;
}

std::vector<Loss> LossLedger::sorted() const {
  const std::lock_guard lock(mutex_);
  std::vector<Loss> out = losses_;
  std::sort(out.begin(), out.end(), [](const Loss& a, const Loss& b) { return a.kind < b.kind; });
  return out;
}

bool LossLedger::empty() const {
  const std::lock_guard lock(mutex_);
  return losses_.empty();
}

}  // namespace holdfast
