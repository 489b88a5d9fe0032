#include "go/wait_reason.h"

#include <gtest/gtest.h>

#include <vector>

#include "go/layout_table.h"
#include "go/type_image_for_tests.h"

namespace holdfast::go {
namespace {

class NamedReasons : public FakeLayouts {
 public:
  std::optional<std::int64_t> constant(std::string_view name) const override {
    if (name == "runtime.waitReasonZero") return 0;
    if (name == "runtime.waitReasonChanSend") return 200;
    return std::nullopt;
  }
};

TEST(WaitReasons, HaveTheNumbersOfTheirRelease) {
  const FakeLayouts nameless;
  const auto reason = [&](int minor, std::uint8_t value) {
    return WaitReasons(nameless, {.text = "", .minor = minor, .patch = -1, .experiments = {}})[value];
  };
  EXPECT_EQ(reason(19, 14), WaitReason::kChanReceive);
  EXPECT_EQ(reason(25, 14), WaitReason::kChanReceive);
  EXPECT_EQ(reason(26, 14), WaitReason::kSleep);
  EXPECT_EQ(reason(27, 19), WaitReason::kChanReceive);
  EXPECT_EQ(reason(19, 21), WaitReason::kTimerGoroutineIdle);
  EXPECT_EQ(reason(20, 21), WaitReason::kMutexLock);
  EXPECT_EQ(reason(19, 27), WaitReason::kUnknown);
  EXPECT_EQ(reason(28, 46), WaitReason::kCleanupWait);
}

TEST(WaitReasons, AgreeWithTheConstantsOfEveryRelease) {
  const FakeLayouts nameless;
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
    // This is the last patch release, since some added reasons.
    const GoVersion version = parse_version("go1." + std::to_string(minor) + ".99");
    const auto table = layout_table(version);
    if (!table->constant("runtime.waitReasonZero")) continue;
    const WaitReasons named(*table, version);
    const WaitReasons built_in(nameless, version);
    for (int value = 0; value < 256; ++value)
      EXPECT_EQ(named[static_cast<std::uint8_t>(value)], built_in[static_cast<std::uint8_t>(value)])
          << version.text << " reason " << value;
  }
}

TEST(WaitReasons, FollowTheTargetsOwnConstants) {
  const WaitReasons reasons(NamedReasons(), {.text = "", .minor = 26, .patch = -1, .experiments = {}});
  EXPECT_EQ(reasons[200], WaitReason::kChanSend);
  EXPECT_EQ(reasons[20], WaitReason::kUnknown);
}

TEST(RefineSemacquire, NamesTheLockFromTheInnermostFunctionOfThePackage) {
  const auto refine = [](std::vector<std::string_view> functions) { return refine_semacquire(functions); };
  EXPECT_EQ(refine({"runtime.gopark", "sync.runtime_SemacquireMutex", "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock"}),
            WaitReason::kMutexLock);
  EXPECT_EQ(refine({"runtime.semacquire1", "sync.(*RWMutex).RLock"}), WaitReason::kRwMutexRLock);
  EXPECT_EQ(refine({"sync.runtime_SemacquireMutex", "sync.(*RWMutex).Lock", "main.f"}), WaitReason::kRwMutexLock);
  EXPECT_EQ(refine({"sync.(*Mutex).lockSlow", "sync.(*RWMutex).Lock"}), WaitReason::kMutexLock);
  EXPECT_EQ(refine({"sync.runtime_Semacquire", "sync.(*WaitGroup).Wait"}), WaitReason::kWaitGroupWait);
  EXPECT_EQ(refine({"runtime.semacquire", "internal/poll.(*fdMutex).rwlock", "sync.(*Mutex).Lock"}),
            WaitReason::kSemacquire);
  EXPECT_EQ(refine({}), WaitReason::kSemacquire);
}

}  // namespace
}  // namespace holdfast::go
