// The words of goroutines' stacks that the collector follows, by frame: where a frame's variables are alive. Others may
// hold what died long ago.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "go/function_tables.h"
#include "go/goroutines.h"
#include "go/unwind.h"

namespace holdfast::typing {

// A frame with live words.
struct LiveFrame {
  go::StackFrame frame;
  Address function;                // its entry
  std::span<const Address> slots;  // ascending

  // Where the stack pointer was when the function was entered: the place of the return address.
  Address base() const { return frame.fp - 8; }
  bool has_live_word(const AddressRange& range) const;
};

class LiveWords {
 public:
  // Walks all stacks. The arguments are used here only.
  LiveWords(const go::Runtime& runtime, const go::FunctionTables& functions, const go::Scheduler& scheduler,
            std::span<const go::ThreadRegisters> threads);
  LiveWords(const LiveWords&) = delete;
  LiveWords& operator=(const LiveWords&) = delete;
  ~LiveWords() = default;

  // By goroutine, innermost first.
  const std::vector<LiveFrame>& frames() const { return frames_; }
  // Entries of their functions, ascending.
  std::vector<Address> functions() const;

 private:
  std::vector<LiveFrame> frames_;
  std::vector<std::vector<Address>> slots_;  // what the frames refer to
};

}  // namespace holdfast::typing
