#include "compiler/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::compiler {
namespace {

constexpr const char* kHeader =
    R"({"version":0,"package":"main","goos":"linux","goarch":"amd64","gc_version":"go1.27.4","file":"/m/main.go"})"
    "\n";

std::string at(int line, int column) {
  return fmt::format(R"("range":{{"start":{{"line":{0},"character":{1}}},"end":{{"line":{0},"character":{1}}}}})", line,
                     column);
}

std::string related(int line, int column, const std::string& message) {
  return fmt::format(R"({{"location":{{"uri":"file:///m/main.go",{}}},"message":"{}"}})", at(line, column), message);
}

std::string diagnostic(int line, int column, const std::string& code, const std::string& message,
                       const std::string& others = "") {
  return fmt::format(
      "{{{},\"severity\":3,\"code\":\"{}\",\"source\":\"go "
      "compiler\",\"message\":\"{}\",\"relatedInformation\":[{}]}}\n",
      at(line, column), code, message, others);
}

Decisions read(const std::string& text) {
  const auto kept = std::make_shared<const std::string>(text);
  return read_json({{"main.json", *kept, kept}});
}

TEST(JsonReader, AVerdictTakesTheWordsOfWhatExplainsIt) {
  const Decisions decisions =
      read(kHeader +
           diagnostic(29, 14, "escape", "&node{} escapes to heap",
                      related(25, 9, "inlineLoc") + "," +
                          related(29, 14, "escflow:    flow: ~r0 ← &{storage for &node{}}:") + "," +
                          related(29, 14, "escflow:      from &node{} (spill)") + "," + related(25, 9, "inlineLoc") +
                          "," + related(29, 2, "escflow:      from return ~r0 (return)")) +
           diagnostic(29, 14, "escape", "", related(25, 9, "inlineLoc")));
  ASSERT_EQ(decisions.all().size(), 1U);
  const Decision& one = decisions.all().front();
  EXPECT_EQ(one.verdict, Verdict::kEscapes);
  EXPECT_EQ(one.subject, "&node{}");
  EXPECT_EQ(one.place.line, 29U);
  EXPECT_EQ(decisions.written(one).line, 25U);
  EXPECT_EQ(reasons()[one.step].name, "return");
  const std::vector<FlowStep> flow = decisions.flow(one);
  ASSERT_EQ(flow.size(), 3U);
  EXPECT_EQ(flow[1].line, 25U) << "where the step was written";
  EXPECT_EQ(decisions.go_version(), "go1.27.4");
}

TEST(JsonReader, WhatHasNoVerdictIsAVariable) {
  const Decisions decisions = read(kHeader + diagnostic(20, 2, "escape", "x escapes to heap"));
  ASSERT_EQ(decisions.all().size(), 1U);
  EXPECT_EQ(decisions.all().front().verdict, Verdict::kMovedToHeap);
  EXPECT_EQ(decisions.all().front().made, Made::kVariable);
}

TEST(JsonReader, ParametersLeakToTheHeapOrAResult) {
  const Decisions decisions = read(kHeader + diagnostic(1, 1, "leak", "parameter p leaks to {heap} with derefs=0") +
                                   diagnostic(2, 1, "leak", "parameter p leaks to {heap} for f with derefs=1") +
                                   diagnostic(3, 1, "leak", "parameter p leaks to q with derefs=2"));
  ASSERT_EQ(decisions.all().size(), 3U);
  EXPECT_EQ(decisions.all()[0].verdict, Verdict::kLeaks);
  EXPECT_EQ(decisions.all()[1].verdict, Verdict::kLeaksContent);
  EXPECT_EQ(decisions.all()[2].detail, "to result q level=2");
}

TEST(JsonReader, CountsWhatItDoesNotKnow) {
  const Decisions decisions =
      read(kHeader + diagnostic(1, 1, "nilcheck", "") + diagnostic(1, 255, "somethingNew", "x") + "{\"range\":{\"st");
  EXPECT_EQ(decisions.notes(), 1U);
  EXPECT_EQ(decisions.not_understood().lines, 2U);
}

TEST(JsonReader, RefusesAnotherFile) {
  EXPECT_FALSE(is_json_log("{}"));
  EXPECT_TRUE(is_json_log(kHeader));
  try {
    read("{}\n");
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), testing::HasSubstr("main.json has no header"));
  }
}

}  // namespace
}  // namespace holdfast::compiler
