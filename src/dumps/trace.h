// Goes through the text that Go's runtime writes of goroutines: goroutine?debug=2, debug.Stack, and what a program
// prints when it panics or is told to quit (go-formats 2.3 and 5). Logs may put words in front of each line, other
// lines may come in between, and the text may be cut off: whoever visits is told of every line.
//
// What stands in front is found once, before the first header, and has to come before each line, with any digits for
// its digits: a log writes a new time for each line. Texts are views into the text. One pass, no memory; nothing fails
// but what the visitor throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dumps/header.h"

namespace holdfast::dumps {

// A line without its end and without what logs put in front.
struct TextLine {
  std::string_view text;
  std::uint64_t number = 0;  // 1 for the first
};

// "main.(*T).serve(0x1, {0x2, 0x3})" and "\t/src/main.go:12 +0x1d fp=0x.. sp=0x.. pc=0x..".
struct FrameLines {
  std::string_view call;      // the whole line
  std::string_view function;  // without arguments
  std::string_view place;     // "/src/main.go:12"
  std::string_view offset;    // "+0x1d"; empty if it was inlined or is where the function begins
};

class TraceVisitor {
 public:
  virtual ~TraceVisitor() = default;
  virtual void header(const Header& header, const TextLine& line) = 0;
  // A line that begins and ends as a header, and is none that we know. A goroutine begins all the same.
  virtual void unknown_header(const TextLine& line) = 0;
  // "runtime stack:", of a thread.
  virtual void thread(const TextLine& line) = 0;
  virtual void frame(const FrameLines& frame) = 0;
  // `frame.call` is the whole line, `in` the goroutine that did it if that is said.
  virtual void created_by(const FrameLines& frame, std::optional<std::uint64_t> in) = 0;
  // "...23 frames elided...": 0 if the number is not said.
  virtual void left_out(std::uint64_t frames) = 0;
  // "[originating from goroutine 3]:": the frames that follow are of that one, when it made this one.
  virtual void ancestor(std::uint64_t id) = 0;
  // Of a goroutine that ran on another thread.
  virtual void without_stack() = 0;
  // The goroutine is complete; cut: its text ended in the middle of a frame.
  virtual void end(bool cut) = 0;
  // What is no part of a goroutine. Empty lines are told, too: messages end with them.
  virtual void other(const TextLine& line) = 0;
};

void read_trace(std::string_view text, TraceVisitor& visitor);

}  // namespace holdfast::dumps
