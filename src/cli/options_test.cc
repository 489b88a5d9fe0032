#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace holdfast::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Arguments = std::vector<std::string>;

Options options_of(const Arguments& arguments) {
  const Parsed parsed = parse(arguments);
  EXPECT_FALSE(parsed.done);
  return parsed.options;
}
std::string refusal(const Arguments& arguments) {
  try {
    parse(arguments);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "accepted";
}

TEST(Options, ATargetAloneMeansTheReport) {
  const Options options = options_of({"4711"});
  EXPECT_EQ(options.verb, Verb::kReport);
  EXPECT_EQ(options.target, "4711");
  EXPECT_FALSE(options.json);
  EXPECT_TRUE(options.use_dwarf);
  EXPECT_TRUE(options.use_symbols);
}

TEST(Options, EveryVerbTakesTheCommonOptions) {
  const std::vector<std::pair<std::string, Verb>> verbs = {{"report", Verb::kReport},         {"types", Verb::kTypes},
                                                           {"roots", Verb::kRoots},           {"spans", Verb::kSpans},
                                                           {"goroutines", Verb::kGoroutines}, {"audit", Verb::kAudit}};
  for (const auto& [name, verb] : verbs) {
    const Options options = options_of(
        {name, "core.17", "--exe", "checkout", "--threads", "3", "--no-dwarf", "--no-symbols", "--json", "--dry-run"});
    EXPECT_EQ(options.verb, verb) << name;
    EXPECT_EQ(options.target, "core.17");
    EXPECT_EQ(options.exe, "checkout");
    EXPECT_EQ(options.threads, 3U);
    EXPECT_FALSE(options.use_dwarf || options.use_symbols);
    EXPECT_TRUE(options.json && options.dry_run);
  }
}

TEST(Options, ContentIsKeptOnlyWhenAskedFor) {
  EXPECT_FALSE(options_of({"capture", "4711", "-o", "a.hold"}).with_content);
  EXPECT_TRUE(options_of({"capture", "4711", "-o", "a.hold", "--with-content"}).with_content);
  EXPECT_THROW(parse({"report", "4711", "--with-content"}), Error);
}

TEST(Options, TypesTakesOneQuestionAtATime) {
  EXPECT_EQ(options_of({"types", "4711", "--of", "0xc000012340"}).of, Address(0xc000012340));
  EXPECT_TRUE(options_of({"types", "4711", "--conflicts", "--sort", "claims"}).conflicts);
  for (const char* text : {"12", "c000012340", "0x", "0xg", "0x1ffffffffffffffff", "0x12 "})
    EXPECT_THAT(refusal({"types", "4711", "--of", text}), HasSubstr("is not an address like 0xc000012340")) << text;
  EXPECT_THAT(refusal({"types", "4711", "--conflicts", "--of", "0x10"}), HasSubstr("at a time"));
  EXPECT_THAT(refusal({"types", "4711", "--conflicts", "--compare-dwarf"}), HasSubstr("at a time"));
  EXPECT_THAT(refusal({"roots", "4711", "--of", "0x10"}), HasSubstr("takes no option --of"));
}

TEST(Options, OptionsMayStandBeforeTheTarget) {
  EXPECT_EQ(options_of({"--threads", "2", "checkout"}).target, "checkout");
  EXPECT_EQ(options_of({"types", "--top", "5", "checkout"}).target, "checkout");
  EXPECT_EQ(options_of({"types", "--filter", "a", "--filter", "b", "checkout"}).target, "checkout");
}

TEST(Options, ATableTakesTopSortFilterAndColumns) {
  const Options options = options_of({"types", "4711", "--top", "0", "--sort", "-count", "--filter", "main.",
                                      "--filter", "count>5", "--columns", "type,count"});
  EXPECT_EQ(options.table.top, 0U);
  EXPECT_EQ(options.table.sort, "-count");
  EXPECT_THAT(options.table.filters, ElementsAre("main.", "count>5"));
  EXPECT_EQ(options.table.columns, "type,count");
  EXPECT_EQ(options_of({"types", "4711"}).table.top, 30U);
  EXPECT_EQ(options_of({"types", "4711", "--sort=-count"}).table.sort, "-count");
}

TEST(Options, VerbsTakeTheirOwn) {
  EXPECT_TRUE(options_of({"audit", "--strict", "1"}).strict);
  EXPECT_TRUE(options_of({"goroutines", "--stacks", "--group", "1"}).group);
  EXPECT_EQ(options_of({"capture", "1", "-o", "f.hold"}).output, "f.hold");
  EXPECT_EQ(options_of({"1", "--color", "never"}).color, Color::kNever);
  EXPECT_THAT(refusal({"types", "1", "--strict"}), HasSubstr("types takes no option --strict"));
  EXPECT_THAT(refusal({"1", "--color", "blue"}), HasSubstr("blue"));
}

TEST(Options, AMistypedVerbIsToldTheNearest) {
  EXPECT_EQ(refusal({"typse", "4711"}),
            "there is no verb \"typse\"; did you mean \"types\"? holdfast --help lists them");
  EXPECT_THAT(refusal({"goroutine", "4711", "--group"}), HasSubstr("did you mean \"goroutines\"?"));
  EXPECT_EQ(refusal({"frobnicate", "4711"}), "there is no verb \"frobnicate\": holdfast --help lists them");
  EXPECT_THAT(refusal({"help", "rots"}), HasSubstr("did you mean \"roots\"?"));
}

TEST(Options, AVerbInTheWrongPlaceIsToldWhereItBelongs) {
  EXPECT_EQ(refusal({"4711", "types"}), "the verb comes first: holdfast types 4711");
  EXPECT_THAT(refusal({"--json", "types", "4711"}), HasSubstr("the verb comes first: holdfast types TARGET"));
}

TEST(Options, WhatIsMissingIsAskedFor) {
  EXPECT_THAT(refusal({"types"}), HasSubstr("which TARGET?"));
  EXPECT_THAT(refusal({"--json"}), HasSubstr("which TARGET?"));
  EXPECT_EQ(refusal({"capture", "4711"}), "which file is to be written? holdfast capture 4711 -o FILE.hold");
  EXPECT_EQ(refusal({"capture", "4711", "--dry-run"}), "accepted");
  EXPECT_THAT(refusal({"types", "4711", "--sort"}), HasSubstr("--sort"));
}

TEST(Options, PsIsOfAllProcesses) {
  EXPECT_EQ(options_of({"ps"}).verb, Verb::kPs);
  EXPECT_EQ(options_of({"ps", "--sort", "heap", "--json"}).table.sort, "heap");
  EXPECT_EQ(refusal({"ps", "4711"}), "ps takes no TARGET: what is \"4711\"?");
  EXPECT_THAT(refusal({"ps", "--exe", "x"}), HasSubstr("ps takes no"));
}

TEST(Options, NumbersAreNumbers) {
  for (const char* wrong : {"-5", "x", "1.5", "99999999999"})
    EXPECT_THAT(refusal({"types", "4711", "--top", wrong}), HasSubstr("is not a number from 0 up")) << wrong;
  EXPECT_THAT(refusal({"4711", "--threads", "-1"}), HasSubstr("--threads"));
}

TEST(Options, OneTargetIsEnough) {
  EXPECT_EQ(refusal({"types", "4711", "4712"}), "one TARGET is enough: what is \"4712\"?");
}

TEST(VerbLike, FindsWhatWasMeantAndNothingFarOff) {
  EXPECT_EQ(verb_like("audti"), "audit");
  EXPECT_EQ(verb_like("span"), "spans");
  EXPECT_EQ(verb_like("checkout"), "");
}

// Each help text is a file, so that a change of it is seen. UPDATE_GOLDEN=1 rewrites them.
class Help : public ::testing::TestWithParam<const char*> {};

TEST_P(Help, IsTheGoldenText) {
  const std::string verb = GetParam();
  const Parsed parsed = verb.empty() ? parse({"--help"}) : parse({verb, "--help"});
  ASSERT_TRUE(parsed.done);
  const std::string path = std::string(HOLDFAST_GOLDEN) + "/help" + (verb.empty() ? "" : "_" + verb) + ".txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << parsed.text;
  std::stringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(parsed.text, golden.str()) << path << "; UPDATE_GOLDEN=1 rewrites it";
  std::istringstream lines(parsed.text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
}

INSTANTIATE_TEST_SUITE_P(OfEveryVerb, Help,
                         ::testing::Values("", "report", "types", "roots", "goroutines", "spans", "audit", "capture",
                                           "ps"));

TEST(HelpForms, AllSayTheSame) {
  EXPECT_EQ(parse({}).text, parse({"--help"}).text);
  EXPECT_EQ(parse({"help"}).text, parse({"-h"}).text);
  EXPECT_EQ(parse({"help", "types"}).text, parse({"types", "4711", "-h"}).text);
  EXPECT_THAT(parse({"--version"}).text, HasSubstr("holdfast "));
}

}  // namespace
}  // namespace holdfast::cli
