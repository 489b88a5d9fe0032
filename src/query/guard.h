// What our code throws must not fly through SQLite, which is C. It is kept, SQLite is told that something failed, and
// whoever called SQLite throws it again. One thread.
#pragma once

#include <exception>
#include <utility>

namespace holdfast::query {

class Guard {
 public:
  // Returns whether `work` came to its end.
  template <typename Work>
  bool run(Work&& work) noexcept {
    try {
      std::forward<Work>(work)();
      return true;
    } catch (...) {
      if (!kept_) kept_ = std::current_exception();
      return false;
    }
  }
  // Throws what was kept, once.
  void rethrow() {
    if (kept_) std::rethrow_exception(std::exchange(kept_, nullptr));
  }

 private:
  std::exception_ptr kept_;
};

}  // namespace holdfast::query
