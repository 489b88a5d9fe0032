#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "detect/findings.h"
#include "heap/hold_sections.h"
#include "report/counter_report.h"
#include "report/detector_report.h"

namespace holdfast::cli {
namespace {

using ::testing::Contains;
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
  EXPECT_STREQ(parse({"4711"}).verb->name, "report");
  const Options options = options_of({"4711"});
  EXPECT_EQ(options.target, "4711");
  EXPECT_FALSE(options.json);
  EXPECT_TRUE(options.use_dwarf);
  EXPECT_TRUE(options.use_symbols);
}

TEST(Options, EveryVerbTakesTheCommonOptions) {
  for (const std::string name : {"report", "types", "roots", "spans", "goroutines", "audit", "type-comparison"}) {
    const Parsed parsed = parse(
        {name, "core.17", "--exe", "checkout", "--threads", "3", "--no-symbols", "--no-cache", "--json", "--dry-run"});
    const Options& options = parsed.options;
    EXPECT_EQ(parsed.verb->name, name);
    EXPECT_EQ(options.target, "core.17");
    EXPECT_EQ(options.exe, "checkout");
    EXPECT_EQ(options.threads, 3U);
    EXPECT_FALSE(options.use_cache || options.use_symbols);
    EXPECT_TRUE(options.json && options.dry_run);
  }
}

TEST(Options, DiffTakesSeveralTargets) {
  const Options options = options_of({"diff", "a.hold", "--ops", "12", "b.hold", "4711"});
  EXPECT_EQ(options.target, "a.hold");
  EXPECT_THAT(options.later, ElementsAre("b.hold", "4711"));
  EXPECT_EQ(options.operations, 12U);
  EXPECT_EQ(refusal({"diff", "a.hold"}), "which LATER? For example: `holdfast diff before.hold after.hold 4711`");
  EXPECT_THAT(refusal({"diff"}), HasSubstr("which TARGET?"));
  EXPECT_THAT(refusal({"diff", "a", "b", "--ops", "0"}),
              HasSubstr("--ops: growth cannot be shared among 0 operations"));
}

TEST(Options, ContentIsKeptOnlyWhenAskedFor) {
  EXPECT_FALSE(options_of({"capture", "4711", "-o", "a.hold"}).with_content);
  EXPECT_TRUE(options_of({"capture", "4711", "-o", "a.hold", "--with-content"}).with_content);
  EXPECT_THROW(parse({"report", "4711", "--with-content"}), Error);
}

TEST(Options, TypeReasonsTakesAnAddress) {
  EXPECT_EQ(options_of({"type-reasons", "4711", "0xc000012340"}).address, Address(0xc000012340));
  for (const char* text : {"12", "c000012340", "0x", "0xg", "0x1ffffffffffffffff", "0x12 "})
    EXPECT_THAT(refusal({"type-reasons", "4711", text}), HasSubstr("is not an address like 0xc000012340")) << text;
  EXPECT_EQ(refusal({"type-reasons", "4711"}), "which ADDRESS? For example: `holdfast type-reasons 4711 0xc000123400`");
  EXPECT_EQ(refusal({"type-reasons", "4711", "0x10", "0x20"}), "type-reasons takes no more: what is \"0x20\"?");
  EXPECT_THAT(refusal({"type-comparison", "4711", "--no-dwarf"}), HasSubstr("needs debug information"));
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
  EXPECT_TRUE(options_of({"goroutines", "--stacks", "--each", "1"}).each);
  EXPECT_EQ(options_of({"capture", "1", "-o", "f.hold"}).output, "f.hold");
  EXPECT_EQ(options_of({"1", "--color", "never"}).color, Color::kNever);
  EXPECT_THAT(refusal({"types", "1", "--strict"}), HasSubstr("types takes no option --strict"));
  EXPECT_EQ(options_of({"audit", "1", "--color", "never"}).color, Color::kNever);
  EXPECT_EQ(options_of({"1"}).top, std::nullopt);
  EXPECT_EQ(options_of({"report", "1", "--top", "0"}).top, 0U);
  EXPECT_TRUE(options_of({"types", "1", "--wide"}).wide);
  EXPECT_EQ(refusal({"1", "--color", "blue"}), "--color: \"blue\" is none of: auto always never");
  EXPECT_EQ(refusal({"1", "--color", "auto always"}), "--color: \"auto always\" is none of: auto always never");
}

TEST(Options, AQueryIsAskedInOneFormat) {
  EXPECT_EQ(options_of({"query", "1", "SELECT 1"}).sql, "SELECT 1");
  EXPECT_EQ(options_of({"query", "1"}).sql, "");
  EXPECT_EQ(options_of({"query", "1", "--format", "csv"}).format, "csv");
  EXPECT_TRUE(options_of({"query", "1", "--json", "--format", "json"}).json);
  EXPECT_EQ(refusal({"query", "1", "--json", "--format", "csv"}),
            "--json and --format csv are two formats: which one?");
  EXPECT_EQ(options_of({"query", "1", "SELECT 1", "--format", "parquet", "-o", "x.parquet"}).output, "x.parquet");
  EXPECT_THAT(refusal({"query", "1", "SELECT 1", "--format", "parquet"}), HasSubstr("a Parquet file needs a name"));
  EXPECT_THAT(refusal({"query", "1", "--format", "parquet", "-o", "x"}), HasSubstr("the rows of one statement"));
  EXPECT_THAT(refusal({"query", "1", "SELECT", "1"}), HasSubstr("query takes no more: what is \"1\"?"));
}

TEST(Options, AMistypedVerbIsToldTheNearest) {
  EXPECT_EQ(refusal({"typse", "4711"}),
            "there is no verb \"typse\"; did you mean \"types\"? `holdfast --help` lists them");
  EXPECT_THAT(refusal({"goroutine", "4711", "--each"}), HasSubstr("did you mean \"goroutines\"?"));
  EXPECT_EQ(refusal({"frobnicate", "4711"}), "there is no verb \"frobnicate\": `holdfast --help` lists them");
  EXPECT_THAT(refusal({"help", "rots"}), HasSubstr("did you mean \"roots\"?"));
}

TEST(Options, AVerbInTheWrongPlaceIsToldWhereItBelongs) {
  EXPECT_EQ(refusal({"4711", "types", "also"}), "the verb comes first: `holdfast types 4711`");
  EXPECT_THAT(refusal({"--json", "types", "4711"}), HasSubstr("the verb comes first: `holdfast types TARGET"));
}

TEST(Options, WhatIsMissingIsAskedFor) {
  EXPECT_THAT(refusal({"types"}), HasSubstr("which TARGET?"));
  EXPECT_THAT(refusal({"--json"}), HasSubstr("which TARGET?"));
  EXPECT_EQ(refusal({"capture", "4711"}), "which file is to be written? `holdfast capture 4711 -o FILE.hold`");
  EXPECT_EQ(refusal({"capture", "4711", "--dry-run"}), "accepted");
  EXPECT_THAT(refusal({"types", "4711", "--sort"}), HasSubstr("--sort"));
}

TEST(Options, PsIsOfAllProcesses) {
  EXPECT_STREQ(parse({"ps"}).verb->name, "ps");
  EXPECT_EQ(options_of({"ps", "--sort", "heap", "--json"}).table.sort, "heap");
  EXPECT_EQ(refusal({"ps", "4711"}), "ps takes no TARGET: what is \"4711\"?");
  EXPECT_THAT(refusal({"ps", "--exe", "x"}), HasSubstr("ps takes no"));
}

TEST(Options, NumbersAreNumbers) {
  for (const char* wrong : {"-5", "x", "1.5", "99999999999"})
    EXPECT_THAT(refusal({"types", "4711", "--top", wrong}), HasSubstr("is not a number from 0 to 999999999")) << wrong;
  EXPECT_THAT(refusal({"4711", "--threads", "-1"}), HasSubstr("--threads"));
}

TEST(Options, OneTargetIsEnough) {
  EXPECT_EQ(refusal({"types", "4711", "4712"}), "one TARGET is enough: what is \"4712\"?");
}

TEST(Options, AValueIsGivenOnceAndIsNotEmpty) {
  EXPECT_EQ(refusal({"types", "1", "--top", "2", "--top", "3"}), "--top is given 2 times: once is enough");
  EXPECT_EQ(refusal({"types", "1", "--sort", ""}), "--sort needs a value that is not empty");
  EXPECT_EQ(refusal({"types", "--sort=", "1"}), "--sort needs a value that is not empty");
}

// Before anybody looks for the target, and whatever is asked of it.
TEST(Options, AColumnThatTheTableLacksIsRefused) {
  for (const char* option : {"--sort=weight", "--columns=type,weight", "--filter=weight>1"}) {
    EXPECT_THAT(refusal({"types", "4711", option}), HasSubstr("there is no column \"weight\"")) << option;
    EXPECT_THAT(refusal({"types", "4711", option, "--dry-run"}), HasSubstr("there is no column \"weight\"")) << option;
  }
  EXPECT_EQ(refusal({"goroutines", "4711", "--columns", "goid", "--each"}), "accepted");
  EXPECT_THAT(refusal({"goroutines", "4711", "--columns", "goid"}), HasSubstr("there is no column"));
}

// Columns whose texts come from the target. Whoever adds a column of text puts it here or says which words it can hold.
// A line for each: clang-format would fill lines, and each new one would move the others.
// clang-format off
const std::set<std::string_view> kOpenColumns = {
    "also",
    "assist_ratio",
    "because",
    "call",
    "channel",
    "compiler",
    "container",
    "created_at",
    "created_by",
    "cure",
    "detail",
    "element",
    "ended",
    "file",
    "function",
    "go",
    "held_by",
    "image",
    "inlined_at",
    "kept",
    "key",
    "labels",
    "largest_frame_of",
    "meaning",
    "measured_at",
    "module",
    "name",
    "names",
    "of_alive",
    "of_all",
    "package",
    "place",
    "put_there_by",
    "reason",
    "refused",
    "source",
    "status",
    "subject",
    "survives",
    "taken",
    "through",
    "top",
    "trouble",
    "type",
    "types",
    "under",
    "value",
    "variable",
};
// clang-format on

TEST(Options, AColumnOfFewWordsRefusesAnyOther) {
  for (const bool each : {false, true})
    for (const Verb* const verb : verbs()) {
      if (verb->shape == nullptr) continue;
      Options options;
      options.each = each;
      for (const view::Column& column : verb->shape(options).columns) {
        if (column.unit != view::Unit::kText || kOpenColumns.contains(column.name)) continue;
        std::vector<std::string> words = {verb->name, "--filter", std::string(column.name) + "=no such word"};
        if (verb->answers != Answers::kNobody) words.insert(words.begin() + 1, "4711");
        if (each && std::string_view(verb->name) == "goroutines") words.emplace_back("--each");
        if (std::string_view(verb->name) == "escape") words.emplace_back("build");
        EXPECT_THAT(refusal(words), HasSubstr("is never \"no such word\"; it is one of ")) << column.name;
      }
    }
}

TEST(Options, ATableWithBytesSaysHowManyItLeavesOut) {
  for (const Verb* const verb : verbs()) {
    if (verb->shape == nullptr) continue;
    const view::TableShape shape = verb->shape({});
    const auto has = [&](const auto& test) { return std::any_of(shape.columns.begin(), shape.columns.end(), test); };
    EXPECT_EQ(has([&](const view::Column& c) { return c.name == shape.sum && c.unit == view::Unit::kBytes; }),
              has([](const view::Column& c) { return c.unit == view::Unit::kBytes; }))
        << shape.name;
  }
}

TEST(VerbLike, FindsWhatWasMeantAndNothingFarOff) {
  EXPECT_STREQ(verb_like("audti")->name, "audit");
  EXPECT_STREQ(verb_like("span")->name, "spans");
  EXPECT_EQ(verb_like("checkout"), nullptr);
  for (const std::string_view word : {"0", "-"}) EXPECT_EQ(verb_like(word), nullptr) << word;
}

// Each verb must be complete: whoever adds one sees here what is missing.
TEST(Verbs, SayWhatTheyAre) {
  std::set<std::string_view> names;
  for (const Verb* verb : verbs()) {
    EXPECT_TRUE(names.insert(verb->name).second) << verb->name;
    EXPECT_NE(verb->run, nullptr) << verb->name;
    EXPECT_EQ(verb_named(verb->name), verb);
    EXPECT_THAT(verb->example, HasSubstr(verb == verbs().front() ? "holdfast" : verb->name));
    EXPECT_THAT(std::string(verb->help), ::testing::Not(::testing::EndsWith("."))) << verb->name;
    std::set<std::string_view> flags;
    for (const auto group : verb->flags)
      for (const Flag& flag : group) EXPECT_TRUE(flags.insert(long_name(flag)).second) << verb->name << flag.name;
  }
}

// The sentence that a loss shows is of use only if the user can tell from it which answers are poorer.
TEST(HoldParts, NameTheVerbsThatAnswerLessWithoutThem) {
  for (const heap::HoldPartRule& rule : heap::hold_part_rules()) {
    if (rule.absence != heap::PartAbsence::kLoss) continue;
    const std::string words(rule.without);
    std::size_t named = words.find("any verb") == std::string::npos ? 0 : 1;
    for (std::size_t at = words.find('`'); at != std::string::npos; at = words.find('`', words.find('`', at + 1) + 1)) {
      const std::string verb = words.substr(at + 1, words.find('`', at + 1) - at - 1);
      EXPECT_NE(verb_named(verb), nullptr) << verb << " in: " << words;
      ++named;
    }
    EXPECT_GT(named, 0U) << words;
  }
}

TEST(Completion, NamesEveryVerbOptionAndColumn) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion(shell);
    for (const Verb* verb : verbs()) {
      EXPECT_THAT(script, HasSubstr(verb->name)) << shell;
      for (const auto group : verb->flags)
        for (const Flag& flag : group) EXPECT_THAT(script, HasSubstr(std::string(long_name(flag).substr(2)))) << shell;
    }
    EXPECT_THAT(script, HasSubstr("retained"));
  }
  EXPECT_THROW(completion("csh"), Error);
}

