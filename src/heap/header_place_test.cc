#include "heap/header_place.h"

#include <gtest/gtest.h>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::heap {
namespace {

using testing::HeapBuilder;

// main.holder{A []int32; D [2]struct{n int32; text string}}
class HeaderPlacesOfATypes : public ::testing::Test {
 protected:
  TypeId in_object(std::uint64_t offset, KnownBy known_by = KnownBy::kHeader, std::uint64_t header = 0) {
    HeaderPlaces places(heap_.snapshot());
    return places.in_object({holder_, known_by}, offset, header);
  }

  HeapBuilder heap_;
  TypeId number_ = heap_.type("int32", TypeKind::kInt32, 4);
  TypeId numbers_ = heap_.type("[]int32", TypeKind::kSlice, 24, number_);
  TypeId text_ = heap_.string_type();
  TypeId pair_ = heap_.structure("main.pair", 24, {{"n", number_, 0}, {"text", text_, 8}});
  TypeId pairs_ = heap_.type("[2]main.pair", TypeKind::kArray, 48, pair_, 2);
  TypeId holder_ = heap_.structure("main.holder", 72, {{"A", numbers_, 0}, {"D", pairs_, 24}});
};

TEST_F(HeaderPlacesOfATypes, AreWhereFieldsAndElementsOfArraysBegin) {
  EXPECT_EQ(in_object(0), numbers_);
  EXPECT_EQ(in_object(24 + 8), text_);
  EXPECT_EQ(in_object(24 + 24 + 8), text_);
  EXPECT_FALSE(in_object(8)) << "a length";
  EXPECT_FALSE(in_object(24)) << "a number";
  EXPECT_FALSE(in_object(24 + 16)) << "the length of a string";
}

TEST_F(HeaderPlacesOfATypes, RepeatAsTheValuesOfTheObjectDo) {
  EXPECT_EQ(in_object(72), numbers_);
  EXPECT_FALSE(in_object(72, KnownBy::kPart)) << "what follows is something else";
  EXPECT_EQ(in_object(8 + 24 + 8, KnownBy::kHeader, 8), text_);
  EXPECT_FALSE(in_object(0, KnownBy::kHeader, 8)) << "the allocation header";
  EXPECT_FALSE(HeaderPlaces(heap_.snapshot()).in_object({}, 0, 0));
}

TEST_F(HeaderPlacesOfATypes, InVariablesCountFromThePartThatTheRootIs) {
  Root root;
  root.kind = RootKind::kGlobal;
  root.type = holder_;
  root.where = Address(0x5000);
  root.type_offset = 24;
  HeaderPlaces places(heap_.snapshot());
  EXPECT_EQ(places.in_variable(root, 8), text_);
  EXPECT_FALSE(places.in_variable(root, 48)) << "behind the variable";
  root.kind = RootKind::kFrame;
  EXPECT_FALSE(places.in_variable(root, 8));
}

TEST(HeaderPlacesOfPointers, AreAskedForApart) {
  HeapBuilder heap;
  const TypeId row = heap.structure("main.row", 40, {});
  const TypeId pointer = heap.pointer_type("*main.row", row);
  const TypeId any = heap.type("unsafe.Pointer", TypeKind::kUnsafePointer, 8);
  const TypeId boxed = heap.type("interface {}", TypeKind::kInterface, 16);
  const TypeId holder = heap.structure("main.holder", 32, {{"at", pointer, 0}, {"any", any, 8}, {"boxed", boxed, 16}});
  HeaderPlaces places(heap.snapshot());
  EXPECT_EQ(places.any_in_object({holder, KnownBy::kHeader}, 0, 0), pointer);
  EXPECT_FALSE(places.in_object({holder, KnownBy::kHeader}, 0, 0));
  EXPECT_FALSE(places.any_in_object({holder, KnownBy::kHeader}, 8, 0));
  EXPECT_EQ(places.any_in_object({holder, KnownBy::kHeader}, 24, 0), boxed) << "the value, behind its type";
  EXPECT_FALSE(places.any_in_object({holder, KnownBy::kHeader}, 16, 0));
  EXPECT_FALSE(places.in_object({holder, KnownBy::kHeader}, 24, 0));
  EXPECT_EQ(places.element_bytes(pointer), 40U);
}

TEST(CoveredBy, IsInBytesOfTheObject) {
  const auto covered = covered_by(0x1010, 3, 5, 4, Address(0x1000), 64);
  ASSERT_TRUE(covered);
  EXPECT_EQ(covered->begin, 16U);
  EXPECT_EQ(covered->length, 12U);
  EXPECT_EQ(covered->capacity, 20U);
}

TEST(CoveredBy, RefusesWhatNoHeaderCanSay) {
  EXPECT_FALSE(covered_by(0x1010, 6, 5, 4, Address(0x1000), 64)) << "longer than its capacity";
  EXPECT_FALSE(covered_by(0x1010, 3, 13, 4, Address(0x1000), 64)) << "beyond the object";
  EXPECT_FALSE(covered_by(0x0ff8, 1, 1, 4, Address(0x1000), 64)) << "before the object";
  EXPECT_FALSE(covered_by(0x1010, 1, ~std::uint64_t{0}, 16, Address(0x1000), 64));
  EXPECT_FALSE(covered_by(0x1010, 1, 1, 0, Address(0x1000), 64)) << "of elements of no known size";
  EXPECT_TRUE(covered_by(0x1040, 0, 0, 4, Address(0x1000), 64)) << "empty, at its end";
}

}  // namespace
}  // namespace holdfast::heap
