// Checks what the comparison of looks says, in text and JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "report/growth_report.h"
#include "report/report_for_tests.h"

namespace holdfast::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The shop at a moment, with so many sessions and goroutines.
heap::Snapshot shop_at(std::int64_t second, std::uint32_t generation, int sessions, int goroutines,
                       std::int32_t pid = 4711) {
  heap::testing::HeapBuilder heap;
  add_registry(heap, sessions, 8192);
  add_goroutines(heap, goroutines, 2048);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.config"), heap.leaf(40960));
  heap::Snapshot snapshot = heap.build();
  snapshot.target.pid = pid;
  snapshot.target.name = "checkout";
  snapshot.target.host = "vm";
  snapshot.target.build_id = "abc";
  snapshot.target.from_file = true;
  snapshot.target.go_version = "go1.26.11";
  snapshot.target.captured_at_ns = (1'796'000'000 + second) * 1'000'000'000;
  snapshot.audit.sweep_generation = generation;
  snapshot.profile.known = true;
  snapshot.profile.rate = 65536;
  for (heap::Span& span : snapshot.spans) span.has_marks = true;
  heap::Mapping stack;
  stack.range = {Address(0x7ffd00000000), Address(0x7ffd00020000)};
  stack.name = snapshot.strings.add("[stack]");
  snapshot.mappings.push_back(stack);
  return snapshot;
}

void add_look(view::GrowthBuilder& builder, heap::Snapshot snapshot, std::string name) {
  EXPECT_THAT(heap::problems(snapshot), ::testing::IsEmpty());
  graph::Reachability reached = graph::reach(snapshot);
  const auto dominators = graph::dominators(snapshot);
  view::Moment moment;
  {
    const view::Groundwork groundwork(snapshot, dominators);
    moment = view::make_moment(groundwork, reached);
  }
  moment.name = std::move(name);
  builder.add(std::move(moment), snapshot, std::move(reached.bits));
}

view::Growth two_looks(std::uint64_t operations = 0) {
  view::GrowthBuilder builder;
  add_look(builder, shop_at(0, 4, 400, 100), "a.hold");
  add_look(builder, shop_at(60, 4, 600, 150), "b.hold");
  return builder.growth(operations);
}

view::Growth three_looks() {
  view::GrowthBuilder builder;
  add_look(builder, shop_at(0, 4, 400, 100), "a.hold");
  add_look(builder, shop_at(60, 6, 600, 90), "b.hold");
  add_look(builder, shop_at(180, 12, 800, 150), "c.hold");
  return builder.growth(1000);
}

TEST(GrowthReport, TheTextIsAsInTheGoldenFiles) {
  const TextStyle style{.width = kEndless};
  expect_golden("diff.txt", growth_text(two_looks(), style, 10));
  expect_golden("diff_three.txt", growth_text(three_looks(), style, 2));
}

TEST(GrowthReport, JsonHasWhatTheGoldenFileHas) {
  expect_golden("diff.json", growth_json(three_looks(), 2).dump(2) + "\n");
}

TEST(GrowthReport, LinesFitTheTerminal) {
  for (const std::size_t width : {60U, 80U, 100U, 120U}) {
    const std::string text = growth_text(three_looks(), {.width = width}, 10);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      const std::string line = text.substr(begin, end - begin);
      EXPECT_TRUE(text_width(line) <= width || line.find('`') != std::string::npos) << line;
      begin = end + 1;
    }
  }
}

TEST(GrowthReport, HeadingsAreBoldAndOtherwiseTheTextIsTheSame) {
  const view::Growth growth = two_looks();
  std::string bold = growth_text(growth, {.width = 100, .color = true}, 10);
  EXPECT_THAT(bold, HasSubstr("\033[1mBY TYPE\033[0m  of the"));
  for (const std::string mark : {"\033[1m", "\033[0m"})
    for (std::size_t at = bold.find(mark); at != std::string::npos; at = bold.find(mark)) bold.erase(at, mark.size());
  EXPECT_EQ(bold, growth_text(growth, {.width = 100}, 10));
}

TEST(GrowthReport, SaysHowFarLooksCanBeCompared) {
  const auto compared = [](heap::Snapshot second) {
    view::GrowthBuilder builder;
    add_look(builder, shop_at(0, 4, 10, 1), "a.hold");
    add_look(builder, std::move(second), "b.hold");
    return growth_text(builder.growth(0), {.width = kEndless}, 10);
  };
  EXPECT_THAT(compared(shop_at(9, 4, 10, 1)), HasSubstr("2 looks at one process, pid 4711, 9.0 s from"));
  const std::string other = compared(shop_at(9, 4, 10, 1, 4712));
  EXPECT_THAT(other, HasSubstr("different processes of one build, so names are compared and no addresses"));
  EXPECT_THAT(other, Not(HasSubstr("OBJECT BY OBJECT")));
  EXPECT_THAT(other, Not(HasSubstr("a second")));
  heap::Snapshot rebuilt = shop_at(9, 4, 10, 1);
  rebuilt.target.build_id = "def";
  EXPECT_THAT(compared(std::move(rebuilt)), HasSubstr("what was renamed looks gone and new"));
  heap::Snapshot bare = shop_at(9, 4, 10, 1);
  bare.mappings.clear();
  EXPECT_THAT(compared(std::move(bare)), HasSubstr("nothing contradicts that this is one process"));
}

TEST(GrowthReport, ACommandKeepsWordsOfTheShellWhole) {
  view::GrowthBuilder builder;
  add_look(builder, shop_at(0, 4, 100, 1), "it's a.hold");
  add_look(builder, shop_at(60, 4, 200, 1), "it's b.hold");
  const view::Growth growth = builder.growth(0);
  const view::ChangeList& types = growth.lists[static_cast<std::size_t>(view::ChangeBy::kType)];
  ASSERT_FALSE(types.rows.empty());
  EXPECT_THAT(opening_command(growth, view::ChangeBy::kType, types.rows.front()),
              HasSubstr("holdfast types 'it'\\''s b.hold' --filter "));
  view::ChangeRow path;
  path.seen_at = 1;
  path.subject = "0xc000012000";
  EXPECT_EQ(opening_command(growth, view::ChangeBy::kPath, path), "holdfast why 'it'\\''s b.hold' 0xc000012000");
  path.is_above = true;
  path.subject = "global:main.(*T)";
  EXPECT_EQ(opening_command(growth, view::ChangeBy::kPath, path),
            "holdfast owners 'it'\\''s b.hold' --under 'global:main.(*T)'");
  const view::ChangeList& paths = growth.lists[static_cast<std::size_t>(view::ChangeBy::kPath)];
  ASSERT_FALSE(paths.rows.empty());
  EXPECT_FALSE(paths.rows.front().subject.empty());
}

}  // namespace
}  // namespace holdfast::report
