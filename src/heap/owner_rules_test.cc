#include "heap/owner_rules.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace holdfast::heap {
namespace {

using ::testing::HasSubstr;

std::string refusal_of(std::string_view text) {
  OwnerRules rules;
  try {
    rules.add(text, "my.rules");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "";
}

TEST(OwnerRules, AreOneLineEach) {
  OwnerRules rules;
  rules.add("# a comment\n\n  pool  my.Pool\tsync.Map  \r\nrecord runtime.timer pending  timer\nplumbing gopkg.in/x.v2",
            "my.rules");
  ASSERT_EQ(rules.all().size(), 3U);
  EXPECT_EQ(rules.all()[0], (OwnerRule{RuleKind::kPool, "sync.Map", "my.Pool", "", "", "my.rules", 3}));
  EXPECT_EQ(rules.all()[1], (OwnerRule{RuleKind::kRecord, "runtime.timer", "", "", "pending  timer", "my.rules", 4}));
  EXPECT_EQ(rules.all()[2], (OwnerRule{RuleKind::kPlumbing, "gopkg.in/x.v2", "", "", "", "my.rules", 5}));
}

TEST(OwnerRules, AreWrittenAsTheyAreRead) {
  for (const OwnerRule& rule : OwnerRules::built_in().all()) {
    OwnerRules again;
    again.add(rule.text(), "");
    ASSERT_EQ(again.all().size(), 1U) << rule.text();
    EXPECT_EQ(again.all().front().text(), rule.text());
    heap::OwnerRule expected = rule;
    expected.line = 1;
    EXPECT_EQ(again.all().front(), expected);
  }
}

TEST(OwnerRules, TellAFieldFromItsType) {
  OwnerRules rules;
  rules.add("weak gopkg.in/tree.v2.node[main.Key].parent\nchildren worker main.pool.workers still at work", "");
  EXPECT_EQ(rules.all()[0].subject, "gopkg.in/tree.v2.node[main.Key]");
  EXPECT_EQ(rules.all()[0].field, "parent");
  EXPECT_EQ(rules.all()[1], (OwnerRule{RuleKind::kChildren, "main.pool", "worker", "workers", "still at work", "", 2}));
}

TEST(OwnerRules, TakeBlanksInBracketsForAPartOfTheType) {
  OwnerRules rules;
  rules.add("container sync.Map map[interface {}]*sync.entry", "");
  EXPECT_EQ(rules.all()[0].subject, "map[interface {}]*sync.entry");
}

TEST(OwnerRules, SayFileAndLineOfWhatIsNone) {
  EXPECT_THAT(refusal_of("# fine\nholdr main.Cache\n"), HasSubstr("my.rules:2: a rule begins with one of plumbing, "));
  EXPECT_THAT(refusal_of("holdr main.Cache"), HasSubstr("not with \"holdr\""));
  EXPECT_EQ(refusal_of("container main.Cache"),
            "my.rules:1: container wants NAME TYPE, and the line ends after \"container main.Cache\"");
  EXPECT_EQ(refusal_of("record runtime.timer"),
            "my.rules:1: record wants TYPE WORDS, and the line ends after \"record runtime.timer\"");
  EXPECT_EQ(refusal_of("children worker main.pool.workers"),
            "my.rules:1: children wants NAME TYPE.FIELD WORDS, and the line ends after \"children worker "
            "main.pool.workers\"");
  EXPECT_EQ(refusal_of("plumbing sync time"), "my.rules:1: plumbing wants PACKAGE and nothing behind it, not \"time\"");
  EXPECT_EQ(refusal_of("pool Cache Cache"),
            "my.rules:1: pool wants a type with its package, as container/list.List, not \"Cache\"");
  EXPECT_EQ(refusal_of("plumbing sync.(*Mutex).Lock"),
            "my.rules:1: plumbing wants the path of a package, as golang.org/x/sync, not \"sync.(*Mutex).Lock\"");
  EXPECT_EQ(refusal_of("weak parent"),
            "my.rules:1: weak wants TYPE.FIELD, as container/list.Element.prev, not \"parent\"");
  EXPECT_EQ(refusal_of("weak node.parent"),
            "my.rules:1: weak wants a field of a type with its package, as container/list.Element.prev, and \"node\" "
            "has none");
  EXPECT_EQ(refusal_of("pool p map[int"), "my.rules:1: the brackets in \"map[int\" do not match");
}

TEST(OwnerRules, ShowNothingOfAWrongFileThatATerminalCouldObey) {
  const std::string binary(
      "\x7f"
      "ELF\x1b[2J\0\x01 x",
      11);
  const std::string text = refusal_of(binary);
  EXPECT_THAT(text, HasSubstr("my.rules:1: "));
  EXPECT_EQ(text.find_first_of(std::string("\x1b\0", 2)), std::string::npos);
}

TEST(OwnerRules, GoOnFromTheBuiltInOnes) {
  OwnerRules rules = OwnerRules::built_in();
  rules.add("plumbing example.com/middleware", "my.rules");
  EXPECT_TRUE(rules.plumbing("sync.(*Mutex).Lock"));
  const RuleId mine = rules.plumbing("example.com/middleware/log.With.func1");
  ASSERT_TRUE(mine);
  EXPECT_EQ(rules[mine].file, "my.rules");
  EXPECT_FALSE(rules.plumbing("example.com/middlewares.With"));
}

}  // namespace
}  // namespace holdfast::heap
