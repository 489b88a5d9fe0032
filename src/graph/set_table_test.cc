#include "graph/set_table.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace holdfast::graph {
namespace {

using testing::ElementsAre;

constexpr std::uint32_t kMapKind = 7, kListKind = 3;
const std::vector<std::uint32_t> kKindOf = {kMapKind, kListKind, kMapKind, kListKind};

TEST(SetTable, GivesEqualSetsOneNumberHoweverTheyWereJoined) {
  SetTable table(kKindOf, 4);
  const std::uint32_t a = table.of_owner(0), b = table.of_owner(1), c = table.of_owner(2);
  EXPECT_EQ(table.both(table.both(a, b), c), table.both(a, table.both(c, b)));
  EXPECT_EQ(table.both(a, table.both(b, a)), table.both(b, a));
  EXPECT_NE(table.both(a, b), table.both(a, c));
}

TEST(SetTable, TakesNothingAwayFromASetThatIsJoinedWithTheEmptyOne) {
  SetTable table(kKindOf, 4);
  const std::uint32_t a = table.of_owner(0);
  EXPECT_EQ(table.both(a, 0), a);
  EXPECT_EQ(table.both(0, a), a);
}

TEST(SetTable, HandsTheSetsOutByNumber) {
  SetTable table(kKindOf, 4);
  const std::uint32_t both = table.both(table.of_owner(2), table.of_owner(1)), alone = table.of_owner(3);
  const std::vector<OwnerSet> sets = table.take();
  EXPECT_THAT(sets[0].members, ElementsAre());
  EXPECT_THAT(sets[both].members, ElementsAre(1U, 2U));
  EXPECT_FALSE(sets[both].of_kinds);
  EXPECT_THAT(sets[alone].members, ElementsAre(3U));
}

TEST(SetTable, KeepsTheKindsOfTooManyOwners) {
  SetTable table(kKindOf, 2);
  const std::uint32_t two = table.both(table.of_owner(0), table.of_owner(2));
  const std::uint32_t three = table.both(two, table.of_owner(1));
  EXPECT_EQ(table.both(three, table.of_owner(3)), three);
  const std::vector<OwnerSet> sets = table.take();
  EXPECT_FALSE(sets[two].of_kinds);
  EXPECT_TRUE(sets[three].of_kinds);
  EXPECT_THAT(sets[three].members, ElementsAre(kListKind, kMapKind));
}

// More pairs than it remembers side by side: those that push each other out are looked up again.
TEST(SetTable, RemembersMorePairsThanItKeepsAtHand) {
  const std::vector<std::uint32_t> kinds(100);
  SetTable table(kinds, 100);
  std::vector<std::uint32_t> first;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t a = 0; a < kinds.size(); ++a)
      for (std::uint32_t b = 0; b < a; ++b) numbers.push_back(table.both(table.of_owner(a), table.of_owner(b)));
    EXPECT_TRUE(round == 0 || numbers == first);
    first = numbers;
  }
  std::ranges::sort(first);
  EXPECT_EQ(std::ranges::adjacent_find(first), first.end());
}

}  // namespace
}  // namespace holdfast::graph
