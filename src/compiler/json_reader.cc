#include "compiler/json_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "compiler/flow_lines.h"

namespace holdfast::compiler {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kFlow = "escflow:    flow: ", kFrom = "escflow:      from ", kInlined = "inlineLoc";

// Codes that are not about memory.
constexpr std::string_view kNotes[] = {"nilcheck",
                                       "isInBounds",
                                       "isSliceInBounds",
                                       "copy",
                                       "cannotInlineCall",
                                       "inlineCall",
                                       "iteration-variable-to-heap",
                                       "iteration-variable-to-stack",
                                       "loop-modified-range",
                                       "loop-modified-for"};

// Views are into the reader's last line.
struct Related {
  std::string_view message, uri;
  std::uint32_t line = 0, column = 0;
};

struct Diagnostic {
  std::string_view code, message;
  std::uint32_t line = 0, column = 0;
  std::vector<Related> related;
};

// "file:///src/a%20b.go".
std::string path_of_uri(std::string_view uri) {
  if (uri.starts_with("file://")) uri.remove_prefix(7);
  std::string out;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const auto digit = [&](std::size_t at) {
      const char c = at < uri.size() ? uri[at] : ' ';
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    };
    const bool is_code = uri[i] == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0;
    out += is_code ? static_cast<char>(digit(i + 1) * 16 + digit(i + 2)) : uri[i];
    if (is_code) i += 2;
  }
  return out;
}

// Reads one line after the other: a build has gigabytes of them, and of most only the code is looked at.
class DiagnosticReader {
 public:
  // `room` bytes can be read from the line's beginning on: those behind it, too, since simdjson reads in large steps.
  // Returns null if the line is none. It is valid until the next one is read.
  const Diagnostic* read(std::string_view line, std::size_t room) {
    if (room < line.size() + simdjson::SIMDJSON_PADDING) {
      copy_.assign(line);
      copy_.append(simdjson::SIMDJSON_PADDING, ' ');
      line = std::string_view(copy_).substr(0, line.size());
    }
    Element parsed;
    if (parser_.parse(line.data(), line.size(), false).get(parsed) != simdjson::SUCCESS) return nullptr;
    if (!parsed.is_object() || !read_range(parsed, found_.line, found_.column)) return nullptr;
    found_.code = text_of(parsed, "code");
    found_.message = text_of(parsed, "message");
    found_.related.clear();
    simdjson::dom::array related;
    if (parsed["relatedInformation"].get(related) != simdjson::SUCCESS) return &found_;
    for (const Element one : related) {
      Related place{text_of(one, "message"), {}, 0, 0};
      Element location;
      if (one["location"].get(location) != simdjson::SUCCESS || !read_range(location, place.line, place.column))
        return nullptr;
      place.uri = text_of(location, "uri");
      found_.related.push_back(place);
    }
    return &found_;
  }

 private:
  using Element = simdjson::dom::element;

  static std::string_view text_of(const Element& object, std::string_view key) {
    std::string_view text;
    return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
  }

  static bool read_range(const Element& holder, std::uint32_t& line, std::uint32_t& column) {
    constexpr std::uint64_t kMost = 1U << 24;
    constexpr std::uint64_t kUnknownColumn = 255;
    Element start;
    std::uint64_t row = 0, at = 0;
    if (holder["range"]["start"].get(start) != simdjson::SUCCESS || start["line"].get(row) != simdjson::SUCCESS ||
        start["character"].get(at) != simdjson::SUCCESS)
      return false;
    line = static_cast<std::uint32_t>(std::min(row, kMost));
    column = at >= kUnknownColumn ? 0 : static_cast<std::uint32_t>(at);
    return true;
  }

  simdjson::dom::parser parser_;
  std::string copy_;
  Diagnostic found_;
};

// The header, which is the first line; nothing if that is none.
std::optional<Json> header_of(std::string_view bytes) {
  const Json header = Json::parse(bytes.substr(0, bytes.find('\n')), nullptr, false);
  const bool is_one = header.is_object() && header.contains("version") && header.contains("package") &&
                      header.contains("file") && header["file"].is_string() && header["package"].is_string();
  return is_one ? std::optional(header) : std::nullopt;
}

