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

TEST(TargetWords, OneRuntimeNeedsNoWord) {
  EXPECT_EQ(runtimes_words({}, false), "");
  EXPECT_EQ(runtimes_words({{"/bin/checkout", "go1.26.8", 1024, true}}, false), "");
}

TEST(TargetWords, SeveralRuntimesAreListedWithTheWayToTheOthers) {
  const heap::GoRuntime a{"/lib/a.so", "go1.26.8", 12 << 20, true};
  const heap::GoRuntime b{"/lib/b.so", "go1.26.8", 120 << 10, false};
  const heap::GoRuntime same_name{"/opt/a.so", "", std::nullopt, false};
  EXPECT_EQ(
      runtimes_words({a, b}, false),
      "2 Go runtimes in this process: a.so 12.0 MiB, b.so 120.0 KiB; this is of a.so; `--image b.so` for the other");
  EXPECT_EQ(runtimes_words({a, b}, true),
            "2 Go runtimes in this process: a.so 12.0 MiB, b.so 120.0 KiB; this is of a.so");
  EXPECT_EQ(runtimes_words({a, b, same_name}, false),
            "3 Go runtimes in this process: /lib/a.so 12.0 MiB, b.so 120.0 KiB, /opt/a.so of unknown size; this is of "
            "/lib/a.so; `--image b.so` or `--image /opt/a.so` for another");
  heap::TargetInfo target = checkout(heap::TargetKind::kLive);
  target.runtimes = {a, same_name};
  const auto json = target_json(target)["runtimes"];
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["image"], "/lib/a.so");
  EXPECT_EQ(json[0]["heap_bytes"], 12 << 20);
  EXPECT_TRUE(json[0]["chosen"]);
  EXPECT_TRUE(json[1]["heap_bytes"].is_null());
  EXPECT_FALSE(json[1]["chosen"]);
}

TEST(TargetWords, AReleaseThatOnlyTheUserSaysIsMarked) {
  heap::TargetInfo target = checkout(heap::TargetKind::kLive);
  target.go_version = "go1.26";
  EXPECT_EQ(release_words(target), "go1.26");
  EXPECT_FALSE(target_json(target)["go_version_given"]);
  target.release_given = true;
  EXPECT_EQ(release_words(target), "go1.26, as given");
  EXPECT_TRUE(target_json(target)["go_version_given"]);
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
