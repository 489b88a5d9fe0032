#include "base/ranked_bits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace holdfast {
namespace {

TEST(RankedBits, RanksAreRowsOfAColumnOfMembers) {
  std::mt19937 random(11);
  for (const std::uint32_t rows : {1U, 63U, 64U, 65U, 1000U, 4096U}) {
    RankedBits set(rows);
    std::vector<std::uint32_t> members;
    for (std::uint32_t row = 0; row < rows; ++row) {
      if (random() % 3 != 0) continue;
      set.insert(row);
      members.push_back(row);
    }
    EXPECT_EQ(set.count_members(), members.size());
    std::vector<std::uint32_t> visited;
    const auto visit = [&](std::uint32_t row) { visited.push_back(row); };
    const std::uint64_t middle = rows / 3;
    set.for_each(0, middle, visit);
    set.for_each(middle, rows, visit);
    EXPECT_EQ(visited, members);
    std::uint32_t before = 0;
    for (std::uint32_t row = 0; row < rows; ++row) {
      const bool is_member = before < members.size() && members[before] == row;
      EXPECT_EQ(set.has(row), is_member);
      EXPECT_EQ(set.rank(row), before);
      before += is_member ? 1 : 0;
    }
  }
}

}  // namespace
}  // namespace holdfast
