#include "session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/cancel.h"
#include "base/error.h"
#include "base/output_file.h"
#include "base/version.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/hold_file.h"

namespace holdfast::session {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class SessionOnACapture : public ::testing::Test {
 protected:
  SessionOnACapture() : folder_(std::filesystem::path(::testing::TempDir()) / ("session" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    heap::testing::HeapBuilder heap;
    const auto session = heap.object(48, heap.structure("main.Session", 48, {}));
    heap.edge(session, 8, heap.leaf(4096));
    heap.refer(heap.root(heap::RootKind::kGlobal, "main.cache"), session);
    captured_ = heap.build();
    captured_.target.captured_with = holdfast_version();
    write();
  }
  void write() const {
    OutputFile file(path(), OutputFile::Access::kUsual);
    heap::write_hold(captured_, file);
  }
  ~SessionOnACapture() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ / "f.hold"; }
  Session session() {
    return Session(path(), {},
                   {.passes_run = [this](const std::string& running) { hear(running); },
                    .first_look = [this](const heap::Snapshot&) { ++first_looks_; }});
  }
  // If more passes run than before, one has begun; its name is the last.
  void hear(const std::string& running) {
    const std::size_t comma = running.rfind(", ");
    if (running.size() > running_.size()) passes_.push_back(running.substr(comma == std::string::npos ? 0 : comma + 2));
    running_ = running;
  }
  std::ptrdiff_t times_run(const std::string& pass) const { return std::count(passes_.begin(), passes_.end(), pass); }

  std::filesystem::path folder_;
  heap::Snapshot captured_;
  std::string running_;
  std::vector<std::string> passes_;
  int first_looks_ = 0;
};

template <typename Work>
ErrorCode refusal(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "accepted";
  return ErrorCode::kSystem;
}

TEST_F(SessionOnACapture, OpensNothingUntilItIsAsked) {
  const Session one = session();
  EXPECT_EQ(one.target().form(), capture::TargetForm::kHold);
  EXPECT_TRUE(passes_.empty());
}

TEST_F(SessionOnACapture, RunsEachPassOnce) {
  Session one = session();
  EXPECT_EQ(&one.dominators(), &one.dominators());
  EXPECT_EQ(&one.snapshot(), &one.snapshot());
  EXPECT_EQ(one.reached().objects, 2U);
  one.reached();
  EXPECT_TRUE(one.audit().objects == 2U);
  one.audit();
  for (const char* pass : {"open", "reach", "audit"}) EXPECT_EQ(times_run(pass), 1) << pass;
  EXPECT_EQ(first_looks_, 1);
}

TEST_F(SessionOnACapture, UnpacksWhatAPassNeedsAndNoMore) {
  Session one = session();
  const heap::Snapshot& s = one.snapshot();
  EXPECT_TRUE(s.edges.target.is_packed() && s.edges.step.is_packed() && s.object_type.is_packed());
  EXPECT_EQ(times_run("unpack"), 0);
  one.reached();
  EXPECT_FALSE(s.edges.row_begin.is_packed() || s.edges.target.is_packed());
  EXPECT_TRUE(s.edges.step.is_packed() && s.object_type.is_packed());
  EXPECT_EQ(times_run("unpack"), 1);
  one.dominators();
  EXPECT_EQ(times_run("unpack"), 1);
  one.groundwork();
  EXPECT_FALSE(s.edges.step.is_packed() || s.object_type.is_packed());
  EXPECT_EQ(times_run("unpack"), 2);
  one.unpack();
  EXPECT_EQ(times_run("unpack"), 2);
}

TEST_F(SessionOnACapture, WhatIsWrongWithEdgesFailsWhereTheyAreAskedFor) {
  captured_.edges.target[0] = 99;
  write();
  Session one = session();
  EXPECT_EQ(one.snapshot().objects, 2U);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(refusal([&] { one.reached(); }), ErrorCode::kDamaged);
    EXPECT_EQ(refusal([&] { one.dominators(); }), ErrorCode::kDamaged);
    EXPECT_EQ(refusal([&] { one.unpack(); }), ErrorCode::kDamaged);
    EXPECT_EQ(refusal([&] { one.report(); }), ErrorCode::kDamaged);
  }
}

TEST_F(SessionOnACapture, MakesTheReportFromWhatItHas) {
  Session one = session();
  const view::Report report = one.report();
  EXPECT_EQ(report.heap.reachable_objects, 2U);
  ASSERT_FALSE(report.holders.empty());
  EXPECT_THAT(report.holders.front().what.full, HasSubstr("main.cache"));
  EXPECT_FALSE(report.took_ms.empty());
  EXPECT_GT(report.peak_rss_bytes, 0U);
  one.report();
  EXPECT_EQ(times_run("open"), 1);
  EXPECT_EQ(times_run("report"), 2);
}

TEST_F(SessionOnACapture, ReachesWithoutDominatorsWhereNobodyWantsThem) {
  Session one = session();
  EXPECT_EQ(one.reached().bytes, 48U + 4096U);
  EXPECT_THAT(passes_, Not(Contains(HasSubstr("dominator"))));
}

TEST_F(SessionOnACapture, ForgetsContentAndNothingElse) {
  Session one = session();
  one.forget_content();
  EXPECT_TRUE(one.snapshot().content.ranges.empty());
  EXPECT_EQ(one.reached().objects, 2U);
}

TEST_F(SessionOnACapture, HasNoSecondOpinionAndNoReasons) {
  EXPECT_EQ(refusal([&] { session().compare_types(); }), ErrorCode::kUsage);
  EXPECT_EQ(refusal([&] { session().type_conflicts(); }), ErrorCode::kUsage);
  EXPECT_EQ(refusal([&] { session().explain_type(Address(0x10)); }), ErrorCode::kNotFound);
  EXPECT_EQ(refusal([&] { session().predict(); }), ErrorCode::kUsage);
  EXPECT_EQ(refusal([&] { session().anew(); }), ErrorCode::kUsage);
}

TEST_F(SessionOnACapture, HasNoCollectionToComeAfterIt) {
  EXPECT_EQ(refusal([&] { session().audit_after_collection(std::chrono::seconds(1)); }), ErrorCode::kUsage);
}

TEST_F(SessionOnACapture, AddsItsLookToAComparison) {
  view::GrowthBuilder builder;
  for (int look = 0; look < 2; ++look) session().add_to(builder);
  const view::Growth growth = builder.growth(0);
  EXPECT_EQ(growth.moments.size(), 2U);
  EXPECT_EQ(growth.moments.back().name, path());
  EXPECT_EQ(growth.moments.back().live, (view::MomentSum{2, 48 + 4096, 48 + 4096}));
  const view::ChangeList& owners = growth.lists[static_cast<std::size_t>(view::ChangeBy::kOwner)];
  EXPECT_EQ(owners.unchanged.rows, 1U);
  EXPECT_EQ(owners.all.back().bytes, 48U + 4096);
  EXPECT_EQ(times_run("compare"), 2);
}

TEST_F(SessionOnACapture, CancellingOneLeavesTheOtherAlone) {
  Session one = session(), other = session();
  one.snapshot();
  one.cancel();
  EXPECT_THROW(one.dominators(), Cancelled);
  EXPECT_EQ(other.report().heap.reachable_objects, 2U);
}

}  // namespace
}  // namespace holdfast::session
