#include "evidence/line_decisions.h"

#include <gmock/gmock.h>

#include "evidence/headline.h"

namespace holdfast::evidence {
namespace {

using compiler::Ruling;
using testing::ElementsAre;
using testing::IsEmpty;

view::EscapeRow row(const compiler::Decision* decision, Ruling ruling, std::string path, std::uint32_t line,
                    std::string function, std::string subject) {
  view::EscapeRow out;
  out.decision = decision;
  out.ruling = ruling;
  out.path = std::move(path);
  out.line = line;
  out.function = std::move(function);
  out.subject = std::move(subject);
  out.verdict = decision != nullptr ? "escapes" : "not said";
  return out;
}

std::vector<std::string> decisions_at(const view::EscapeRows& rows, std::uint32_t line) {
  LineVerdicts verdicts;
  verdicts.lines.resize(1);
  verdicts.lines[0].place = {"example.com/app.serve", "/home/me/app/server.go", line};
  add_decisions(rows, verdicts);
  std::vector<std::string> out;
  for (const LineDecision& decision : verdicts.lines[0].decisions) out.push_back(decision_words(decision));
  return out;
}

TEST(LineDecisions, JoinWhatTheCompilerCallsOtherwise) {
  const compiler::Decision decision;
  view::EscapeRows rows;
  // The compiler ran in the folder of the module, the code has the whole path.
  rows.rows = {row(&decision, Ruling::kConfirmed, "server.go", 12, "serve", "&request{}"),
               row(nullptr, Ruling::kUnsaid, "/home/me/app/server.go", 12, "example.com/app.serve", "map store"),
               row(&decision, Ruling::kConfirmed, "server.go", 13, "serve", "other")};
  EXPECT_THAT(decisions_at(rows, 12),
              ElementsAre("escapes: &request{}, confirmed by the machine code", "not said, but the code allocates"));
  EXPECT_THAT(decisions_at(rows, 14), IsEmpty());
}

TEST(LineDecisions, LeaveOutWhatAllocatesNothing) {
  const compiler::Decision decision;
  for (const Ruling ruling : {Ruling::kRefuted, Ruling::kAbsent, Ruling::kKept}) {
    view::EscapeRows rows;
    rows.rows = {row(&decision, ruling, "server.go", 12, "serve", "x")};
    EXPECT_THAT(decisions_at(rows, 12), IsEmpty());
  }
}

TEST(LineDecisions, WithoutAProgramTheCompilerIsBelieved) {
  compiler::Decision decision;
  decision.verdict = compiler::Verdict::kEscapes;
  view::EscapeRows rows;
  rows.rows = {row(&decision, Ruling::kNone, "server.go", 12, "serve", "x")};
  EXPECT_THAT(decisions_at(rows, 12), ElementsAre("escapes: x"));
  decision.verdict = compiler::Verdict::kStays;
  EXPECT_THAT(decisions_at(rows, 12), IsEmpty());
}

TEST(LineDecisions, MakeGarbageTheCompilersFault) {
  LineVerdicts lines;
  lines.lines.resize(2);
  lines.lines[0].place = {"main.kept", "/a.go", 3};
  lines.lines[0].allocated.bytes = lines.lines[0].alive.bytes = {1 << 20, 1 << 20, 1 << 20};
  lines.lines[1].place = {"main.churn", "/a.go", 9};
  lines.lines[1].allocated.bytes = {900 << 20, 900 << 20, 900 << 20};
  lines.lines[1].decisions = {
      {"escapes", "&point{}", "", "", "", "call parameter", "call it directly", Ruling::kConfirmed}};
  SymptomRow garbage;
  garbage.symptom = Symptom::kGarbageGrows;
  garbage.presence = Presence::kGrows;
  garbage.stage = Stage::kAllocation;
  std::vector<SymptomRow> rows = {garbage};
  blame_compiler(rows, lines);
  EXPECT_EQ(rows[0].stage, Stage::kEscape);
  EXPECT_EQ(rows[0].next, "call it directly");
  ASSERT_EQ(rows[0].evidence.size(), 1U);
  EXPECT_EQ(rows[0].evidence[0],
            "the compiler at main.churn a.go:9: escapes: &point{} (call parameter), confirmed by the machine code");
  rows = {garbage};
  lines.lines[1].decisions[0].ruling = Ruling::kRefuted;
  blame_compiler(rows, lines);
  EXPECT_EQ(rows[0].stage, Stage::kAllocation) << "the machine code allocates nothing there";
}

}  // namespace
}  // namespace holdfast::evidence
