#include "typing/reasons.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/architecture.h"
#include "base/error.h"

namespace holdfast::typing {
void Reasons::because(const Grounds& grounds) {
  if (is_last_used_) {
    last_ = static_cast<std::uint32_t>(grounds_.size());
    grounds_.emplace_back();
  }
  grounds_[last_] = grounds;
  is_last_used_ = false;
  end();
}

Source Reasons::source(const std::byte* at) {
  Source source;
  source.row = origin_.row;
  source.outside = origin_.outside;
  if (at != nullptr && origin_.base != nullptr)
    source.word = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        static_cast<std::uint64_t>(at - origin_.base) / kWord, std::numeric_limits<std::uint32_t>::max()));
  source.time = origin_.time;
  if (origin_.outside) is_last_used_ = true;
  return source;
}

void Reasons::push(const std::byte* at) {
  pushed_.push_back(source(at));
}

void Reasons::arrive_directly() {
  end();
  now_ = source(nullptr);
}

void Reasons::arrive_by_itself() {
  now_ = {};
  now_.row = kFirstWordRow;
  now_.time = time();
  now_.outside = true;
}

void Reasons::set(std::uint32_t row, KnownBy known_by, bool whole) {
  now_.known_by = known_by;
  now_.whole = whole;
  sources_[row] = now_;
}

void Reasons::replace(std::uint32_t row, TypeId type, KnownBy known_by, bool whole) {
  HOLDFAST_CHECK(log_.size() < std::numeric_limits<std::uint32_t>::max());
  log_.push_back({row, type, sources_[row]});
  set(row, known_by, whole);
}

void Reasons::conflict(std::uint32_t row, Conflict between, bool new_one_wins) {
  const auto [at, is_new] =
      conflict_rows_.try_emplace({between.kept, between.kept_by, between.refused, between.refused_by},
                                 static_cast<std::uint32_t>(conflicts_.size()));
  if (is_new) conflicts_.push_back(between);
  ++conflicts_[at->second].claims;
  Source mine = now_;
  mine.whole = true;
  mine.known_by = new_one_wins ? between.kept_by : between.refused_by;
  if (new_one_wins)
    cases_.push_back({at->second, row, mine, sources_[row]});
  else
    cases_.push_back({at->second, row, sources_[row], mine});
  if (cases_.size() >= compact_at_) {
    compact_cases();
    compact_at_ = std::max(compact_at_, 2 * cases_.size());
  }
}

void Reasons::compact_cases() {
  const auto key = [](const ConflictCase& one) { return std::pair(one.conflict, one.row); };
  std::stable_sort(cases_.begin(), cases_.end(),
                   [&](const ConflictCase& a, const ConflictCase& b) { return key(a) < key(b); });
  cases_.erase(std::unique(cases_.begin(), cases_.end(),
                           [&](const ConflictCase& a, const ConflictCase& b) { return key(a) == key(b); }),
               cases_.end());
}

void Reasons::finish() {
  compact_cases();
  by_row_.resize(log_.size());
  std::iota(by_row_.begin(), by_row_.end(), 0U);
  std::sort(by_row_.begin(), by_row_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return log_[a].row != log_[b].row ? log_[a].row < log_[b].row : a < b;
  });
}

// Finds the first claim that was replaced at that time or later.
std::optional<Version> Reasons::replaced(std::uint32_t row, std::uint32_t time) const {
  const auto at = std::partition_point(by_row_.begin(), by_row_.end(), [&](std::uint32_t entry) {
    return log_[entry].row < row || (log_[entry].row == row && entry < time);
  });
  if (at == by_row_.end() || log_[*at].row != row) return std::nullopt;
  return log_[*at];
}

}  // namespace holdfast::typing
