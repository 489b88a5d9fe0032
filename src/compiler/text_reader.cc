#include "compiler/text_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

#include "compiler/flow_lines.h"

namespace holdfast::compiler {
namespace {

constexpr std::string_view kFrom = "    from ", kFlow = "  flow: ";
// What ends a tree whose values refer to each other in a circle.
constexpr std::string_view kCircle = "  warning: truncated explanation due to assignment cycle";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Reads digits of `text` from `at`, of which none may be missing; moves `at` behind them.
std::optional<std::uint32_t> number_at(std::string_view text, std::size_t& at) {
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  at = static_cast<std::size_t>(stop - text.data());
  return value;
}

// The two parts around the last `mark`; the second one is empty if it is not in there.
std::pair<std::string_view, std::string_view> cut_at_last(std::string_view text, std::string_view mark) {
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + mark.size())};
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return line;
}

// Takes the first line off `rest`.
std::string_view next_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return without_line_end(line);
}

}  // namespace

Positioned split_position(std::string_view line) {
  // The path may have colons and blanks, so the first ":LINE:" or ":LINE:COLUMN:" that a blank follows ends it.
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos; colon = line.find(':', colon + 1)) {
    std::size_t at = colon + 1;
    if (colon == 0 || at >= line.size() || !is_digit(line[at])) continue;
    const auto row = number_at(line, at);
    if (!row || at >= line.size() || line[at] != ':') continue;
    std::size_t behind = at + 1;
    const auto column = behind < line.size() && is_digit(line[behind]) ? number_at(line, behind) : std::nullopt;
    if (column && behind < line.size() && line[behind] == ':') at = behind;
    const bool has_column = column && at == behind;
    if (at + 1 >= line.size() || line[at + 1] != ' ') continue;
    return {line.substr(0, colon), *row, has_column ? *column : 0, line.substr(at + 2), true};
  }
  if (take_prefix(line, "<unknown line number>: ")) return {{}, 0, 0, line, true};
  return {{}, 0, 0, line, false};
}

Positioned split_place(std::string_view text) {
  const std::string line = std::string(text) + ": ";
  Positioned place = split_position(line);
  if (!place.is_valid || place.path.empty()) return {};
  place.path = text.substr(0, place.path.size());
  place.body = {};
  return place;
}

Because split_because(std::string_view text) {
  const auto [before, place] = cut_at_last(text, ") at ");
  std::string_view rest = place.empty() ? text : before;
  if (place.empty() && !take_suffix(rest, ")")) return {text, {}, {}};
  const auto [expression, reason] = cut_at_last(rest, " (");
  return {expression, reason, place};
}

std::vector<FlowStep> text_flow(std::string_view lines) {
  std::vector<FlowStep> out;
  while (!lines.empty()) {
    std::string_view body = split_position(next_line(lines)).body;
    if (take_prefix(body, kFlow)) {
      take_suffix(body, ":");
      out.push_back({.is_flow = true, .text = std::string(body)});
    } else if (take_prefix(body, kFrom)) {
      const Because because = split_because(body);
      const Positioned at = split_place(because.place);
      out.push_back({false, std::string(because.expression), std::string(because.reason), std::string(at.path), at.line,
                     at.column});
    } else if (body.starts_with(kCircle)) {
      out.push_back(
          {.is_flow = true,
           .text = "and so on in a circle, which the compiler leaves out: a circle of pointers is no leak in Go"});
    } else {
      break;
    }
  }
  return out;
}