// Returns what bash offers for the last of the words that are on its line.
std::vector<std::string> offered(const std::vector<std::string>& line) {
  const std::string script = ::testing::TempDir() + "/completion" + std::to_string(getpid()) + ".bash";
  std::ofstream file(script);
  file << completion("bash") << "holdfast() { printf ' pid\\n4711\\n\\n1 process\\n'; }\nCOMP_WORDS=(holdfast";
  for (const std::string& word : line) file << " '" << word << "'";
  file << ")\nCOMP_CWORD=" << line.size() << "\n_holdfast\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  file.close();
  std::vector<std::string> words;
  FILE* const bash = popen(("bash " + script).c_str(), "r");
  std::array<char, 256> text = {};
  while (std::fgets(text.data(), text.size(), bash) != nullptr) {
    words.emplace_back(text.data());
    words.back().pop_back();
  }
  pclose(bash);
  std::remove(script.c_str());
  return words;
}

TEST(Completion, OffersTheValuesThatTheOptionHasWithThisVerb) {
  EXPECT_THAT(offered({"help", "--format", ""}), ElementsAre("text", "man", "markdown", "query", "counters"));
  EXPECT_THAT(offered({"help", "query", "--format", "m"}), ElementsAre("man", "markdown"));
  EXPECT_THAT(offered({"export", "4711", "--of", "a"}), ElementsAre("allocations"));
  EXPECT_THAT(offered({"export", "4711", "--as", "=", "h"}), ElementsAre("heap-text", "heapsnapshot", "hprof"));
  EXPECT_THAT(offered({"query", "4711", "--format", ""}), ElementsAre("table", "csv", "json", "parquet"));
  EXPECT_THAT(offered({"4711", "--color", "a"}), ElementsAre("auto", "always"));
  EXPECT_THAT(offered({"types", "4711", "--sort", "re"}), ElementsAre("retained"));
  EXPECT_THAT(offered({"goroutines", "4711", "--columns", "go"}), ElementsAre("goid"));
  EXPECT_THAT(offered({"types", "4711", "--top", ""}), ElementsAre(""));
}

