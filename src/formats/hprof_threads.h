// Stacks as HPROF has them: a class for each Go package, a row for each place in code, and which goroutines there are
// as threads. One thread; nothing fails.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::formats {

struct HprofFrame {
  std::string package, method, file;
  std::int32_t line = 0;
};

struct HprofThread {
  GoroutineId goroutine;
  std::string name;                   // "goroutines in chan receive at main.work pool.go:17"; shared by many
  std::vector<std::uint32_t> frames;  // rows of HprofThreads::frames(), innermost first
};

class HprofThreads {
 public:
  // The snapshot must outlive this.
  explicit HprofThreads(const heap::Snapshot& snapshot);

  const std::vector<HprofFrame>& frames() const { return frames_; }
  const std::vector<HprofThread>& threads() const { return threads_; }
  // Returns the row of the thread that a root belongs to, or its count if it belongs to none.
  std::size_t thread_of(const heap::Root& root) const {
    return root.goroutine ? row_of_goroutine_[root.goroutine.row] : threads_.size();
  }

 private:
  std::uint32_t row_of(const heap::Frame& frame);

  const heap::Snapshot& snapshot_;
  std::vector<HprofFrame> frames_;
  std::map<std::tuple<StringId, StringId, std::uint32_t>, std::uint32_t> row_of_frame_;
  std::vector<HprofThread> threads_;
  std::vector<std::size_t> row_of_goroutine_;
};

// "net/http.(*conn).serve" -> "net/http" and "(*conn).serve".
std::pair<std::string_view, std::string_view> split_package(std::string_view name);

}  // namespace holdfast::formats
