#include "report/audit_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/terminal_text.h"
#include "report/report_for_tests.h"

namespace holdfast::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Report, AProofSaysWhatBecameOfWhatNothingReached) {
  heap::Snapshot snapshot;
  graph::Audit audit;
  audit.clean = true;
  graph::LaterAudit later;
  later.gc_cycle = 7;
  later.unreached = {12, 768};
  later.freed = {10, 640};
  later.excused = {2, 128};
  std::string text = audit_text(snapshot, audit, later, {});
  EXPECT_THAT(text, HasSubstr("\nclean\n"));
  EXPECT_THAT(text, HasSubstr("    freed by collection 7, the next                   10\n"));
  EXPECT_THAT(text, HasSubstr("    kept without a cause                               0\n"));
  EXPECT_THAT(text, Not(HasSubstr("revived")));
  EXPECT_EQ(audit_json(snapshot, audit, later)["after_collection"]["excused"]["bytes"], 128);
  EXPECT_TRUE(audit_json(snapshot, audit)["after_collection"].is_null());
  later.kept = {1, 64};
  text = audit_text(snapshot, audit, later, {});
  EXPECT_THAT(text, HasSubstr("\nNOT CLEAN\n"));
  EXPECT_THAT(text, HasSubstr("a root is missing from our list: "));
  EXPECT_THAT(text, Not(HasSubstr("gone at a later look")));
  later.kept = {};
  later.let_go = {1, 64};
  text = audit_text(snapshot, audit, later, {});
  EXPECT_THAT(text, HasSubstr("\nclean\n"));
  EXPECT_THAT(text, HasSubstr("    kept once, gone at a later look                    1\n"));
}

TEST(Report, TheAuditFitsTheWidth) {
  heap::Snapshot snapshot = shop();
  snapshot.losses.push_back(make_loss(LossKind::kUnreadablePage, 123456789, Address(0xc000123456)));
  snapshot.audit.counters.push_back(
      {"a.counter.with.a.long.name.of.its.own.that.folds", 12345678901, 12345678902, heap::CounterRule::kMustMatch, 0});
  graph::Audit audit = graph::audit(snapshot, graph::reach(snapshot));
  audit.objects = audit.reached = 12345678901;
  audit.unexplained_objects = 12345678901;
  audit.unexplained_bytes = 1023 << 10;
  const graph::NamingPlace place{snapshot.strings.add("github.com/evanw/esbuild/internal/bundler.parseFile"),
                                 snapshot.strings.add("/src/internal/bundler/bundler.go"), 726, 123456789};
  audit.causes.push_back({.objects = 123456789,
                          .bytes = 1 << 30,
                          .shown = 1,
                          .examples = {Address(0xc000123456)},
                          .named_at = {place, place, place, place}});
  const graph::Fate many{12345678901, 1ULL << 40};
  const graph::LaterAudit later{12345678, many, many,        many, many,
                                many,     many, 12345678901, many, {{Address(0xc000123456), 64}}};
  for (const std::size_t width : {60U, 80U, 120U, 250U}) {
    std::istringstream lines(audit_text(snapshot, audit, later, {.width = width}));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(text_width(line), width) << line;
  }
  EXPECT_THAT(audit_text(snapshot, audit, {}, {.width = 60}),
              HasSubstr("12,345,678,901  12,345,678,902\n      differ"));
  EXPECT_THAT(audit_text(snapshot, audit, {}, {.color = true}), HasSubstr("\033[1mNOT CLEAN\033[0m\n"));
}

TEST(Report, TheAuditSaysWhatItsListsLeaveOut) {
  const heap::Snapshot snapshot = shop();
  graph::Audit audit;
  audit.unexplained_objects = 1;
  audit.unexplained = {Address(0xc000123456)};
  graph::LaterAudit later;
  later.kept = {3, 192};
  later.kept_objects = {{Address(0xc000200000), 64}};
  std::string text = audit_text(snapshot, audit, later, {});
  EXPECT_THAT(text, HasSubstr("\n    0xc000123456\n\n"));
  EXPECT_THAT(text, HasSubstr("\n      0xc000200000\n      and 2 more\n"));
  audit.unexplained_objects = 33;
  EXPECT_THAT(audit_text(snapshot, audit, {}, {}), HasSubstr("\n    0xc000123456\n    and 32 more\n"));
}

}  // namespace
}  // namespace holdfast::report
