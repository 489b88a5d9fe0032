// The words of goroutines' stacks that the collector follows, by frame (reference 5.5). Only these are evidence: the
// other words of a frame may hold what died long ago. So may some of the words that it follows only because no stack
// map tells what lives, as in a frame that was stopped between two calls: the memory that they name can be another
// object's by now, of another type.
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

  // Both in order of goroutines, the innermost frame of each first: words that stack maps name, and words that the
  // collector follows without knowing. A frame can have both.
  const std::vector<LiveFrame>& frames() const { return frames_; }
  const std::vector<LiveFrame>& doubtful_frames() const { return doubtful_frames_; }
  // The entries of the functions of both, ascending, each once.
  std::vector<Address> functions() const;

 private:
  std::vector<LiveFrame> frames_, doubtful_frames_;
  std::vector<std::vector<Address>> slots_;  // what LiveFrame::slots refer to
};

}  // namespace holdfast::typing
