// The goroutines of a dump with their stacks, each stack once, and what else the text says. A dump of 200,000
// goroutines has 100 MB, and hardly more than a dozen different stacks.
//
// Texts are views into the bytes that it was read from. Several threads may read one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dumps/crash.h"
#include "dumps/header.h"

namespace holdfast::dumps {

struct Frame {
  std::string_view function;  // "main.(*T).serve", without arguments
  std::string_view place;     // "/src/main.go:12"
};

struct Stack {
  std::uint32_t first_frame = 0, frames = 0;  // of Dump::frames(), the innermost first
  std::uint32_t made_by = kNobody;            // the frame of the go statement, a row of Dump::places()
  std::uint64_t left_out = 0;                 // frames that the runtime did not print
  bool unavailable = false;                   // it ran on another thread, whose stack was not printed
  static constexpr std::uint32_t kNobody = ~0U;

  bool operator==(const Stack&) const = default;
};

struct Goroutine {
  Header header;
  std::uint32_t stack = 0;    // row of Dump::stacks()
  std::uint64_t made_in = 0;  // the goroutine with the go statement; 0 = not said
  std::uint64_t line = 0;     // of its header in the text
};

// A line that nobody understood.
struct UnreadLine {
  std::string_view text;
  std::uint64_t number = 0;
};
struct UnreadLines {
  std::uint64_t count = 0;
  std::vector<UnreadLine> first;  // a few
};

class Dump {
 public:
  // Reads any text. Fails with kUnsupported if it has neither a goroutine nor a message; `name` is what the error calls
  // it. `text` must outlive the result.
  static Dump parse(std::string_view text, const std::string& name);

  std::span<const Goroutine> goroutines() const { return goroutines_; }
  std::span<const Stack> stacks() const { return stacks_; }
  std::span<const Frame> places() const { return places_; }
  // Rows of places().
  std::span<const std::uint32_t> frames(const Stack& stack) const {
    return std::span(frames_).subspan(stack.first_frame, stack.frames);
  }
  std::span<const Message> messages() const { return messages_; }

  // Headers that have a form which we do not know. Their goroutines are there, without a number and a state.
  const UnreadLines& unknown_headers() const { return unknown_headers_; }
  // Headers without any frame: a message that looks like one, or the end of a text that was cut off.
  const UnreadLines& empty_headers() const { return empty_headers_; }
  // What others wrote in between.
  const UnreadLines& other_lines() const { return other_lines_; }
  std::uint64_t threads() const { return threads_; }  // whose stacks are in the text, too
  // Goroutines whose number came before: the text has several dumps.
  std::uint64_t repeated() const { return repeated_; }
  // The text ends in the middle of a goroutine.
  bool is_cut() const { return is_cut_; }
  // The text has as many bytes as goroutine?debug=2 has at most: the rest is missing.
  bool is_full() const { return is_full_; }

 private:
  friend class DumpBuilder;
  std::vector<Goroutine> goroutines_;
  std::vector<Stack> stacks_;
  std::vector<std::uint32_t> frames_;
  std::vector<Frame> places_;
  std::vector<Message> messages_;
  UnreadLines unknown_headers_, empty_headers_, other_lines_;
  std::uint64_t threads_ = 0, repeated_ = 0;
  bool is_cut_ = false, is_full_ = false;
};

}  // namespace holdfast::dumps
