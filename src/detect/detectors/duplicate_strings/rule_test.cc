#include <fmt/format.h>

#include "detect/report_for_tests.h"
#include "heap/content_for_tests.h"
#include "heap/object_index.h"

namespace holdfast::detect {
namespace {

using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::testing::ContentImage;
using heap::testing::HeapBuilder;

// 4,000 orders with names of 512 bytes, of which so many are different.
view::Report report_of_orders(unsigned texts, bool has_content = true, std::uint64_t length = 500) {
  constexpr unsigned kOrders = 4000;
  HeapBuilder heap;
  const TypeId order = heap.structure("main.order", 16, {{"name", heap.string_type(), 0}});
  const auto array = heap.object(8 * kOrders, heap.pointer_type("*main.order", order));
  heap.refer(heap.root(RootKind::kGlobal, "main.orders"), array);
  std::vector<HeapBuilder::Handle> orders, names;
  for (unsigned i = 0; i < kOrders; ++i) {
    orders.push_back(heap.object(16, order));
    names.push_back(heap.leaf(512));
    heap.edge(array, std::uint64_t{8} * i, orders[i]).edge(orders[i], 0, names[i]);
  }
  std::vector<ObjectId> order_ids, name_ids;
  for (unsigned i = 0; i < kOrders; ++i) {
    order_ids.push_back(heap.id(orders[i]));
    name_ids.push_back(heap.id(names[i]));
  }
  heap::Snapshot s = heap.build();
  if (has_content) {
    const heap::ObjectIndex index(s);
    ContentImage image;
    for (unsigned i = 0; i < kOrders; ++i) {
      const Address name = index.address_of(name_ids[i]);
      image.header(index.address_of(order_ids[i]), name, length);
      image.text(name, fmt::format("{:.<500}", fmt::format("name {}", i % texts)));
      image.text(name + 500, fmt::format("{:012}", i));  // behind the text, as what was there before
    }
    image.add_to(s);
  }
  return report_of(s);
}

TEST(DuplicateStrings, ArePossibleWhereManyAreCopiesOfFew) {
  const view::Report report = report_of_orders(40);
  const view::Finding* const finding = find(report, "duplicate-strings");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 4000U);
  EXPECT_EQ(finding->bytes, 3960U * 512);
  EXPECT_THAT(finding->title.full, ::testing::StartsWith("4,000 strings are copies of 40 texts"));
}

TEST(DuplicateStrings, AreNoneIfTheyDifferOrNobodyKnowsWhatTheyAre) {
  EXPECT_EQ(find(report_of_orders(4000), "duplicate-strings"), nullptr);
  EXPECT_EQ(find(report_of_orders(1000), "duplicate-strings"), nullptr);
  EXPECT_EQ(find(report_of_orders(40, true, 512), "duplicate-strings"), nullptr);
  EXPECT_EQ(find(report_of_orders(40, false), "duplicate-strings"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