namespace {

// The verdicts that are told by how a line ends or begins, with nothing else to be read.
struct Ending {
  std::string_view words;
  Verdict verdict;
};
constexpr std::array kEndings = {
    Ending{" escapes to heap", Verdict::kEscapes},
    Ending{" does not escape", Verdict::kStays},
};
constexpr std::array kBeginnings = {
    Ending{"moved to heap: ", Verdict::kMovedToHeap},
    Ending{"inlining call to ", Verdict::kInlinedCall},
    Ending{"zero-copy ", Verdict::kZeroCopy},
};
constexpr std::string_view kNotes[] = {"index bounds check elided", "imprecise interface call",
                                       "slice bounds check elided", "will be kept alive"};

class TextReader {
 public:
  explicit TextReader(const TextSource& source) : folder_(source.folder) {
    builder_.keep(source.keep);
    if (!folder_.empty() && !folder_.ends_with('/')) folder_ += '/';
  }

  void read(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = next_line(text);
      if (line.empty()) continue;
      if (line.starts_with("# ")) {
        enter_package(line.substr(2));
        continue;
      }
      if (line.front() == '{' && take_wrapped(line)) continue;
      read_entry(line, text);
    }
  }
  // Reads what was wrapped, package by package.
  void read_wrapped() {
    for (auto& [package, output] : wrapped_) {
      const auto kept = std::make_shared<const std::string>(std::move(output));
      builder_.keep(kept);
      package_ = builder_.intern(package);
      in_wrapping_ = true;
      read(*kept);
    }
  }
  Decisions take() { return builder_.take(); }

 private:
  struct Tree {
    std::uint32_t flow = Decision::kNoFlow;
    StringId function;
    SizeReason size = SizeReason::kNone;
    std::uint16_t step = 0;
  };

  // "example.com/m [example.com/m.test]": the package as its tests see it.
  void enter_package(std::string_view header) {
    const std::string_view name = header.substr(0, header.find(" ["));
    package_ = builder_.intern(name);
    builder_.package();
    trees_.clear();
  }

