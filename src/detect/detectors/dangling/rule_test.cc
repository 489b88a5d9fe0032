#include "detect/report_for_tests.h"
#include "heap/content_for_tests.h"
#include "heap/object_index.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::testing::HeapBuilder;

// Two objects of main.handle, of which the program holds one; both have a stale word.
view::Report report_of_stale(bool is_pointer) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId number = heap.type("uintptr", heap::TypeKind::kUintptr, 8);
  const TypeId handle = heap.structure("example.com/app/cache.handle", 64, {{"next", {}, 0}, {"address", number, 8}});
  const auto held = heap.object(64, handle), garbage = heap.object(64, handle);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.handles"), held);
  heap::Snapshot s = heap.build();
  for (const auto object : {held, garbage})
    s.stale_words.push_back({heap.id(object), 8, Address(0xc000300040), is_pointer});
  return report_of(s);
}

TEST(Dangling, NumbersArePossible) {
  const view::Report report = report_of_stale(false);
  const view::Finding* finding = find(report, "dangling");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->title.full,
            "1 number at example.com/app/cache.handle.address is an address of memory that was freed");
  EXPECT_EQ(finding->title.brief, "1 number at cache.handle.address is an address of memory that was freed");
  EXPECT_THAT(finding->because.full, ::testing::HasSubstr("0xc000300040"));
  EXPECT_EQ(finding->count, 1U);
  EXPECT_EQ(finding->bytes, 0U);
}

TEST(Dangling, PointersAreStrong) {
  const view::Report report = report_of_stale(true);
  const view::Finding* finding = find(report, "dangling");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kStrong);
}

// Handles of pages; one names a node, in whose slot its page may have been.
heap::Snapshot with_numbers(bool has_content) {
  constexpr int kHandles = 21;
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId number = heap.type("uintptr", heap::TypeKind::kUintptr, 8);
  const TypeId handle = heap.structure("main.handle", 64, {{"next", {}, 0}, {"address", number, 8}});
  const TypeId page = heap.structure("main.page", 64, {}), node = heap.structure("main.node", 64, {});
  std::vector<HeapBuilder::Handle> handles, named;
  for (int i = 0; i < kHandles; ++i) {
    handles.push_back(heap.object(64, handle));
    named.push_back(heap.object(64, i == 3 ? node : page));
    for (const auto object : {handles.back(), named.back()})
      heap.refer(heap.root(heap::RootKind::kGlobal, "main.handles"), object);
  }
  heap::Snapshot s = heap.build();
  if (!has_content) return s;
  const heap::ObjectIndex index(s);
  heap::testing::ContentImage image;
  for (int i = 0; i < kHandles; ++i)
    image.word(index.address_of(heap.id(handles[i])) + 8, index.address_of(heap.id(named[i])));
  image.add_to(s);
  return s;
}

TEST(Dangling, NumbersThatNameAnotherTypeThanUsualArePossible) {
  const view::Report report = report_of(with_numbers(true));
  const view::Finding* finding = find(report, "dangling");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->title.full,
            "1 number at main.handle.address is an address of memory that may have been freed and used again");
  EXPECT_THAT(finding->because.full, ::testing::HasSubstr(", where main.node is; nearly all other numbers"));
  EXPECT_EQ(find(report_of(with_numbers(false)), "dangling"), nullptr);
}

TEST(Dangling, AreNoneInAHeapWithoutStaleWords) {
  HeapBuilder heap;
  add_ballast(heap);
  EXPECT_EQ(find(report_of(heap.build()), "dangling"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
