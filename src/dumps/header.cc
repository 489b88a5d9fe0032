#include "dumps/header.h"

#include <charconv>

namespace holdfast::dumps {
namespace {

constexpr std::string_view kWord = "goroutine ";
constexpr std::string_view kLabelsInside = " labels:{";

// Takes a number from the front of `text`; nothing if there is none.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view words) {
  if (!text.starts_with(words)) return false;
  text.remove_prefix(words.size());
  return true;
}

bool take_end(std::string_view& text, std::string_view words) {
  if (!text.ends_with(words)) return false;
  text.remove_suffix(words.size());
  return true;
}

// "4 minutes", "locked to thread", "synctest bubble 1".
bool read_part(std::string_view part, Header& header) {
  if (part == "locked to thread") return header.locked = true;
  const bool is_bubble = take(part, "synctest bubble ");
  const std::optional<std::uint64_t> number = take_number(part);
  if (!number) return false;
  if (is_bubble && part.empty()) {
    header.bubble = *number;
    return true;
  }
  if (is_bubble || part != " minutes") return false;
  header.minutes = *number;
  return true;
}

// What is not known stays in the state, so nobody loses it.
void read_state(std::string_view text, Header& header) {
  for (std::size_t comma = text.rfind(", "); comma != std::string_view::npos; comma = text.rfind(", ")) {
    if (!read_part(text.substr(comma + 2), header)) break;
    text = text.substr(0, comma);
  }
  for (;;) {
    if (take_end(text, " (durable)"))
      header.durable = true;
    else if (take_end(text, " (scan)"))
      header.scanned = true;
    else if (take_end(text, " (leaked)"))
      header.leaked = true;
    else
      break;
  }
  header.state = text;
}

// " gp=0xc000102380 m=3 mp=0xc000054008" or " gp=0xc000102380 m=nil".
bool take_thread(std::string_view& text) {
  for (const std::string_view name : {" gp=", " m=", " mp="}) {
    if (!take(text, name)) continue;
    const std::size_t end = text.find(' ');
    if (end == 0 || end == std::string_view::npos) return false;
    text.remove_prefix(end);
  }
  return true;
}

// `text` begins behind the bracket that opens.
bool read_brackets(std::string_view text, Header& header) {
  const std::size_t inside = text.find(kLabelsInside);
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return false;
  if (inside < close) {
    if (!take_end(text, "}]:")) return false;
    if (text.size() < inside + kLabelsInside.size()) return false;
    read_state(text.substr(0, inside), header);
    header.labels = text.substr(inside + kLabelsInside.size());
    return true;
  }
  read_state(text.substr(0, close), header);
  text.remove_prefix(close + 1);
  if (text == ":") return true;
  if (!take(text, " {") || !take_end(text, "}:")) return false;
  header.labels = text;
  return true;
}

// A key or a value: quoted, or up to what ends it.
std::optional<std::string> take_label_text(std::string_view& text, std::string_view end) {
  if (!take(text, "\"")) {
    const std::size_t length = std::min(text.find(end), text.size());
    std::string plain(text.substr(0, length));
    text.remove_prefix(length);
    return plain;
  }
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return out;
    if (c != '\\' || text.empty()) {
      out += c;
      continue;
    }
    const char escaped = text.front();
    text.remove_prefix(1);
    if (escaped == 'n')
      out += '\n';
    else if (escaped == 'r')
      out += '\r';
    else if (escaped == 't')
      out += '\t';
    else if (escaped == '"' || escaped == '\\')
      out += escaped;
    else
      out.append({'\\', escaped});  // \x7f, é: as they stand
  }
  return std::nullopt;
}

}  // namespace

bool looks_like_header(std::string_view line) {
  if (!take(line, kWord)) return false;
  return take_number(line) && line.ends_with(':');
}

std::optional<Header> read_header(std::string_view line) {
  Header header;
  if (!take(line, kWord)) return std::nullopt;
  const std::optional<std::uint64_t> id = take_number(line);
  if (!id || !take_thread(line) || !take(line, " [") || !read_brackets(line, header)) return std::nullopt;
  header.id = *id;
  return header;
}

std::optional<std::vector<Label>> read_labels(std::string_view text) {
  std::vector<Label> labels;
  while (!text.empty()) {
    std::optional<std::string> key = take_label_text(text, ": ");
    if (!key || !take(text, ": ")) return std::nullopt;
    std::optional<std::string> value = take_label_text(text, ", ");
    if (!value) return std::nullopt;
    labels.push_back({std::move(*key), std::move(*value)});
    if (!text.empty() && (!take(text, ", ") || text.empty())) return std::nullopt;
  }
  return labels;
}

}  // namespace holdfast::dumps
