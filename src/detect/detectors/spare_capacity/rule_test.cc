#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using view::Finding;

// Forty main.message{body []byte} with arrays of 64 KiB, and so many bytes of others.
heap::Snapshot messages(std::uint64_t length, std::uint64_t others = 0) {
  constexpr std::uint64_t kArray = 64 << 10;
  HeapBuilder heap;
  add_ballast(heap);
  if (others > 0) heap.refer(heap.root(RootKind::kGlobal, "main.others"), heap.leaf(others));
  const TypeId bytes = heap.type("[]uint8", TypeKind::kSlice, 24, heap.type("uint8", TypeKind::kUint8, 1));
  const TypeId message = heap.structure("main.message", 24, {{"body", bytes, 0}});
  const RootId root = heap.root(RootKind::kGlobal, "main.messages");
  std::vector<std::pair<HeapBuilder::Handle, HeapBuilder::Handle>> made;
  for (int i = 0; i < 40; ++i) {
    const auto object = heap.object(24, message), array = heap.leaf(kArray);
    heap.refer(root, object).edge(object, 0, array);
    made.emplace_back(object, array);
  }
  std::vector<heap::LargeHeader> headers;
  for (const auto& [object, array] : made)
    headers.push_back({heap.id(object), {}, heap.id(array), bytes, 0, 0, length, kArray});
  heap::Snapshot s = heap.build();
  std::ranges::sort(headers, {}, heap::place_of);
  s.large_headers = headers;
  return s;
}

TEST(SpareCapacity, IsPossiblyTooMuchIfLittleIsUsed) {
  const view::Report report = report_of(messages(100));
  const Finding* const finding = find(report, "spare-capacity");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 40U);
  EXPECT_EQ(finding->bytes, 40ULL * ((64 << 10) - 100));
}

TEST(SpareCapacity, IsNothingToSpeakOfIfHalfIsUsed) {
  EXPECT_EQ(find(report_of(messages(32 << 10)), "spare-capacity"), nullptr);
}

TEST(SpareCapacity, CountsLessThanThreeQuartersIfThatIsATenthOfTheHeap) {
  const view::Report report = report_of(messages(24 << 10));
  const Finding* const finding = find(report, "spare-capacity");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->because.full, ::testing::HasSubstr("nothing but capacity covers 62 % of that"));
  EXPECT_EQ(find(report_of(messages(24 << 10, 40 << 20)), "spare-capacity"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