TEST(Completion, OffersWhatTheVerbTakes) {
  EXPECT_THAT(offered({"types", "47"}), ElementsAre("4711"));
  EXPECT_THAT(offered({"types", "proc"}), ElementsAre("")) << "of \"1 process\" under the list";
  EXPECT_THAT(offered({"type-r"}), ElementsAre("type-reasons"));
  EXPECT_THAT(offered({"help", "type-r"}), ElementsAre("type-reasons"));
  EXPECT_THAT(offered({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(offered({"ps", ""}), ElementsAre(""));
  EXPECT_THAT(offered({"help", "--fo"}), ElementsAre("--format"));
  EXPECT_THAT(offered({"4711", "--ru"}), ElementsAre("--rules"));
}

TEST(Completion, OffersFilesWhereAnOptionTakesOne) {
  const std::string file = ::testing::TempDir() + "/named" + std::to_string(getpid());
  std::ofstream(file) << "x";
  for (const char* option : {"--exe", "--image", "--symbols", "--rules"})
    EXPECT_THAT(offered({"report", "4711", option, file.substr(0, file.size() - 1)}), Contains(file)) << option;
  EXPECT_THAT(offered({"capture", "4711", "-o", file.substr(0, file.size() - 1)}), Contains(file));
  std::remove(file.c_str());
}

TEST(ManPage, HasEveryVerbAndNoLineThatRoffTakesForItsOwn) {
  const std::string page = man_page();
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with('.')) {
      EXPECT_THAT(line, ::testing::MatchesRegex("\\.(TH|SH|TP|B|PP).*")) << line;
    }
  for (const Verb* verb : verbs()) EXPECT_THAT(page, HasSubstr(std::string(".SH ") + verb->name + "\n"));
}

// What is made from the table is kept in files, so that every change of it is seen. UPDATE_GOLDEN=1 rewrites them.
void expect_file(const std::string& path, const std::string& text) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::stringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, golden.str()) << path << "; UPDATE_GOLDEN=1 rewrites it";
}

