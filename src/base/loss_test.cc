#include "base/loss.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Ids go into files that live for years, so none may be spelt in two ways or stand for two kinds.
TEST(LossTable, HasOneIdAndTwoSentencesForEachKind) {
  std::set<std::string_view> ids;
  for (std::size_t kind = 0; kind < kLossKinds; ++kind) {
    const LossInfo& info = loss_info(static_cast<LossKind>(kind));
    EXPECT_TRUE(ids.insert(info.id).second) << info.id;
    EXPECT_EQ(info.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos) << info.id;
    EXPECT_GT(info.words.size(), 30U) << info.id;
    EXPECT_GT(info.remedy.size(), 15U) << info.id;
    EXPECT_NE(info.words.back(), '.') << info.id;
    EXPECT_NE(info.remedy.back(), '.') << info.id;
    EXPECT_EQ(static_cast<std::size_t>(info.kind), kind) << info.id;
  }
}

TEST(LossLedger, AddsUpAndKeepsTheLowestAddress) {
  LossLedger ledger;
  EXPECT_THAT(ledger.sorted(), IsEmpty());
  ledger.add(LossKind::kUnreadablePage, Address(0x3000), 2);
  ledger.add(LossKind::kUnreadablePage, Address(), 1);
  ledger.add(LossKind::kUnreadablePage, Address(0x1000));
  EXPECT_THAT(ledger.sorted(), ElementsAre(make_loss(LossKind::kUnreadablePage, 4, Address(0x1000))));
}

TEST(LossLedger, ListsTheWorstFirst) {
  LossLedger ledger;
  ledger.add(LossKind::kNoCounters, "b");
  ledger.add(LossKind::kNoCounters, "a");
  ledger.add(LossKind::kUnreadablePage, Address(0x1000));
  ledger.add(LossKind::kImplausibleSpan, Address(0x2000));
  EXPECT_THAT(ledger.sorted(), ElementsAre(make_loss(LossKind::kImplausibleSpan, 1, Address(0x2000)),
                                           make_loss(LossKind::kUnreadablePage, 1, Address(0x1000)),
                                           make_loss(LossKind::kNoCounters, 2, {}, "a")));
}

TEST(LossLedger, GivesTheSameFromManyThreads) {
  LossLedger ledger;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&ledger, t] {
      for (std::uint64_t i = 0; i < 10'000; ++i) ledger.add(LossKind::kUnreadableSpan, Address(0x1000 + i * 4 + t));
      ledger.add(LossKind::kDamagedCore, std::string(1, static_cast<char>('d' - t)));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(ledger.sorted(), ElementsAre(make_loss(LossKind::kDamagedCore, 4, {}, "a"),
                                           make_loss(LossKind::kUnreadableSpan, 40'000, Address(0x1000))));
}

// A later holdfast wrote the .hold file.
TEST(Loss, OfAnUnknownKindCountsAsPerhapsWrong) {
  const LossWords words = words_of({"torn-moon", 3, {}, {}});
  EXPECT_EQ(words.severity, LossSeverity::kMayBeWrong);
  EXPECT_THAT(std::string(words.words), HasSubstr("later holdfast"));
  EXPECT_THAT(std::string(words.remedy), HasSubstr("holdfast that wrote it"));
}

TEST(Loss, OfAKnownKindIsInTheTable) {
  const LossWords words = words_of(make_loss(LossKind::kNoCounters, 1));
  EXPECT_EQ(words.severity, LossSeverity::kCosmetic);
  EXPECT_EQ(words.words, loss_info(LossKind::kNoCounters).words);
}

}  // namespace
}  // namespace holdfast
