#include "view/words.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::view {
namespace {

// Checks that the values 0 .. last have words, each its own, except those in `without`.
template <typename Enum>
void expect_words(Enum last, const std::set<Enum>& without = {}) {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const auto value = static_cast<Enum>(i);
    const std::string_view word = name_of(value);
    EXPECT_EQ(word.empty(), without.contains(value)) << i;
    if (!word.empty()) {
      EXPECT_TRUE(words.insert(word).second) << word;
    }
  }
}

TEST(Words, EachValueHasItsOwn) {
  expect_words(heap::RootKind::kThread);
  expect_words(heap::Basis::kNearness, {heap::Basis::kNone});
  expect_words(heap::Section::kBss, {heap::Section::kNone});
  expect_words(heap::GoroutineState::kLeaked);
  expect_words(heap::TimerKind::kSleep);
  expect_words(heap::LockKind::kWaitGroup);
  expect_words(heap::SweepState::kBeingSwept, {heap::SweepState::kUnknown});
  expect_words(WaitReason::kTimerGoroutineIdle, {WaitReason::kZero});
  expect_words(heap::ConflictCause::kEvidence);
  expect_words(heap::KnownBy::kPart, {heap::KnownBy::kUnknown});
  expect_words(heap::TypeRole::kStringData, {heap::TypeRole::kNone});
  expect_words(heap::Witness::kShape);
  expect_words(heap::LibraryRule::kStructure, {heap::LibraryRule::kNone, heap::LibraryRule::kStructure});
  expect_words(heap::SpecialPart::kCleanupArgument, {heap::SpecialPart::kNone});
  expect_words(StepKind::kGap);
  expect_words(Confidence::kProven);
  expect_words(heap::MappingUse::kGoHeap);
  expect_words(graph::AuditCauseKind::kFloating);
}

TEST(Words, ThatOtherProgramsCompareStayAsTheyAre) {
  EXPECT_EQ(name_of(heap::RootKind::kGlobal), "global");
  EXPECT_EQ(name_of(heap::RootKind::kFinalizerQueue), "finalizer queue");
  EXPECT_EQ(name_of(heap::RootKind::kThread), "thread");
  EXPECT_EQ(name_of(heap::GoroutineState::kDeadExtra), "dead");
  EXPECT_EQ(name_of(WaitReason::kChanReceiveNilChan), "chan receive (nil chan)");
  EXPECT_EQ(name_of(WaitReason::kUnknown), "");
  EXPECT_EQ(name_of(heap::KnownBy::kPropagated), "propagated");
  EXPECT_EQ(name_of(heap::TypeRole::kMapGroup), "map.group");
  EXPECT_EQ(name_of(heap::Witness::kCodeWeak), "code weak");
  EXPECT_EQ(name_of(StepKind::kContainer), "container");
  EXPECT_EQ(name_of(Confidence::kProven), "proven");
  EXPECT_EQ(name_of(Confidence::kStrong), "strong");
  EXPECT_EQ(name_of(graph::AuditCauseKind::kConservativeWord), "conservative-word");
}

// A file of a newer holdfast may have such a value.
TEST(Words, AReasonThatIsNotKnownHasNone) {
  EXPECT_EQ(name_of(static_cast<WaitReason>(200)), "");
}

TEST(Words, EveryCauseOfTheAuditHasAMeaning) {
  for (std::size_t i = 0; i < graph::kAuditCauses; ++i)
    EXPECT_FALSE(meaning_of(static_cast<graph::AuditCauseKind>(i)).empty()) << i;
}

}  // namespace
}  // namespace holdfast::view
