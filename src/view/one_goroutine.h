// One goroutine as a person looks at it: what it does, what it waits for and who is at the other end of that, what each
// frame of its stack refers to, and what only it keeps alive. Plain data that owns its texts; making it only reads the
// snapshot. Sizes are in bytes, times in ns. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/dominators.h"
#include "view/channels.h"
#include "view/labels.h"
#include "view/names.h"
#include "view/sentence.h"

namespace holdfast::view {

// Goroutines that stand at one place.
struct GoroutinesAt {
  CodePlace place;
  std::uint64_t count = 0;
  std::vector<std::uint64_t> goids;  // the first few
};

// A channel that the goroutine waits for, from its end and from the other one.
struct WaitedChannel {
  ChannelFacts channel;
  bool sends = false;                  // in a select it can do both
  bool receives = false;               // otherwise it sends
  std::vector<GoroutinesAt> beside;    // others that wait for the same
  std::vector<GoroutinesAt> opposite;  // that wait at the other end
  // Others that do not wait for it, and have it on their stacks: they can use it without asking anybody.
  std::vector<GoroutinesAt> on_stacks;
};

// What it waits for that is no channel.
struct WaitedWord {
  Address address;
  Sentence what;                     // "main.pool.mu.sema of the main.pool at 0xc000012000"
  Address object;                    // that it lies in; null if it lies in none
  std::vector<GoroutinesAt> beside;  // others that wait for the same
};

// A word of a stack, or a register, that leads to an object.
struct StackPointer {
  std::uint64_t offset = 0;  // in bytes from the frame's stack pointer
  bool may_be_register = false;
  bool conservative = false;  // it may be no pointer at all
  Address to;                 // the start of the object
  std::string type;           // of the object; empty if it is not known
  std::uint64_t bytes = 0;    // of its slot
  std::uint64_t retained_bytes = 0;
  bool alone = false;  // without this goroutine the object would be free
};

struct StackFrame {
  CodePlace place;                     // empty for words outside of frames
  std::string outside;                 // of these: "stack slot", "defer", "register", ...
  bool inlined = false;                // its words are among those of the next frame that is not
  bool guessed = false;                // which of several frames it is, an older capture does not say
  std::uint64_t retained_bytes = 0;    // what this frame alone keeps alive
  std::vector<StackPointer> pointers;  // those with the largest retained bytes first
  std::uint64_t left_out = 0;          // pointers
  std::uint64_t left_out_bytes = 0;    // of the objects that they lead to, each once
};

struct OneGoroutine {
  std::uint64_t goid = 0;
  heap::GoroutineState state = heap::GoroutineState::kIdle;
  WaitReason wait_reason = WaitReason::kZero;
  bool system = false;
  bool locked_to_thread = false;
  bool unwound = true;                      // its stack was walked to its end
  std::optional<std::uint64_t> waiting_ns;  // at least
  CodePlace created_by;
  std::uint64_t parent_goid = 0;  // 0 = not known
  bool parent_lives = false;
  std::string labels;  // of pprof: "tenant=acme"
  Address record;      // its runtime.g
  std::uint64_t stack_bytes = 0, stack_used = 0;
  std::uint64_t retained_bytes = 0, retained_objects = 0;  // what its stack alone keeps alive
  std::uint64_t shared_bytes = 0, shared_objects = 0;      // what it reaches beside that: others hold it as well
  std::vector<WaitedChannel> channels;
  std::optional<WaitedWord> word;
  std::vector<StackFrame> frames;  // innermost first, then what belongs to no frame
};

// Fails with kNotFound if there is no such goroutine, or it has ended. `top`: how many pointers of each frame, 0 = all.
OneGoroutine one_goroutine(const Names& names, const Channels& channels, const graph::Dominators& dominators,
                           std::uint64_t goid, std::size_t top);

}  // namespace holdfast::view
