#include "profile/legacy_go.h"

#include <algorithm>
#include <charconv>

namespace holdfast::profile {
namespace {

// What strconv.Quote has written, with the quotes around it; takes it from `text`. None if it is something else.
class GoString {
 public:
  static std::optional<std::string> take(std::string_view& text) {
    GoString reader(text);
    std::optional<std::string> out = reader.run();
    if (out) text = reader.text_;
    return out;
  }

 private:
  explicit GoString(std::string_view text) : text_(text) {}

  std::optional<std::string> run() {
    if (!text_.starts_with('"')) return std::nullopt;
    text_.remove_prefix(1);
    std::string out;
    while (!text_.empty()) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (c == '"') return out;
      if (c != '\\')
        out += c;
      else if (!escape(out))
        return std::nullopt;
    }
    return std::nullopt;
  }

  bool escape(std::string& out) {
    constexpr std::string_view kNames = "abfnrtv\\\"'", kMeant = "\a\b\f\n\r\t\v\\\"'";
    if (text_.empty()) return false;
    const char c = text_.front();
    text_.remove_prefix(1);
    if (const std::size_t at = kNames.find(c); at != std::string_view::npos) {
      out += kMeant[at];
      return true;
    }
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    std::uint32_t value = 0;
    if (digits == 0 || text_.size() < digits) return false;
    const auto [stop, error] = std::from_chars(text_.data(), text_.data() + digits, value, 16);
    if (error != std::errc() || stop != text_.data() + digits) return false;
    text_.remove_prefix(digits);
    if (c == 'x')
      out += static_cast<char>(value);
    else
      add_utf8(out, value);
    return true;
  }

  static void add_utf8(std::string& out, std::uint32_t rune) {
    const unsigned more = rune < 0x80 ? 0 : rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    constexpr std::uint32_t kFirst[] = {0, 0xc0, 0xe0, 0xf0};
    const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    add(kFirst[more] | (rune >> 6 * more & 0x7f));
    for (unsigned left = more; left-- > 0;) add(0x80 | (rune >> 6 * left & 0x3f));
  }

  std::string_view text_;
};

// {"key":"value", "other":"value"}; what does not look so is left out.
void read_labels(std::string_view text, std::vector<std::pair<std::string, std::string>>& labels) {
  if (!text.starts_with('{')) return;
  text.remove_prefix(1);
  for (;;) {
    std::optional<std::string> key = GoString::take(text);
    if (!key || !text.starts_with(':')) return;
    text = trimmed(text.substr(1));
    std::optional<std::string> value = GoString::take(text);
    if (!value) return;
    labels.emplace_back(std::move(*key), std::move(*value));
    text = trimmed(text);
    if (!text.starts_with(',')) return;
    text = trimmed(text.substr(1));
  }
}

// 0x4e5af7<tab>main.leak+0x37<tab>/src/main.go:25, with one tab or several; the address alone of an unknown function.
std::optional<Record::Frame> read_frame(std::string_view line) {
  LineReader reader(line);
  const std::optional<std::uint64_t> address = reader.address();
  if (!address) return std::nullopt;
  const std::string_view rest = reader.rest();
  Record::Frame frame{*address, {}};
  const std::size_t tab = rest.find('\t');
  const std::string_view function = rest.substr(0, tab);
  frame.place.function = trimmed(function.substr(0, function.rfind("+0x")));
  if (tab == std::string_view::npos) return frame;
  const std::string_view place = trimmed(rest.substr(tab));
  const std::size_t colon = place.rfind(':');
  frame.place.file = place.substr(0, colon);
  if (colon != std::string_view::npos)
    std::from_chars(place.data() + colon + 1, place.data() + place.size(), frame.place.line);
  return frame;
}

}  // namespace

bool read_names(Lines& lines, Record& record) {
  constexpr std::string_view kLabels = "labels:";
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (!line.starts_with('#')) return true;
    record.is_cut_off = lines.is_last();
    const std::string_view content = trimmed(line.substr(1));
    if (content.starts_with(kLabels))
      read_labels(trimmed(content.substr(kLabels.size())), record.labels);
    else if (std::optional<Record::Frame> frame = read_frame(content);
             frame && frame->address != 0 && !lines.is_cut_off())
      record.frames.push_back(*frame);
  }
  return false;
}

std::vector<std::uint64_t> stack_of(const Record& record, Hidden hidden, Builder& builder) {
  std::vector<std::uint64_t> stack;
  if (record.frames.empty()) {
    for (const std::uint64_t address : record.addresses) stack.push_back(builder.location(address));
    return stack;
  }
  // Go names no function of the runtime before the first other one, and never runtime.goexit (printStackRecord).
  const auto first = std::ranges::find(record.addresses, record.frames.front().address);
  if (hidden == Hidden::kKept && first != record.addresses.end())
    for (auto at = record.addresses.begin(); at != first; ++at)
      stack.push_back(builder.location(*at, {"runtime.*", "", 0}));
  for (const Record::Frame& frame : record.frames)
    stack.push_back(frame.place.function.empty() ? builder.location(frame.address)
                                                 : builder.location(frame.address, frame.place));
  if (record.is_cut_off) {
    const auto last = std::ranges::find(record.addresses, record.frames.back().address);
    for (auto at = last; at != record.addresses.end(); ++at)
      if (at != last) stack.push_back(builder.location(*at));
  }
  return stack;
}

}  // namespace holdfast::profile
