#include "compiler/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/json_reader.h"
#include "compiler/text_reader.h"

namespace holdfast::compiler {
namespace {

constexpr const char* kText =
    "./main.go:29:14: &node{} escapes to heap\n"
    "./main.go:40:2: b does not escape\n";
constexpr const char* kJson =
    R"({"version":0,"package":"main","gc_version":"go1.27.4","file":"/m/main.go"})"
    "\n"
    R"({"range":{"start":{"line":29,"character":14}},"code":"escape","message":"&node{} escapes to heap",)"
    R"("relatedInformation":[{"location":{"uri":"file:///m/x.go","range":{"start":{"line":25,"character":9}}},)"
    R"("message":"inlineLoc"}]})"
    "\n"
    R"({"range":{"start":{"line":29,"character":14}},"code":"escape","message":"",)"
    R"("relatedInformation":[{"location":{"uri":"file:///m/x.go","range":{"start":{"line":25,"character":9}}},)"
    R"("message":"inlineLoc"}]})"
    "\n";

TEST(Merge, TextLearnsWhereItsDecisionsWereInlined) {
  const auto text = std::make_shared<const std::string>(kText);
  const auto json = std::make_shared<const std::string>(kJson);
  Decisions both = read_text({*text, text, "/m"});
  merge(both, read_json({{"main.json", *json, json}}));
  ASSERT_EQ(both.all().size(), 2U);
  EXPECT_EQ(both.all()[0].subject, "&node{}");
  EXPECT_EQ(both.text(both.written(both.all()[0]).path), "/m/x.go");
  EXPECT_EQ(both.written(both.all()[0]).line, 25U);
  EXPECT_EQ(both.all()[1].verdict, Verdict::kStays);
  EXPECT_EQ(both.go_version(), "go1.27.4");
}

TEST(Merge, KeepsWhatOnlyJsonSays) {
  const auto text = std::make_shared<const std::string>("./other.go:1:1: x escapes to heap\n");
  const auto json = std::make_shared<const std::string>(kJson);
  Decisions both = read_text({*text, text, "/m"});
  merge(both, read_json({{"main.json", *json, json}}));
  ASSERT_EQ(both.all().size(), 2U);
  EXPECT_EQ(both.text(both.all()[1].place.path), "/m/main.go");
}

}  // namespace
}  // namespace holdfast::compiler
