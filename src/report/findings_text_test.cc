// What the first screen says of findings: the sure ones whole, the possible ones a line each, and of none a calm line.
#include <nlohmann/json.hpp>

#include "report/report_for_tests.h"
#include "report/report_json.h"
#include "report/report_text.h"

namespace holdfast::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using view::Confidence;
using view::Finding;
using view::Report;
using view::sentence;

Finding finding(Confidence confidence, std::uint64_t bytes, std::string_view title) {
  Finding out;
  out.id = "sparse-map";
  out.confidence = confidence;
  out.bytes = bytes;
  out.title = sentence("{}", title);
  out.because = sentence("its counts say so");
  out.fix = sentence("copy it");
  out.fingerprint = title;
  return out;
}

Report report_with(std::vector<Finding> findings) {
  Report report = report_of(shop());
  report.detectors = 20;
  report.finding_count = findings.size();
  report.findings = std::move(findings);
  return report;
}

TEST(FindingsText, SaysCalmlyThatNothingIsWrong) {
  Report report = report_with({});
  const TextOptions options{.style = {.width = 200}, .target = "x"};
  EXPECT_THAT(report_text(report, options),
              HasSubstr("\nNOTHING LOOKS WRONG: 20 detectors looked, and not everything could be read; `holdfast "
                        "detectors` says for what\n"));
  report.losses.clear();
  const std::string text = report_text(report, options);
  EXPECT_THAT(text, HasSubstr("\nNOTHING LOOKS WRONG: 20 detectors looked, `holdfast detectors` says for what\n"));
  EXPECT_THAT(text, Not(HasSubstr("FINDINGS")));
  EXPECT_THAT(report_text(report_of(shop()), {}), Not(HasSubstr("NOTHING")));  // nobody looked
}

TEST(FindingsText, OpensWithTheSureOnes) {
  Finding sure = finding(Confidence::kProven, 64 << 10, "a map has room for much more");
  sure.known = {.library = "example.com/log",
                .version = "v1.2.0",
                .fixed_in = "v1.3.0",
                .issue = "log#7",
                .words = "it only grows"};
  sure.folded.push_back({.id = "sparse-array",
                         .title = sentence("an array is sparse"),
                         .bytes = 2048,
                         .confidence = Confidence::kPossible,
                         .fingerprint = {}});
  const Report report = report_with({sure});
  const std::string text = report_text(report, {.style = {.width = 200}, .target = "x"});
  EXPECT_LT(text.find("FINDINGS"), text.find("WHERE THE MEMORY IS"));
  EXPECT_THAT(text,
              HasSubstr("a map has room for much more\n     proven: its counts say so\n     known: example.com/log "
                        "v1.2.0: it only grows; v1.3.0 has it mended, log#7\n     change: copy it\n     explains: "
                        "an array is sparse (2.0 KiB)\n"));
  const auto json = report_json(report)["findings"][0];
  EXPECT_EQ(json["known_leak"]["fixed_in"], "v1.3.0");
  EXPECT_EQ(json["folded"][0]["bytes"], 2048);
  EXPECT_TRUE(json["shared_bytes"].is_null());
}

TEST(FindingsText, GivesPossibleOnesALineUnlessAllIsAskedFor) {
  std::vector<Finding> findings;
  for (const char* title : {"the first", "the second", "the third", "the fourth"})
    findings.push_back(finding(Confidence::kPossible, 4096, title));
  const Report report = report_with(findings);
  const std::string text = report_text(report, {.style = {.width = 200}, .target = "x"});
  EXPECT_THAT(text, HasSubstr("\nNOTHING IS CLEARLY WRONG: 20 detectors looked, "));
  EXPECT_THAT(text, HasSubstr("     possible: 4.0 KiB ("));
  EXPECT_THAT(text, HasSubstr("the third\n     1 more, at most 4.0 KiB; `holdfast report --top 0` says "));
  EXPECT_THAT(text, Not(HasSubstr("change: copy it")));
  const std::string all = report_text(report, {.style = {.width = 200}, .holders = TextOptions::kAll, .target = "x"});
  EXPECT_THAT(all, HasSubstr("FINDINGS"));
  EXPECT_THAT(all, HasSubstr("the fourth\n     possible: its counts say so\n     change: copy it\n"));
}

TEST(FindingsText, DoesNotBeginWithWhatIsTrueAndVeryLittle) {
  Finding minor = finding(Confidence::kProven, 2048, "a goroutine waits for ever");
  minor.is_minor = true;
  const TextOptions options{.style = {.width = 200}, .target = "x"};
  const std::string text = report_text(report_with({minor}), options);
  EXPECT_EQ(report_json(report_with({minor}))["findings"][0]["minor"], true);
  EXPECT_THAT(text, HasSubstr("\nNOTHING LARGE IS WRONG: 20 detectors looked, "));
  EXPECT_THAT(text, HasSubstr("     proven: 2.0 KiB ("));
  EXPECT_THAT(text, Not(HasSubstr("FINDINGS")));
  EXPECT_THAT(report_text(report_with({finding(Confidence::kStrong, 4096, "a map is sparse"), minor}), options),
              HasSubstr("FINDINGS\n  1 "));
}

TEST(FindingsText, NamesWhoHoldsMostWhereNoFindingDoes) {
  Report report = report_with({});
  ASSERT_FALSE(report.holders.empty());
  view::Holder& holder = report.holders.front();
  holder.explained_by = {};
  holder.bytes = report.whole_bytes() / 2;
  const TextOptions options{.style = {.width = 200}, .target = "x"};
  EXPECT_THAT(report_text(report, options), HasSubstr("     most is held by " + holder.what.brief + ": "));
  holder.bytes = report.whole_bytes() / 4;
  EXPECT_THAT(report_text(report, options), Not(HasSubstr("most is held by")));
  holder.bytes = report.whole_bytes() / 2;
  holder.explained_by = "mine";
  EXPECT_THAT(report_text(report, options), Not(HasSubstr("most is held by")));
}

TEST(FindingsText, SaysOfAHolderWhichFindingIsAboutIt) {
  Report report =
      report_with({finding(Confidence::kStrong, 4096, "other"), finding(Confidence::kStrong, 4096, "mine")});
  ASSERT_FALSE(report.holders.empty());
  report.holders.front().explained_by = "mine";
  EXPECT_THAT(report_text(report, {}), HasSubstr("     finding 2 is about it\n"));
  EXPECT_EQ(report_json(report)["holders"][0]["explained_by"], "mine");
}

}  // namespace
}  // namespace holdfast::report
