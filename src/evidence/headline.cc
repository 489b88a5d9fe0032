#include "evidence/headline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "evidence/line_decisions.h"
#include "evidence/line_table.h"
#include "view/names.h"

namespace holdfast::evidence {
namespace {

// The line that a symptom of that stage is about: what survives is told by what is alive, what is allocated too often
// by what was allocated and is gone.
const LineVerdict* line_for(Stage stage, const LineVerdicts& lines) {
  if (lines.lines.empty()) return nullptr;
  if (stage == Stage::kSurvival) {
    const auto own = std::ranges::find_if(lines.lines, [](const LineVerdict& line) { return !line.place.empty(); });
    return own == lines.lines.end() || own->alive.bytes.value == 0 ? nullptr : &*own;
  }
  if (lines.by_code) return nullptr;  // what has died, the code does not tell
  if (stage != Stage::kAllocation && stage != Stage::kCollection && stage != Stage::kEscape) return nullptr;
  const auto died = [](const LineVerdict& line) {
    return line.allocated.bytes.value - std::min(line.allocated.bytes.value, line.alive.bytes.value);
  };
  const LineVerdict& most = *std::ranges::max_element(lines.lines, {}, died);
  return died(most) > 0 ? &most : nullptr;
}

std::string made_words(const LineVerdict& line) {
  const MadeByCode& made = *line.by_code;
  return fmt::format("{} made {}{} of what is alive, {} of type {}", place_words(line),
                     made.places.size() > 1 ? ""
                     : made.has_doubt()     ? "at most "
                                            : "exactly ",
                     format_bytes(line.alive.bytes.value), made.types.size() > 1 ? "mostly" : "all",
                     view::short_type(made.types.front().type));
}

constexpr std::uint64_t kManyNeverFreed = 1 << 20;

// Chance decides what so few say; a sentence must not rest on them.
bool is_few(const LineVerdicts& all, std::uint64_t samples) {
  return !all.by_code && all.facts.rate != 1 && samples < kFewSamples;
}

std::string allocated_words(const LineVerdict& line, const LineVerdicts& all) {
  std::string out = fmt::format("{} has allocated {}", place_words(line), format_bytes(line.allocated.bytes.value));
  if (is_few(all, line.allocated.samples)) out += fmt::format(" by {}", format_count(line.allocated.samples, "sample"));
  if (line.alive.samples == 0) return out + ", of which nothing is alive";
  out += fmt::format(", of which {} are alive", format_bytes(line.alive.bytes.value));
  if (!is_few(all, line.alive.samples)) return out;
  out += fmt::format(" by {}, which may be {} to {}", format_count(line.alive.samples, "sample"),
                     format_bytes(line.alive.bytes.least), format_bytes(line.alive.bytes.most));
  if (line.type.objects > 0)
    out += fmt::format(" (of {} the graph reaches exactly {}, wherever allocated)", view::short_type(line.type.name),
                       format_bytes(line.type.bytes));
  return out;
}

std::string line_words(const LineVerdict& line, const LineVerdicts& all) {
  std::string out = line.by_code ? made_words(line) : allocated_words(line, all);
  if (!line.held.empty()) {
    const HeldPart& most = line.held.front();
    out += fmt::format(", {}held by {}",
                       most.share > 0.995 ? "" : format_share(most.bytes, line.alive.bytes.value) + " of it ",
                       most.who.brief);
  }
  return out;
}

// "Most is alive" only if the line has more than half of all; else it is the first of many.
std::string_view most_words(Stage stage, const LineVerdict& line, const LineVerdicts& all) {
  const bool is_doubtful = is_few(all, stage == Stage::kSurvival ? line.alive.samples : line.allocated.samples);
  if (stage != Stage::kSurvival) return is_doubtful ? "Most seems to have died" : "Most has died";
  if (line.alive.bytes.value < all.reached_bytes / 2)
    return is_doubtful ? "More than of any other seems to be alive" : "More than of any other is alive";
  return is_doubtful ? "Most seems to be alive" : "Most is alive";
}

// What no line has, where that is more than the line has.
std::string unknown_words(const LineVerdict& line, const LineVerdicts& all) {
  if (!all.by_code || all.by_code->of_many < line.alive.bytes.value) return "";
  return fmt::format("; which lines made {} of types that many make (mostly {}) the code does not tell",
                     format_bytes(all.by_code->of_many), view::short_type(all.by_code->most_of_many));
}

std::string line_sentence(Stage stage, const LineVerdict& line, const LineVerdicts& all) {
  return fmt::format(". {} of one line: {}{}", most_words(stage, line, all), line_words(line, all),
                     unknown_words(line, all));
}

}  // namespace

std::string headline(const std::vector<SymptomRow>& symptoms, const LineVerdicts* lines, std::uint64_t never_freed) {
  const std::string cycles =
      never_freed < kManyNeverFreed
          ? ""
          : fmt::format(". Cycles of pointers with finalizers keep {} for ever", format_bytes(never_freed));
  const auto is_there = [](const SymptomRow& row) { return row.presence >= Presence::kPresent; };
  if (symptoms.empty() || !is_there(symptoms.front())) {
    std::string out = "No symptom is there at this moment";
    if (std::ranges::any_of(symptoms, [](const SymptomRow& row) { return row.presence == Presence::kUnknown; }))
      out += ", as far as one look can tell";
    if (lines != nullptr && !lines->lines.empty() && lines->lines.front().alive.bytes.value > 0)
      out += line_sentence(Stage::kSurvival, lines->lines.front(), *lines);
    return out + cycles + ".";
  }
  const SymptomRow& first = symptoms.front();
  std::string out = fmt::format(
      "{}: {}", first.presence == Presence::kGrows ? words_of(first.symptom) : words_now(first.symptom), first.cause);
  out.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(out.front())));
  // What goroutines hold is told by where they are.
  if (lines != nullptr && first.symptom != Symptom::kGoroutinesGrow)
    if (const LineVerdict* const line = line_for(first.stage, *lines)) out += line_sentence(first.stage, *line, *lines);
  return out + cycles + ".";
}

