#include "dumps/trace.h"

#include <charconv>

namespace holdfast::dumps {
namespace {

constexpr std::string_view kGoroutine = "goroutine ";
constexpr std::size_t kLongestFront = 512;  // what a log puts in front of a line

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_return(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// What logs put in front of lines.
class Front {
 public:
  Front() = default;
  explicit Front(std::string_view shape) : shape_(shape) {}

  // Returns what is behind it; nothing if the line has another front.
  std::optional<std::string_view> strip(std::string_view line) const {
    std::size_t at = 0;
    for (std::size_t s = 0; s < shape_.size(); ++s) {
      // A log may trim the space before an empty line.
      if (at == line.size())
        return shape_.find_first_not_of(' ', s) == std::string_view::npos ? std::optional(std::string_view())
                                                                          : std::nullopt;
      if (!is_digit(shape_[s])) {
        if (line[at] != shape_[s]) return std::nullopt;
        ++at;
        continue;
      }
      if (!is_digit(line[at])) return std::nullopt;
      while (s + 1 < shape_.size() && is_digit(shape_[s + 1])) ++s;
      while (at < line.size() && is_digit(line[at])) ++at;
    }
    return line.substr(at);
  }
  bool empty() const { return shape_.empty(); }

 private:
  std::string_view shape_;
};

// Returns where in the line words begin that only the runtime writes. What is indented is part of a message: values of
// panics may have such lines.
std::optional<std::size_t> runtime_words_at(std::string_view line) {
  if (line.ends_with(':'))
    for (std::size_t at = line.find(kGoroutine); at < kLongestFront; at = line.find(kGoroutine, at + 1))
      if ((at == 0 || line[at - 1] != '\t') && read_header(line.substr(at))) return at;
  return std::nullopt;
}

std::optional<std::size_t> message_at(std::string_view line) {
  for (const std::string_view words : {"panic: ", "fatal error: "})
    if (const std::size_t at = line.find(words); at < kLongestFront && (at == 0 || line[at - 1] == ' ')) return at;
  return std::nullopt;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return without_return(line);
}

// The front of the first header, or, where there is none, of the first message.
Front find_front(std::string_view text) {
  std::optional<Front> of_message;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (const auto at = runtime_words_at(line)) return Front(line.substr(0, *at));
    if (of_message) continue;
    if (const auto at = message_at(line)) of_message = Front(line.substr(0, *at));
  }
  return of_message.value_or(Front());
}

bool is_indented(std::string_view line) {
  return line.starts_with('\t') || line.starts_with("    ");
}

// Where a name could end in "(": names have no spaces, other than what loggers write.
bool looks_like_call(std::string_view line) {
  if (!line.ends_with(')')) return false;
  const std::size_t open = line.find('(');
  return open != 0 && open != std::string_view::npos && line.find(' ') > open;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Reads "\t/src/main.go:12 +0x1d fp=0x.. sp=0x.. pc=0x..".
bool read_place(std::string_view line, FrameLines& frame) {
  line.remove_prefix(std::min(line.find_first_not_of("\t "), line.size()));
  if (const std::size_t pointers = line.rfind(" fp=0x"); pointers != std::string_view::npos)
    line = line.substr(0, pointers);
  if (const std::size_t plus = line.rfind(" +0x"); plus != std::string_view::npos) {
    frame.offset = line.substr(plus + 1);
    line = line.substr(0, plus);
  }
  const std::size_t colon = line.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !number_in(line.substr(colon + 1))) return false;
  frame.place = line;
  return true;
}

class Reader {
 public:
  explicit Reader(TraceVisitor& visitor) : visitor_(visitor) {}

  void read(std::string_view text) {
    front_ = find_front(text);
    while (!text.empty()) {
      const std::string_view whole = take_line(text);
      ++number_;
      if (const std::optional<std::string_view> line = front_.strip(whole))
        line_of_ours(*line);
      else
        line_of_others(whole);
    }
    if (inside_) end(!call_.text.empty());
  }

 private:
  // Another log may be joined on, with a front of its own.
  void line_of_others(std::string_view whole) {
    const std::optional<std::size_t> at = runtime_words_at(whole);
    if (!at) return visitor_.other({whole, number_});
    front_ = Front(whole.substr(0, *at));
    line_of_ours(whole.substr(*at));
  }

  void line_of_ours(std::string_view line) {
    if (line.empty()) {
      if (inside_) end(false);
      return visitor_.other({line, number_});
    }
    if (line.starts_with(kGoroutine) && begin(line)) return;
    if (line == "runtime stack:") {
      start();
      return visitor_.thread({line, number_});
    }
    if (inside_ && line_of_goroutine(line)) return;
    if (!inside_ && line.ends_with(':') && !is_indented(line))
      if (const auto at = runtime_words_at(line); at && *at > 0) return line_of_others(line);
    visitor_.other({line, number_});
  }

  bool begin(std::string_view line) {
    if (const std::optional<Header> header = read_header(line)) {
      start();
      visitor_.header(*header, {line, number_});
      return true;
    }
    if (!looks_like_header(line)) return false;
    start();
    visitor_.unknown_header({line, number_});
    return true;
  }

  void start() {
    if (inside_) end(false);
    inside_ = true;
  }

  void end(bool cut) {
    give_up_call();
    inside_ = false;
    visitor_.end(cut);
  }

  void give_up_call() {
    if (!call_.text.empty()) visitor_.other(call_);
    call_ = {};
  }

  // Returns whether the line is a part of it.
  bool line_of_goroutine(std::string_view line) {
    if (is_indented(line)) return indented_line(line);
    if (line.starts_with("created by ") || looks_like_call(line)) {
      give_up_call();
      call_ = {line, number_};
      return true;
    }
    if (line.ends_with("elided...") && line.starts_with("...")) {
      const std::string_view rest = line.substr(3);
      visitor_.left_out(number_in(rest.substr(0, rest.find(' '))).value_or(0));
      return true;
    }
    constexpr std::string_view kAncestor = "[originating from goroutine ";
    if (!line.starts_with(kAncestor) || !line.ends_with("]:")) return false;
    const auto id = number_in(line.substr(kAncestor.size(), line.size() - kAncestor.size() - 2));
    if (id) visitor_.ancestor(*id);
    return id.has_value();
  }

  bool indented_line(std::string_view line) {
    if (line.ends_with("stack unavailable")) {
      visitor_.without_stack();
      return true;
    }
    FrameLines frame;
    if (call_.text.empty() || !read_place(line, frame)) return false;
    frame.call = call_.text;
    call_ = {};
    constexpr std::string_view kCreated = "created by ", kIn = " in goroutine ";
    if (!frame.call.starts_with(kCreated)) {
      frame.function = frame.call.substr(0, frame.call.rfind('('));
      visitor_.frame(frame);
      return true;
    }
    frame.function = frame.call.substr(kCreated.size());
    std::optional<std::uint64_t> in;
    if (const std::size_t at = frame.function.rfind(kIn); at != std::string_view::npos) {
      in = number_in(frame.function.substr(at + kIn.size()));
      if (in) frame.function = frame.function.substr(0, at);
    }
    visitor_.created_by(frame, in);
    return true;
  }

  TraceVisitor& visitor_;
  Front front_;
  std::uint64_t number_ = 0;
  bool inside_ = false;
  TextLine call_;  // whose place has not come yet
};

}  // namespace

void read_trace(std::string_view text, TraceVisitor& visitor) {
  Reader(visitor).read(text);
}

}  // namespace holdfast::dumps
