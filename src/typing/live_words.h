// The words of goroutines' stacks that the collector follows, by frame (reference 5.5). Only these are evidence: the
// other words of a frame may hold what died long ago.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "go/function_tables.h"
#include "go/goroutines.h"
#include "go/unwind.h"

namespace holdfast::typing {

// A frame that has live words.
struct LiveFrame {
  go::StackFrame frame;
  Address function;                // its entry
  std::span<const Address> slots;  // ascending

  // Where the stack pointer was when the function was entered: the return address lies there.
  Address base() const { return frame.fp - 8; }
  // Whether a live word begins in the range.
  bool has_live_word(const AddressRange& range) const;
};

class LiveWords {
 public:
  // Walks all stacks, on all cores. The arguments are not used afterwards. Nothing throws and no losses are counted:
  // the pass that makes roots of these words tells what is missing.
  LiveWords(const go::Runtime& runtime, const go::FunctionTables& functions, const go::Scheduler& scheduler,
            std::span<const go::ThreadRegisters> threads);
  LiveWords(const LiveWords&) = delete;
  LiveWords& operator=(const LiveWords&) = delete;
  ~LiveWords() = default;

  // In order of goroutines, the innermost frame of each first.
  const std::vector<LiveFrame>& frames() const { return frames_; }
  // The entries of their functions, ascending, each once.
  std::vector<Address> functions() const;

 private:
  std::vector<LiveFrame> frames_;
  std::vector<std::vector<Address>> slots_;  // what LiveFrame::slots refer to
};

}  // namespace holdfast::typing