class JsonReader {
 public:
  void read(const JsonFile& file) {
    const auto header = header_of(file.bytes);
    if (!header) fail(ErrorCode::kUnsupported, "{} has no header of the compiler's -json in its first line", file.name);
    if (!(*header)["version"].is_number_unsigned() || (*header)["version"].get<std::uint64_t>() != 0)
      fail(ErrorCode::kUnsupported, "{} has version {} of the compiler's -json, and only 0 is known", file.name,
           (*header)["version"].dump());
    builder_.keep(file.keep);
    const auto version = header->find("gc_version");
    builder_.set_go_version(version != header->end() && version->is_string() ? version->get<std::string>() : "");
    package_ = builder_.intern((*header)["package"].get<std::string>());
    if (package_ != last_package_) builder_.package();
    last_package_ = package_;
    path_ = builder_.intern((*header)["file"].get<std::string>());
    explained_.clear();
    verdicts_.clear();
    std::string_view rest = file.bytes;
    name_ = file.name;
    for (number_ = 1; !rest.empty(); ++number_) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (number_ > 1 && !line.empty()) read_line(line, line.size() + rest.size());
    }
    give_escapes();
  }
  Decisions take() { return builder_.take(); }

 private:
  // What explains a decision, until it is known which kind of decision that was.
  struct Explained {
    Decision decision;
    std::vector<Place> inlined;
  };

  void read_line(std::string_view line, std::size_t room) {
    const Diagnostic* const found = reader_.read(line, room);
    if (!found) return builder_.not_understood(fmt::format("{}:{}: {}", name_, number_, line.substr(0, kMostShown)));
    Explained one;
    one.decision.package = package_;
    one.decision.place = {path_, found->line, found->column};
    one.inlined = inlined_of(*found);
    one.decision.knows_inlining = true;
    if (found->code == "escape" && found->message.empty()) {
      verdicts_.push_back(std::move(one));
    } else if (found->code == "escape" || found->code == "escapes") {
      read_explanation(std::move(one), *found, line);
    } else if (found->code == "leak") {
      read_leak(std::move(one), *found, line);
    } else if (found->code == "canInlineFunction" || found->code == "cannotInlineFunction") {
      one.decision.verdict = found->code.starts_with("can") && !found->code.starts_with("cannot")
                                 ? Verdict::kCanInline
                                 : Verdict::kCannotInline;
      one.decision.detail = text(found->message);
      builder_.add(one.decision, one.inlined);
    } else if (std::ranges::any_of(kNotes, [&](std::string_view note) { return found->code.starts_with(note); })) {
      builder_.note();
    } else {
      builder_.not_understood(found->code);
    }
  }

  // Those before the flow are about the decision, the others about its steps.
  std::vector<Place> inlined_of(const Diagnostic& found) {
    std::vector<Place> out;
    for (const Related& one : found.related) {
      if (one.message != kInlined) break;
      out.push_back({builder_.intern(path_of_uri(one.uri)), one.line, one.column});
    }
    return out;
  }

  void read_flow(Decision& decision, const Diagnostic& found, std::string_view line) {
    std::string_view first, last;
    for (const Related& one : found.related) {
      if (!one.message.starts_with(kFrom)) continue;
      last = one.message;
      if (first.empty()) first = last;
    }
    if (first.empty()) return;
    decision.flow = builder_.add_flow(line, true);
    const std::uint16_t size_step = find_reason(split_because(first).reason);
    decision.size = reasons()[size_step].size;
    decision.step = decision.size != SizeReason::kNone ? size_step : find_reason(split_because(last).reason);
  }

  void read_explanation(Explained one, const Diagnostic& found, std::string_view line) {
    constexpr std::string_view kWords = " escapes to heap";
    const std::string_view message = found.message;
    const std::size_t at = message.rfind(kWords);
    if (at == std::string_view::npos) return builder_.not_understood(line);
    const std::string_view subject = message.substr(0, at);
    one.decision.subject = text(subject.starts_with("append(") ? "append" : subject);
    read_flow(one.decision, found, line);
    explained_.push_back(std::move(one));
  }

  // "parameter p leaks to {heap} with derefs=1".
  void read_leak(Explained one, const Diagnostic& found, std::string_view line) {
    std::string_view message = found.message;
    const std::size_t derefs = message.rfind(" with derefs="), leaks = message.find(" leaks to ");
    if (!message.starts_with("parameter ") || leaks == std::string_view::npos || derefs == std::string_view::npos ||
        derefs < leaks + 10)
      return builder_.not_understood(line);
    std::string_view target = message.substr(leaks + 10, derefs - leaks - 10);
    target = target.substr(0, target.find(" for "));
    const std::string_view level = message.substr(derefs + 13);
    one.decision.made = Made::kVariable;
    one.decision.subject = text(message.substr(10, leaks - 10));
    one.decision.verdict = target != "{heap}" ? Verdict::kLeaksToResult
                           : level == "0"     ? Verdict::kLeaks
                                              : Verdict::kLeaksContent;
    if (target != "{heap}") one.decision.detail = text(fmt::format("to result {} level={}", target, level));
    read_flow(one.decision, found, line);
    builder_.add(one.decision, one.inlined);
  }

  static std::uint64_t key_of(const Explained& one) {
    std::uint64_t key = mix(mix(mix(0, one.decision.place.line), one.decision.place.column), one.inlined.size());
    for (const Place& place : one.inlined) key = mix(mix(mix(key, place.path.row), place.line), place.column);
    return key;
  }

  // A verdict has no words, and what explains it is the diagnostic of the same place that has some. What is explained
  // without a verdict is a variable: those have no verdict of their own.
  void give_escapes() {
    std::unordered_map<std::uint64_t, std::size_t> verdicts;  // how many were not matched yet
    for (const Explained& one : verdicts_) ++verdicts[key_of(one)];
    const auto judged = verdicts;
    for (Explained& one : explained_) {
      const std::uint64_t key = key_of(one);
      const bool is_expression = judged.contains(key);
      one.decision.verdict = is_expression ? Verdict::kEscapes : Verdict::kMovedToHeap;
      one.decision.made = is_expression ? made_by(one.decision.subject) : Made::kVariable;
      if (is_expression) verdicts[key] = 0;
      builder_.add(one.decision, one.inlined);
    }
    for (const Explained& one : verdicts_)
      if (std::size_t& left = verdicts[key_of(one)]; left > 0) {
        --left;
        builder_.add(one.decision, one.inlined);
      }
  }

  // Keeps a text that is in no file as it stands there.
  std::string_view text(std::string_view words) { return builder_.text(builder_.intern(words)); }

  DiagnosticReader reader_;
  DecisionBuilder builder_;
  static constexpr std::size_t kMostShown = 80;  // of a line that is not understood

  std::string_view name_;     // of the file that is read
  std::uint64_t number_ = 0;  // of the line
  StringId package_, last_package_, path_;
  std::vector<Explained> explained_, verdicts_;  // of this file
};

}  // namespace

