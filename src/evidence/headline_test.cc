#include "evidence/headline.h"

#include <gmock/gmock.h>

namespace holdfast::evidence {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kMegabyte = 1 << 20;

LineVerdicts one_line(std::uint64_t samples, std::uint64_t rate = 512 * 1024) {
  LineVerdicts lines;
  lines.facts.rate = rate;
  lines.reached_bytes = 6 * kMegabyte;
  LineVerdict& line = lines.lines.emplace_back();
  line.place = {"main.add", "/src/main.go", 12};
  line.allocated = {samples, {}, {40 * kMegabyte, 20 * kMegabyte, 60 * kMegabyte}};
  line.alive = {samples, {}, {4 * kMegabyte, kMegabyte, 9 * kMegabyte}};
  line.type = {"main.T", samples, samples, 1000, 5 * kMegabyte};
  return lines;
}

std::vector<SymptomRow> symptom(Stage stage) {
  SymptomRow row;
  row.symptom = stage == Stage::kSurvival ? Symptom::kLiveGrows : Symptom::kGarbageGrows;
  row.presence = Presence::kGrows;
  row.stage = stage;
  row.cause = "more lives";
  return {row};
}

TEST(Headline, ManySamplesSpeakForThemselves) {
  const LineVerdicts lines = one_line(500);
  EXPECT_THAT(
      headline(symptom(Stage::kSurvival), &lines),
      HasSubstr("Most is alive of one line: main.add main.go:12 has allocated 40.0 MiB, of which 4.0 MiB are alive."));
}

TEST(Headline, FewSamplesSaySoAndTheGraphSpeaks) {
  const LineVerdicts lines = one_line(3);
  EXPECT_THAT(headline(symptom(Stage::kSurvival), &lines),
              AllOf(HasSubstr("Most seems to be alive of one line"), HasSubstr("allocated 40.0 MiB by 3 samples"),
                    HasSubstr("4.0 MiB are alive by 3 samples, which may be 1.0 MiB to 9.0 MiB"),
                    HasSubstr("of main.T the graph reaches exactly 5.0 MiB, wherever allocated")));
  EXPECT_THAT(headline(symptom(Stage::kAllocation), &lines), HasSubstr("Most seems to have died of one line"));
}

TEST(Headline, EveryObjectRecordedIsNoSample) {
  const LineVerdicts lines = one_line(3, 1);
  EXPECT_THAT(headline(symptom(Stage::kSurvival), &lines), Not(HasSubstr("sample")));
}

TEST(Headline, WhatHasLessThanHalfIsNotMost) {
  LineVerdicts lines = one_line(500);
  lines.reached_bytes = 100 * kMegabyte;
  EXPECT_THAT(headline({}, &lines), HasSubstr("More than of any other is alive of one line: main.add"));
}

TEST(Headline, NoLineIsNamedThatHasNothing) {
  LineVerdicts lines = one_line(0);
  lines.lines[0].alive = {};
  lines.lines[0].allocated = {};
  EXPECT_THAT(headline({}, &lines), Not(HasSubstr("main.add")));
  EXPECT_THAT(headline(symptom(Stage::kSurvival), &lines), Not(HasSubstr("main.add")));
  EXPECT_THAT(headline(symptom(Stage::kAllocation), &lines), Not(HasSubstr("main.add")));
}

// What died, machine code does not tell.
TEST(Headline, ByCodeOnlyWhatIsAliveIsTold) {
  LineVerdicts lines = one_line(0);
  lines.by_code.emplace();
  MadeByCode& made = lines.lines[0].by_code.emplace();
  made.places = {lines.lines[0].place};
  made.types = {{"main.T", 1000, 4 * kMegabyte, ""}};
  EXPECT_THAT(headline(symptom(Stage::kSurvival), &lines),
              HasSubstr("main.add main.go:12 made exactly 4.0 MiB of what is alive, all of type main.T"));
  made.types[0].doubt = "reflection";
  EXPECT_THAT(headline(symptom(Stage::kSurvival), &lines), HasSubstr("made at most 4.0 MiB"));
  EXPECT_THAT(headline(symptom(Stage::kAllocation), &lines), Not(HasSubstr("main.add")));
}

}  // namespace
}  // namespace holdfast::evidence
