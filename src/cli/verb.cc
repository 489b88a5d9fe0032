#include "cli/verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "cli/verbs/verbs.h"

namespace holdfast::cli {
namespace {

constexpr std::size_t kNear = 2;  // the most edits between a word and what it was meant to be

constexpr std::array kVerbs = {
    &kReportVerb,        &kOwnersVerb,         &kWhyVerb,       &kShowVerb,       &kCutVerb,
    &kCyclesVerb,        &kTypesVerb,          &kRootsVerb,     &kGoroutinesVerb, &kLabelsVerb,
    &kAccountVerb,       &kSpansVerb,          &kSlicesVerb,    &kDanglingVerb,   &kTypeReasonsVerb,
    &kTypeConflictsVerb, &kTypeComparisonVerb, &kAuditVerb,     &kCaptureVerb,    &kDiffVerb,
    &kExportVerb,        &kQueryVerb,          &kStatsVerb,     &kWebVerb,        &kProfileVerb,
    &kEscapeVerb,        &kVerdictVerb,        &kDumpVerb,      &kGcVerb,         &kDetectorsVerb,
    &kProcessesVerb,     &kHelpVerb,           &kCompletionVerb};

// Returns the edit distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const Verb* const> verbs() {
  return kVerbs;
}

std::string verb_names() {
  std::string out;
  for (const Verb* const verb : kVerbs) out += fmt::format("{}{}", out.empty() ? "" : " ", verb->name);
  return out;
}

const Verb* verb_named(std::string_view name) {
  const auto it = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb* verb) { return verb->name == name; });
  return it == kVerbs.end() ? nullptr : *it;
}

const Verb* verb_like(std::string_view word) {
  const Verb* const nearest = *std::min_element(kVerbs.begin(), kVerbs.end(), [&](const Verb* a, const Verb* b) {
    return distance(word, a->name) < distance(word, b->name);
  });
  const auto away = distance(word, nearest->name);
  return away <= kNear && away < word.size() ? nearest : nullptr;  // some letter must be right
}

void refuse_verb(std::string_view word) {
  const Verb* const near = verb_like(word);
  fail(ErrorCode::kUsage, "there is no verb \"{}\"{} `holdfast --help` lists them", word,
       near == nullptr ? ":" : fmt::format("; did you mean \"{}\"?", near->name));
}

}  // namespace holdfast::cli