std::vector<FlowStep> json_flow(std::string_view line) {
  std::vector<FlowStep> out;
  DiagnosticReader reader;
  const Diagnostic* const found = reader.read(line, line.size());
  if (found == nullptr) return out;
  for (const Related& one : found->related) {
    std::string_view message = one.message;
    if (message.starts_with(kFlow)) {
      message.remove_prefix(kFlow.size());
      if (message.ends_with(':')) message.remove_suffix(1);
      out.push_back({.is_flow = true, .text = std::string(message)});
    } else if (message.starts_with(kFrom)) {
      const Because because = split_because(message.substr(kFrom.size()));
      out.push_back({false, std::string(because.expression), std::string(because.reason), path_of_uri(one.uri),
                     one.line, one.column});
    } else if (message == kInlined && !out.empty() && !out.back().is_flow) {
      out.back().path = path_of_uri(one.uri);  // where the step was written is what its text says
      out.back().line = one.line;
      out.back().column = one.column;
    }
  }
  return out;
}

bool is_json_log(std::string_view bytes) {
  return header_of(bytes).has_value();
}

Decisions read_json(const std::vector<JsonFile>& files) {
  JsonReader reader;
  for (const JsonFile& file : files) reader.read(file);
  return reader.take();
}

}  // namespace holdfast::compiler
