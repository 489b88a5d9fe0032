#include "base/ranges.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace holdfast {
namespace {

AddressRange range(std::uint64_t begin, std::uint64_t end) {
  return {Address(begin), Address(end)};
}

std::set<std::uint64_t> addresses(const std::vector<AddressRange>& ranges) {
  std::set<std::uint64_t> out;
  for (const AddressRange& r : ranges)
    for (std::uint64_t a = r.begin.value; a < r.end.value; ++a) out.insert(a);
  return out;
}

bool is_list(const std::vector<AddressRange>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i)
    if (ranges[i].empty() || (i > 0 && ranges[i].begin <= ranges[i - 1].end)) return false;
  return true;
}

TEST(Ranges, SubtractsIntersectsAndJoins) {
  const std::vector<AddressRange> ranges = {range(0, 10), range(20, 30)};
  const std::vector<AddressRange> others = {range(2, 4), range(8, 22), range(25, 26)};
  EXPECT_EQ(without(ranges, others), (std::vector{range(0, 2), range(4, 8), range(22, 25), range(26, 30)}));
  EXPECT_EQ(within(ranges, others), (std::vector{range(2, 4), range(8, 10), range(20, 22), range(25, 26)}));
  EXPECT_EQ(joined({range(5, 9), range(0, 5), range(20, 21)}), (std::vector{range(0, 9), range(20, 21)}));
  EXPECT_EQ(without_overlaps({range(5, 9), range(0, 5), range(8, 12)}), (std::vector{range(0, 5), range(5, 12)}));
  EXPECT_EQ(total_bytes(ranges), 20U);
}

TEST(Ranges, AppendJoinsWhatTouches) {
  std::vector<AddressRange> ranges;
  for (const AddressRange& more : {range(1, 3), range(3, 4), range(6, 7)}) append_range(ranges, more);
  EXPECT_EQ(ranges, (std::vector{range(1, 4), range(6, 7)}));
}

TEST(Ranges, AgreeWithSetsOfAddresses) {
  std::mt19937 random(1);
  const auto some = [&] {
    std::vector<AddressRange> ranges;
    for (int i = 0; i < 6; ++i) {
      const std::uint64_t begin = random() % 60;
      ranges.push_back(range(begin, begin + random() % 8));
    }
    return ranges;
  };
  for (int round = 0; round < 500; ++round) {
    const auto loose = some();
    const auto a = joined(loose), b = joined(some());
    ASSERT_TRUE(is_list(a));
    ASSERT_EQ(addresses(a), addresses(loose));
    std::set<std::uint64_t> both, first_only;
    for (const std::uint64_t at : addresses(a)) (addresses(b).count(at) > 0 ? both : first_only).insert(at);
    ASSERT_EQ(addresses(without(a, b)), first_only);
    ASSERT_EQ(addresses(within(a, b)), both);
    ASSERT_EQ(total_bytes(a), addresses(loose).size());
  }
}

}  // namespace
}  // namespace holdfast
