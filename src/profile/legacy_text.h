// What the readers of the text forms (profile/legacy.h) have in common: lines, numbers, stacks. Views into the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profile/builder.h"
#include "profile/legacy.h"

namespace holdfast::profile {

std::string_view trimmed(std::string_view text);
bool is_space_or_comment(std::string_view line);
// Whether the mappings of the process follow; nobody needs them here.
bool begins_mappings(std::string_view line);

// A text line by line, with the line that is looked at.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // Goes to the next line; false if there is none. The spaces around it are not part of it.
  bool next();
  // Goes on to the next line that is neither empty nor a comment.
  bool next_content();
  std::string_view line() const { return line_; }
  std::uint64_t number() const { return number_; }  // the first one is 1
  bool is_last() const { return rest_.empty(); }
  // Whether the text ends with the line that is looked at, and without the end of a line: it may have been longer.
  bool is_cut_off() const { return is_cut_off_; }

 private:
  std::string_view rest_, line_;
  std::uint64_t number_ = 0;
  bool is_cut_off_ = false;
};

// Reads a line from the left. What is taken is gone; what is not there is not taken. Spaces before it do not matter.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  bool take(std::string_view word);
  std::optional<std::int64_t> number();    // decimal, perhaps with a sign
  std::optional<std::uint64_t> address();  // 0x and hexadecimal digits
  // The letters, digits and _ that come next, perhaps none.
  std::string_view word();
  std::string_view rest();

 private:
  void skip_spaces();
  std::string_view rest_;
};

// All 0x... that a text has, but for 0: no code is there, and Go 1.27 fills the stacks of threads up with it. Fails
// with kDamaged if one has more than 64 bits.
std::vector<std::uint64_t> addresses_in(std::string_view text);

// "line 7: ..." as kDamaged.
[[noreturn]] void refuse_line(const Lines& lines, std::string_view what);
// What is to be said of a text whose last line is not whole.
std::string remark_on_cut(const Lines& lines);

// What a count of samples is multiplied with: the estimate of what was not sampled (heap/sample_estimate.h), with the
// numbers cut to integers as pprof does it.
struct Amount {
  std::int64_t objects = 0, bytes = 0;
};
Amount unsampled(Amount sampled, std::int64_t rate);
// Numbers that no program has end at the limits.
std::int64_t to_integer(double number);
std::int64_t product(std::int64_t a, std::int64_t b);

// The readers. Each is given a text that begins as its form does.
Converted convert_heap(std::string_view text);
Converted convert_counts(std::string_view text);
Converted convert_contention(std::string_view text);
Converted convert_threads(std::string_view text);
Converted convert_java(std::string_view text);
// Of words.
bool begins_cpu(std::string_view bytes);
Converted convert_cpu(std::string_view bytes);

// Names the locations of a Java profile by the lines behind its samples, "0x00000003 com.example.f (File.java:7)".
class JavaLocations {
 public:
  explicit JavaLocations(std::string_view text);
  // Returns the location of a number that a sample has, in `builder`.
  std::uint64_t in(Builder& builder, std::uint64_t number) const;

 private:
  std::unordered_map<std::uint64_t, NamedPlace> places_;
};

}  // namespace holdfast::profile
