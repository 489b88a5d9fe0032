#include "evidence/line_decisions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/source_place.h"
#include "compiler/judge.h"
#include "compiler/reasons.h"

namespace holdfast::evidence {
namespace {

using compiler::Ruling;

// What the code refutes or does not have allocates nothing there.
bool allocates(const view::EscapeRow& row) {
  switch (row.ruling) {
    case Ruling::kConfirmed:
    case Ruling::kMerged:
    case Ruling::kPerhaps:
    case Ruling::kBroken:
    case Ruling::kUnsaid:
      return true;
    case Ruling::kNone:
      return row.decision != nullptr && row.decision->on_heap();
    case Ruling::kRefuted:
    case Ruling::kAbsent:
    case Ruling::kKept:
      break;
  }
  return false;
}

LineDecision decision_of(const view::EscapeRow& row) {
  LineDecision out{row.verdict, row.subject, row.call, row.type, row.condition, {}, {}, row.ruling};
  if (row.decision == nullptr) return out;
  const compiler::Reason& reason = compiler::reasons()[row.decision->step];
  out.reason = reason.name;
  out.cure = reason.cure;
  return out;
}

}  // namespace

void add_decisions(const view::EscapeRows& rows, LineVerdicts& verdicts) {
  // The compiler has paths of its own, so what only the code says is looked up by itself. It comes behind.
  PlaceIndex said, unsaid;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const view::EscapeRow& row = rows.rows[i];
    PlaceIndex& index = row.decision != nullptr ? said : unsaid;
    if (allocates(row))
      index.add({.path = row.path, .line = row.line, .function = row.function}, static_cast<std::uint32_t>(i));
  }
  for (LineVerdict& line : verdicts.lines) {
    if (line.place.empty()) continue;
    const SourcePlace place{.path = line.place.file, .line = line.place.line, .function = line.place.function};
    for (const PlaceIndex* const index : {&said, &unsaid})
      for (const std::uint32_t row : index->find(place)) {
        LineDecision decision = decision_of(rows.rows[row]);
        if (std::ranges::find(line.decisions, decision) == line.decisions.end())
          line.decisions.push_back(std::move(decision));
      }
  }
  verdicts.has_decisions = true;
}

std::string decision_words(const LineDecision& decision) {
  if (decision.ruling == Ruling::kUnsaid)
    return fmt::format("not said, but the code allocates{}{}", decision.type.empty() ? "" : " " + decision.type,
                       decision.condition.empty() ? "" : " " + decision.condition);
  std::string out = fmt::format("{}: {}", decision.verdict, decision.subject);
  if (!decision.reason.empty()) out += fmt::format(" ({})", decision.reason);
  if (decision.ruling != Ruling::kNone)
    out += fmt::format(", {} by the machine code", compiler::words_of(decision.ruling));
  return out;
}

}  // namespace holdfast::evidence