void blame_compiler(std::vector<SymptomRow>& symptoms, const LineVerdicts& lines) {
  for (SymptomRow& row : symptoms) {
    if (row.presence < Presence::kPresent || row.stage != Stage::kAllocation) continue;
    const LineVerdict* const line = line_for(row.stage, lines);
    if (line == nullptr) continue;
    const auto decision = std::ranges::find_if(line->decisions, [](const LineDecision& one) {
      return one.ruling == compiler::Ruling::kConfirmed && !one.cure.empty();
    });
    if (decision == line->decisions.end()) continue;
    row.stage = Stage::kEscape;
    row.evidence.push_back(fmt::format("the compiler at {}: {}", place_words(*line), decision_words(*decision)));
    row.next = decision->cure;
  }
}

namespace {

std::string code_basis(const LineVerdicts& lines) {
  const CodeBasis& code = *lines.by_code;
  std::string out = fmt::format(
      "{}. So lines are told by the machine code, which names the type that a line makes; what they have allocated and "
      "what "
      "died is not known. The graph reaches {} in {}: {} are of types that one line makes, {} of types that a "
      "few make",
      code.why_no_profile, format_bytes(lines.reached_bytes), format_count(lines.reached_objects, "object"),
      format_bytes(code.of_one_line), format_bytes(code.of_few));
  if (code.of_many > 0)
    out += fmt::format(", {} of types that many make (mostly {})", format_bytes(code.of_many),
                       view::short_type(code.most_of_many));
  if (code.of_none > 0)
    out += fmt::format(", {} of what no call names (mostly {})", format_bytes(code.of_none),
                       view::short_type(code.most_of_none));
  if (code.untyped > 0) out += fmt::format(", and of {} the type is not known", format_bytes(code.untyped));
  return out + ".";
}

}  // namespace

std::string basis_of(const LineVerdicts& lines) {
  if (lines.by_code) return code_basis(lines);
  std::string out;
  if (!lines.has_estimates) {
    out = "The profiler's rate has changed or is not known, so bytes are those of the objects that were sampled.";
  } else if (*lines.facts.rate == 1) {
    out = "Every object is recorded, so all numbers are exact.";
    if (lines.facts.rate_has_changed)
      out +=
          fmt::format(" What the program allocated before it set runtime.MemProfileRate to 1 is in no line: {} of {}.",
                      format_count(lines.facts.expected - std::min(lines.facts.expected, lines.facts.sampled)),
                      format_count(lines.facts.expected, "object"));
  } else {
    out = fmt::format(
        "By the runtime's own memory profile: of about every {} that are allocated one object is recorded, "
        "and stands for others.",
        format_bytes(*lines.facts.rate));
  }
  out += fmt::format(" The graph reaches {} in {}; the lines explain {} of it", format_bytes(lines.reached_bytes),
                     format_count(lines.reached_objects, "object"), format_bytes(lines.all_alive.bytes.value));
  if (lines.has_estimates && *lines.facts.rate > 1)
    out +=
        fmt::format(" ({} to {})", format_bytes(lines.all_alive.bytes.least), format_bytes(lines.all_alive.bytes.most));
  return out + ".";
}

}  // namespace holdfast::evidence
