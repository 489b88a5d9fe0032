// Failure in three tiers (docs/architecture.md):
//   - the unit of work cannot go on: throw Error through fail(); in_context() adds a frame per layer on the way out;
//   - the target is damaged, perhaps millions of times: a value and a count in the LossLedger (base/loss.h), no throw;
//   - we are wrong: HOLDFAST_CHECK, on in release too, ends the process with text and place.
// That the user asks us to stop is no failure: Cancelled (base/cancel.h) is no Error.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

namespace holdfast {

enum class ErrorCode {
  kUsage,        // the command line is wrong: exit code 2
  kNotFound,     // no such process, file, section, symbol
  kPermission,   // the system refuses; the text says what would help
  kUnsupported,  // understood and refused: not Go, 32-bit, a Go release outside the range, a newer file version
  kTruncated,    // input ends before what it announces
  kDamaged,      // input contradicts itself
  kTargetGone,   // the process vanished while we looked
  kSystem,       // a system call failed
  kNoReader,     // our results have lost their reader: nothing needs to be said
};

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string text) : code_(code), text_(std::move(text)) {}
  ErrorCode code() const { return code_; }
  const char* what() const noexcept override { return text_.c_str(); }
  // Prefixes the text: "<frame>: <text>".
  void add_frame(const std::string& frame) { text_ = frame + ": " + text_; }

 private:
  ErrorCode code_;
  std::string text_;
};

template <typename... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

// Fails with kSystem (or kPermission, kTargetGone, kNotFound when errno says so) and the text of errno appended.
[[noreturn]] void fail_with_errno(int error_number, const std::string& what);

// Runs `work`; an Error that leaves it is prefixed with the frame, which is only formatted then.
template <typename Work, typename... Args>
decltype(auto) in_context(Work&& work, fmt::format_string<Args...> format, Args&&... args) {
  try {
    return std::forward<Work>(work)();
  } catch (Error& error) {
    error.add_frame(fmt::format(format, std::forward<Args>(args)...));
    throw;
  }
}

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace holdfast

#define HOLDFAST_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::holdfast::check_failed(#condition, __FILE__, __LINE__))
