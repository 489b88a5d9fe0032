#include "heap/owner_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/embedded_file.h"
#include "base/error.h"
#include "base/terminal_text.h"

namespace holdfast {

std::span<const EmbeddedFile> owner_rule_files();  // data/owner_rules.txt

}  // namespace holdfast

namespace holdfast::heap {
namespace {

enum class Subject : std::uint8_t { kPackage, kType, kField };

// What stands behind the word that a line begins with.
struct Form {
  std::string_view word;
  RuleKind kind;
  std::string_view wants;
  Subject subject;
  bool has_name = false;   // before the subject
  bool has_words = false;  // behind it
};

constexpr auto kForms = std::to_array<Form>({
    {"plumbing", RuleKind::kPlumbing, "PACKAGE", Subject::kPackage},
    {"worker", RuleKind::kWorker, "PACKAGE", Subject::kPackage},
    {"container", RuleKind::kContainer, "NAME TYPE", Subject::kType, true},
    {"pool", RuleKind::kPool, "NAME TYPE", Subject::kType, true},
    {"alike", RuleKind::kAlike, "NAME TYPE", Subject::kType, true},
    {"children", RuleKind::kChildren, "NAME TYPE.FIELD WORDS", Subject::kField, true, true},
    {"part", RuleKind::kPart, "TYPE.FIELD", Subject::kField},
    {"record", RuleKind::kRecord, "TYPE WORDS", Subject::kType, false, true},
    {"holder", RuleKind::kHolder, "TYPE", Subject::kType},
    {"through", RuleKind::kThrough, "TYPE", Subject::kType},
    {"weak", RuleKind::kWeak, "TYPE.FIELD", Subject::kField},
});

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// Takes the next word from the line; empty at its end. Blanks in brackets belong to the word: "map[interface {}]int".
std::string_view take_word(std::string_view& line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  std::size_t end = 0;
  for (int depth = 0; end < line.size() && (depth > 0 || !is_space(line[end])); ++end) {
    if (line[end] == '[') ++depth;
    if (line[end] == ']') --depth;
  }
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kWidest = 60;
  return fmt::format("\"{}\"", fit(text, kWidest));
}

// Reads one line. Throws what is wrong with it, without its place.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line), rest_(line) {}

  OwnerRule read() {
    const Form& form = form_of(take_word(rest_));
    OwnerRule rule;
    rule.kind = form.kind;
    if (form.has_name) rule.name = take(form);
    rule.subject = take(form);
    if (form.subject == Subject::kField) rule.field = take_field(form, rule.subject);
    check_subject(form, rule.subject);
    if (form.has_words) rule.words = trimmed(rest_);
    if (form.has_words && rule.words.empty()) refuse_end(form);
    if (!form.has_words && !trimmed(rest_).empty())
      fail(ErrorCode::kUsage, "{} wants {} and nothing behind it, not {}", form.word, form.wants,
           in_quotes(trimmed(rest_)));
    return rule;
  }

 private:
  static const Form& form_of(std::string_view word) {
    const auto* const form = std::ranges::find(kForms, word, &Form::word);
    if (form != kForms.end()) return *form;
    std::string words;
    for (const Form& known : kForms) words += fmt::format("{}{}", words.empty() ? "" : ", ", known.word);
    fail(ErrorCode::kUsage, "a rule begins with one of {}, not with {}", words, in_quotes(word));
  }

  std::string take(const Form& form) {
    const std::string_view word = take_word(rest_);
    if (word.empty()) refuse_end(form);
    if (std::ranges::count(word, '[') != std::ranges::count(word, ']'))
      fail(ErrorCode::kUsage, "the brackets in {} do not match", in_quotes(word));
    return std::string(word);
  }

  // Takes the field off "main.node.parent".
  static std::string take_field(const Form& form, std::string& subject) {
    const std::size_t dot = subject.rfind('.');
    if (dot == std::string::npos || dot + 1 == subject.size() || subject.find(']', dot) != std::string::npos)
      fail(ErrorCode::kUsage, "{} wants {}, as container/list.Element.prev, not {}", form.word, form.wants,
           in_quotes(subject));
    const std::string field = subject.substr(dot + 1);
    subject.resize(dot);
    return field;
  }

  [[noreturn]] void refuse_end(const Form& form) const {
    fail(ErrorCode::kUsage, "{} wants {}, and the line ends after {}", form.word, form.wants,
         in_quotes(trimmed(line_)));
  }

  static void check_subject(const Form& form, std::string_view subject) {
    if (form.subject == Subject::kField && subject.find('.') == std::string_view::npos)
      fail(ErrorCode::kUsage,
           "{} wants a field of a type with its package, as container/list.Element.prev, and {} has none", form.word,
           in_quotes(subject));
    const bool has_dot = subject.find_first_of(".[") != std::string_view::npos;
    if (form.subject == Subject::kType && !has_dot)
      fail(ErrorCode::kUsage, "{} wants a type with its package, as container/list.List, not {}", form.word,
           in_quotes(subject));
    if (form.subject == Subject::kPackage && subject.find_first_of("[]*()") != std::string_view::npos)
      fail(ErrorCode::kUsage, "{} wants the path of a package, as golang.org/x/sync, not {}", form.word,
           in_quotes(subject));
  }

  std::string_view line_;
  std::string_view rest_;
};

}  // namespace

bool lies_in(std::string_view function, std::string_view package) {
  return function.starts_with(package) && function.size() > package.size() &&
         (function[package.size()] == '.' || function[package.size()] == '/');
}

std::string OwnerRule::text() const {
  const auto* const form = std::ranges::find(kForms, kind, &Form::kind);
  std::string text(form->word);
  if (form->has_name) text += " " + name;
  text += " " + subject;
  if (form->subject == Subject::kField) text += "." + field;
  return form->has_words ? text + " " + words : text;
}

const OwnerRules& OwnerRules::built_in() {
  static const OwnerRules rules = [] {
    OwnerRules made;
    made.add(owner_rule_files().front().text, "");
    return made;
  }();
  return rules;
}

void OwnerRules::add(std::string_view text, const std::string& file) {
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    rules_.push_back(in_context([&] { return LineReader(content).read(); }, "{}:{}", file, number));
    rules_.back().file = file;
    rules_.back().line = number;
    const RuleId added(static_cast<std::uint32_t>(rules_.size() - 1));
    if (rules_.back().kind == RuleKind::kPlumbing) plumbing_.push_back(added);
    if (rules_.back().kind == RuleKind::kWorker) workers_.push_back(added);
  }
}

RuleId OwnerRules::first_above(const std::vector<RuleId>& packages, std::string_view function) const {
  const auto found =
      std::ranges::find_if(packages, [&](RuleId rule) { return lies_in(function, rules_[rule.row].subject); });
  return found == packages.end() ? RuleId() : *found;
}

RuleId OwnerRules::plumbing(std::string_view function) const {
  return first_above(plumbing_, function);
}

RuleId OwnerRules::worker(std::string_view function) const {
  return first_above(workers_, function);
}

}  // namespace holdfast::heap
