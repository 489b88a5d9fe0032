// The line that a goroutine begins with in the texts of Go's runtime (go-formats 5.1):
//
//   goroutine 7 gp=0xc000102380 m=3 mp=0xc000054008 [chan receive (durable), 4 minutes, locked to thread] {k: v}:
//
// Labels stand behind the brackets, or, as ` labels:{"k": "v"}`, at their end. Texts are views into the line. Any
// thread may call these; nothing fails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::dumps {

struct Header {
  std::uint64_t id = 0;
  std::string_view state;     // in the runtime's words, without the marks: "chan receive", "select (no cases)"
  std::uint64_t minutes = 0;  // that it waits already; whole ones, so 0 below one
  std::uint64_t bubble = 0;   // of testing/synctest; 0 = none
  bool leaked = false;        // the runtime's own search has proven it so
  bool durable = false;       // only its bubble can wake it
  bool scanned = false;       // the collector was at its stack
  bool locked = false;        // to its thread
  std::string_view labels;    // what stands between the braces
};

// Returns nothing if the line has another form. `line` has no end of line.
std::optional<Header> read_header(std::string_view line);

// Says whether the line begins and ends as a header does, whatever stands between.
bool looks_like_header(std::string_view line);

struct Label {
  std::string key, value;
  bool operator==(const Label&) const = default;
};

// Reads Header::labels in either form; nothing if they have another one.
std::optional<std::vector<Label>> read_labels(std::string_view text);

}  // namespace holdfast::dumps
