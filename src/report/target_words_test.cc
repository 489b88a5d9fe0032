#include "report/target_words.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::report {
namespace {

heap::TargetInfo checkout(heap::TargetKind kind) {
  heap::TargetInfo target;
  target.kind = kind;
  target.pid = 4711;
  target.name = "checkout";
  target.captured_at_ns = 1795886403000000000;
  target.host = "vm";
  target.kernel = "6.1.0";
  target.captured_with = "0.1.0";
  return target;
}

TEST(TargetWords, ACaptureIsNeverCalledAProcess) {
  heap::TargetInfo target = checkout(heap::TargetKind::kLive);
  EXPECT_EQ(target_words(target), "checkout, pid 4711");
  target.from_file = true;
  EXPECT_EQ(target_words(target), "checkout, capture of pid 4711, taken 2026-11-28 17:20:03 UTC on host vm");
  target.captured_at_ns = 0;
  target.host.clear();
  EXPECT_EQ(target_words(target), "checkout, capture of pid 4711");
}

TEST(TargetWords, ACoreSaysWhenItWasWritten) {
  heap::TargetInfo target = checkout(heap::TargetKind::kCore);
  EXPECT_EQ(target_words(target), "checkout, core of pid 4711");
  target.core_written_ns = 1795800003000000000;
  EXPECT_EQ(target_words(target), "checkout, core of pid 4711, written 2026-11-27 17:20:03 UTC");
  target.from_file = true;
  EXPECT_EQ(target_words(target),
            "checkout, capture of a core of pid 4711, written 2026-11-27 17:20:03 UTC, taken 2026-11-28 17:20:03 UTC "
            "on host vm");
  target.pid = 0;
  target.core_written_ns = 0;
  EXPECT_EQ(target_words(target), "checkout, capture of a core, taken 2026-11-28 17:20:03 UTC on host vm");
}

TEST(TargetWords, JsonTellsACaptureFromWhatItIsOf) {
  heap::TargetInfo target = checkout(heap::TargetKind::kCore);
  auto json = target_json(target);
  EXPECT_EQ(json["kind"], "core");
  EXPECT_FALSE(json.contains("of"));
  EXPECT_TRUE(json["core_written_at"].is_null());
  target.from_file = true;
  json = target_json(target);
  EXPECT_EQ(json["kind"], "capture");
  EXPECT_EQ(json["of"], "core");
  EXPECT_EQ(json["captured_at"], "2026-11-28T17:20:03Z");
  EXPECT_EQ(json["host"], "vm");
  EXPECT_EQ(json["kernel"], "6.1.0");
  EXPECT_EQ(json["captured_with"], "0.1.0");
}

}  // namespace
}  // namespace holdfast::report