  // A line of `go build -json`.
  bool take_wrapped(std::string_view line) {
    if (in_wrapping_) return false;
    const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("Action")) return false;
    const auto text = [&](const char* key) {
      const auto at = parsed.find(key);
      return at != parsed.end() && at->is_string() ? at->get<std::string>() : std::string();
    };
    if (text("Action") == "build-output") wrapped_[text("ImportPath")] += text("Output");
    return true;
  }

  void read_entry(std::string_view line, std::string_view& rest) {
    const Positioned entry = split_position(line);
    std::string_view body = entry.body;
    // What the compiler made itself has no position, as "#next" of a loop over a function.
    const bool may_have_none =
        body.starts_with("moved to heap: ") || body.find(" capturing by ") != std::string_view::npos;
    if (!entry.is_valid && !may_have_none) return builder_.not_understood(line);
    if (body.starts_with(kFrom) || body.starts_with(kFlow) || body.starts_with(kCircle))
      return;  // of a head that was not understood
    Decision decision;
    decision.package = package_;
    decision.place = {path_of(entry.path), entry.line, entry.column};
    const std::string_view position = line.substr(0, line.size() - body.size());
    if (read_head(decision, position, body, rest) || read_verdict(decision, body) || read_leak(decision, body) ||
        read_inlining(decision, body) || read_capture(decision, body) || read_other(decision, body))
      return;
    builder_.not_understood(line);
  }

  // "x escapes to heap in moved:", "parameter p leaks to {heap} for put with derefs=0:" and the tree below.
  bool read_head(const Decision& decision, std::string_view position, std::string_view body, std::string_view& rest) {
    if (!take_suffix(body, ":")) return false;
    std::string_view subject, target, function;
    if (body.starts_with("parameter ") && body.find(" leaks to ") != std::string_view::npos) {
      body.remove_prefix(10);
      body = cut_at_last(body, " with derefs=").first;
      const std::size_t leaks = body.find(" leaks to ");
      subject = body.substr(0, leaks);
      target = body.substr(leaks + 10);
      const std::size_t names = target.find(" for ");
      if (names != std::string_view::npos) function = target.substr(names + 5);
      target = target.substr(0, names);
    } else {
      constexpr std::string_view kWords = " escapes to heap";
      const std::size_t at = body.rfind(kWords);
      if (at == std::string_view::npos) return false;
      subject = body.substr(0, at);
      function = body.substr(at + kWords.size());
      if (!function.empty() && !take_prefix(function, " in ")) return false;
      if (subject.starts_with("append(")) subject = "append";  // as the verdict has it
    }
    Tree tree = read_tree(position, rest);
    tree.function = builder_.intern(function);
    trees_[key_of(decision.place, subject, target)] = tree;
    return true;
  }

  // Goes over the lines of the tree, which all begin with the position of its head. Only its first and last steps are
  // looked at; the rest waits until it is asked for.
  Tree read_tree(std::string_view position, std::string_view& rest) {
    const std::string_view begin = rest;
    std::string_view first, last;
    for (;;) {
      std::string_view ahead = rest;
      std::string_view line = next_line(ahead);
      if (!take_prefix(line, position)) break;
      if (take_prefix(line, kFrom)) {
        last = line;
        if (first.empty()) first = last;
      } else if (!line.starts_with(kFlow) && !line.starts_with(kCircle)) {
        break;
      }
      rest = ahead;
    }
    Tree tree;
    const std::size_t bytes = begin.size() - rest.size();
    if (bytes > 0) tree.flow = builder_.add_flow(begin.substr(0, bytes), false);
    tree.size = reasons()[find_reason(split_because(first).reason)].size;
    tree.step = find_reason(tree.size != SizeReason::kNone ? split_because(first).reason : split_because(last).reason);
    return tree;
  }

  void add(Decision& decision, std::string_view target = {}) {
    const auto tree = trees_.find(key_of(decision.place, decision.subject, target));
    if (tree != trees_.end()) {
      decision.flow = tree->second.flow;
      decision.function = tree->second.function;
      decision.size = tree->second.size;
      decision.step = tree->second.step;
    }
    builder_.add(decision, {});
  }

  bool read_verdict(Decision& decision, std::string_view body) {
    for (const Ending& ending : kEndings)
      if (std::string_view subject = body; take_suffix(subject, ending.words)) {
        decision.verdict = ending.verdict;
        decision.subject = subject;
        decision.made = made_by(subject);
        add(decision);
        return true;
      }
    for (const Ending& beginning : kBeginnings)
      if (std::string_view subject = body; take_prefix(subject, beginning.words)) {
        decision.verdict = beginning.verdict;
        decision.subject = subject;
        if (beginning.verdict == Verdict::kMovedToHeap) decision.made = Made::kVariable;
        add(decision);
        return true;
      }
    return false;
  }

  bool read_leak(Decision& decision, std::string_view body) {
    decision.verdict = Verdict::kLeaks;
    if (take_prefix(body, "leaking param content: "))
      decision.verdict = Verdict::kLeaksContent;
    else if (!take_prefix(body, "leaking param: "))
      return false;
    decision.made = Made::kVariable;
    const std::size_t result = body.find(" to result ");
    decision.subject = body.substr(0, result);
    if (result == std::string_view::npos) {
      add(decision, "{heap}");
      return true;
    }
    decision.verdict = Verdict::kLeaksToResult;
    decision.detail = body.substr(result + 1);
    const std::string_view target = body.substr(result + 11);
    add(decision, target.substr(0, target.rfind(" level=")));
    return true;
  }

  // "can inline F with cost 3 as: ...", "cannot inline F: REASON".
  bool read_inlining(Decision& decision, std::string_view body) {
    if (take_prefix(body, "can inline ")) {
      decision.verdict = Verdict::kCanInline;
      const std::size_t cost = body.find(" with cost ");
      decision.subject = body.substr(0, cost);
      if (cost != std::string_view::npos) decision.detail = body.substr(cost + 1, body.find(" as: ") - cost - 1);
    } else if (take_prefix(body, "cannot inline ")) {
      decision.verdict = Verdict::kCannotInline;
      const std::size_t colon = body.find(": ");
      decision.subject = body.substr(0, colon);
      if (colon != std::string_view::npos) decision.detail = body.substr(colon + 2);
    } else {
      return false;
    }
    builder_.add(decision, {});
    return true;
  }

  // "closure capturing by ref: n (addr=false assign=true width=8)".
  bool read_capture(Decision& decision, std::string_view body) {
    constexpr std::string_view kReference = " capturing by ref: ", kValue = " capturing by value: ";
    std::size_t at = body.find(kReference);
    const bool by_reference = at != std::string_view::npos;
    if (!by_reference) at = body.find(kValue);
    if (at == std::string_view::npos) return false;
    decision.verdict = by_reference ? Verdict::kCapturedReference : Verdict::kCapturedValue;
    decision.made = Made::kVariable;
    decision.function = builder_.intern(body.substr(0, at));
    const std::string_view rest = body.substr(at + (by_reference ? kReference : kValue).size());
    const std::size_t details = rest.rfind(" (addr=");
    decision.subject = rest.substr(0, details);
    if (details != std::string_view::npos) decision.detail = rest.substr(details + 1);
    builder_.add(decision, {});
    return true;
  }

  bool read_other(Decision& decision, std::string_view body) {
    const std::size_t ignoring = body.find(" ignoring self-assignment in ");
    if (ignoring != std::string_view::npos) {
      decision.verdict = Verdict::kSelfAssignment;
      decision.function = builder_.intern(body.substr(0, ignoring));
      decision.subject = body.substr(ignoring + 29);
    } else if (std::string_view rest = body;
               take_prefix(rest, "devirtualizing ") || take_prefix(rest, "PGO devirtualizing ")) {
      decision.verdict = Verdict::kDevirtualized;
      const std::size_t to = rest.find(" to ");
      decision.subject = rest.substr(0, to);
      if (to != std::string_view::npos) decision.detail = rest.substr(to + 1);
    } else if ((take_prefix(rest, "assuming ") && take_suffix(rest, " is unsafe uintptr")) ||
               (take_prefix(rest, "marking ") && rest.find(" as escaping ") != std::string_view::npos)) {
      decision.verdict = Verdict::kUintptr;
      decision.subject = rest.substr(0, rest.find(" as escaping "));
    } else {
      const bool is_note = std::ranges::any_of(kNotes, [&](std::string_view note) { return body.ends_with(note); }) ||
                           (body.starts_with("function ") && body.find(" considered 'big'") != std::string_view::npos);
      if (is_note) builder_.note();
      return is_note;
    }
    builder_.add(decision, {});
    return true;
  }

  StringId path_of(std::string_view path) {
    if (path == last_path_) return last_path_id_;
    last_path_ = path;
    std::string_view plain = path;
    while (take_prefix(plain, "./")) {
    }
    const bool is_relative = !plain.empty() && plain.front() != '/' && plain.front() != '<';
    // With -trimpath a path begins with an import path: it is in no folder here. Others that are relative and no "./"
    // are below the folder as well.
    last_path_id_ = is_relative && plain.size() != path.size() && !folder_.empty()
                        ? builder_.intern(folder_ + std::string(plain))
                        : builder_.intern(plain);
    return last_path_id_;
  }

  static std::uint64_t key_of(const Place& place, std::string_view subject, std::string_view target) {
    return mix(mix(mix(mix(place.path.row, place.line), place.column), subject), target);
  }

  std::string folder_;
  DecisionBuilder builder_;
  StringId package_;
  std::unordered_map<std::uint64_t, Tree> trees_;  // of this package, by place, subject and target
  std::string_view last_path_;
  StringId last_path_id_;
  std::map<std::string, std::string> wrapped_;  // by package
  bool in_wrapping_ = false;
};

}  // namespace

Decisions read_text(const TextSource& source) {
  TextReader reader(source);
  reader.read(source.bytes);
  reader.read_wrapped();
  return reader.take();
}

}  // namespace holdfast::compiler