TEST(CommandsPage, IsTheOneInTheDocs) {
  expect_file(std::string(HOLDFAST_DOCS) + "/commands.md", markdown_page());
  expect_file(std::string(HOLDFAST_DOCS) + "/counters.md", report::explained_page());
}

TEST(DetectorsPage, IsTheOneInTheDocs) {
  expect_file(std::string(HOLDFAST_DOCS) + "/detectors.md", report::detectors_page(detect::detector_facts()));
}

class Help : public ::testing::TestWithParam<const char*> {};

TEST_P(Help, IsTheGoldenText) {
  const std::string verb = GetParam();
  const Parsed parsed = verb.empty() ? parse({"--help"}) : parse({verb, "--help"});
  ASSERT_TRUE(parsed.done);
  const std::string path = std::string(HOLDFAST_GOLDEN) + "/help" + (verb.empty() ? "" : "_" + verb) + ".txt";
  expect_file(path, parsed.text);
  std::istringstream lines(parsed.text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
}

std::vector<const char*> help_topics() {
  std::vector<const char*> topics = {""};
  for (const Verb* verb : verbs()) topics.push_back(verb->name);
  return topics;
}

INSTANTIATE_TEST_SUITE_P(OfEveryVerb, Help, ::testing::ValuesIn(help_topics()));

TEST(HelpForms, AllSayTheSame) {
  EXPECT_EQ(parse({}).text, parse({"--help"}).text);
  EXPECT_EQ(parse({"help", "types"}).options.topic, "types");
  EXPECT_EQ(parse({"types", "4711", "-h"}).text, verb_help(*verb_named("types")));
  EXPECT_THAT(parse({"--version"}).text, HasSubstr("holdfast "));
}

TEST(PastedAddress, IsTakenOutOfWhatDebuggersPrint) {
  for (const char* text : {"0xc000012340", "(*main.T)(0xc000012340)", "*main.T @ 0xc000012340", "824633795392",
                           "(*\"example.com/app/main.T\")(0xc000012340)", "$1 = (main.T *) 0xc000012340"})
    EXPECT_EQ(options_of({"show", "4711", text}).address, Address(0xc000012340)) << text;
  for (const char* text :
       {"", "main.T", "0x", "0xzz", "0xc000012340 0xc000012350", "99999999999999999999", "c000012340"})
    EXPECT_THROW(options_of({"show", "4711", text}), Error) << text;
}

TEST(Show, TakesItsOptions) {
  const Options options = options_of({"show", "4711", "0x10", "--type", "main.T", "--depth", "3", "--by", "retained",
                                      "--top", "0", "--raw", "--as", "dlv"});
  EXPECT_EQ(options.show.type, "main.T");
  EXPECT_EQ(options.show.depth, 3U);
  EXPECT_EQ(options.show.top, 0U);
  EXPECT_TRUE(options.show.by_retained && options.show.raw);
  EXPECT_EQ(options.debugger, "dlv");
  EXPECT_FALSE(options_of({"show", "4711", "0x10", "--by", "place"}).show.by_retained);
  EXPECT_THROW(options_of({"show", "4711", "0x10", "--as", "lldb"}), Error);
  EXPECT_THROW(options_of({"show", "4711"}), Error);
}

}  // namespace
}  // namespace holdfast::cli
