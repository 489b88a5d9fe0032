// What the target hid or damaged. Losses are expected, perhaps in millions: they are counted, never thrown, and every
// report shows them (docs/decisions/004).
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/address.h"

namespace holdfast {

struct Loss {
  std::string kind;     // stable short id, e.g. "unreadable-page"
  std::string meaning;  // one sentence: what this may make wrong in the answer
  std::uint64_t count = 0;
  Address first;  // where it was first seen; null if it has no address

  bool operator==(const Loss&) const = default;
};

// Thread-safe. Order of the result is by kind, so that it does not depend on threads; `first` is the lowest address.
class LossLedger {
 public:
  void add(const std::string& kind, const std::string& meaning, Address where, std::uint64_t count = 1);
  std::vector<Loss> sorted() const;
  bool empty() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Loss> losses_;
};

}  // namespace holdfast
