#include "typing/map_removals.h"

#include <gtest/gtest.h>

#include <string>

#include "typing/heap_for_tests.h"

namespace holdfast::typing {
namespace {

using heap::MapRemovals;
using heap::TypeKind;

class MapRemovalsTest : public testing::Test {
 protected:
  MapRemovalsTest() : image_(program_.image) {
    integer_ = image_.integer();
    item_ = image_.structure({{"n", integer_, 0}}, 8, "main.Item", {"main", {}});
    by_number_ = image_.map(integer_, item_, item_, "map[int]main.Item");
    named_ = image_.map(integer_, item_, item_, "main.Items", {"main", {}});
    by_name_ = image_.map(image_.string(), image_.pointer(item_, "*main.Item"), item_, "map[string]*main.Item");
    evidence_.is_whole = true;
    program_.known = {by_number_, named_, by_name_};
    program_.open();
    for (const Address map : {by_number_, named_, by_name_}) program_.types->intern(map);
  }

  MapRemovals of(Address map) {
    const auto all = find_map_removals(evidence_, *program_.types, [this](Address) { return generic_; });
    return all[program_.types->intern(map).row];
  }

  TestProgram program_{26};
  go::TypeImage& image_;
  Address integer_, item_, by_number_, named_, by_name_;
  code::CodeEvidence evidence_;
  std::string generic_;  // the name of every function
};

TEST_F(MapRemovalsTest, AreOfAllTypesWithTheSameKeysAndElements) {
  evidence_.removals.types = {named_};
  EXPECT_EQ(of(named_), MapRemovals::kSomewhere);
  EXPECT_EQ(of(by_number_), MapRemovals::kSomewhere);
  EXPECT_EQ(of(by_name_), MapRemovals::kNever);
  EXPECT_EQ(of(item_), MapRemovals::kUnknown) << "no map";
}

TEST_F(MapRemovalsTest, AreUnknownWhereNotAllCodeWasRead) {
  evidence_.removals.types = {named_};
  evidence_.is_whole = false;
  EXPECT_EQ(of(named_), MapRemovals::kSomewhere);
  EXPECT_EQ(of(by_name_), MapRemovals::kUnknown);
}

TEST_F(MapRemovalsTest, AreUnknownOfWhatGenericCodeMayBeAbout) {
  evidence_.removals.functions = {Address(0x401000)};
  generic_ = "main.(*Cache[go.shape.string,go.shape.int]).Drop";
  EXPECT_EQ(of(by_name_), MapRemovals::kUnknown);
  EXPECT_EQ(of(by_number_), MapRemovals::kUnknown);
  generic_ = "main.drop[go.shape.uint32]";
  EXPECT_EQ(of(by_name_), MapRemovals::kNever);
  EXPECT_EQ(of(by_number_), MapRemovals::kNever);
  generic_ = "main.drop[go.shape.struct { main.n int }]";
  EXPECT_EQ(of(by_number_), MapRemovals::kUnknown);
  EXPECT_EQ(of(by_name_), MapRemovals::kUnknown) << "its elements are pointers to such structures";
  generic_ = "main.drop[...]";
  EXPECT_EQ(of(by_name_), MapRemovals::kUnknown) << "any shape";
}

// As in Go 1.19.
TEST_F(MapRemovalsTest, AreUnknownOfWhatAMapOfShapesMayStandFor) {
  const Address shape = image_.basic(go::TypeKind::kUint16, "go.shape.uint16_0", 2);
  const Address shapes = image_.map(shape, integer_, item_, "map[go.shape.uint16_0]int");
  const Address numbers =
      image_.map(image_.basic(go::TypeKind::kUint16, "uint16", 2), integer_, item_, "map[uint16]int");
  program_.types->intern(numbers);
  evidence_.removals.types = {shapes};
  EXPECT_EQ(of(numbers), MapRemovals::kUnknown);
  EXPECT_EQ(of(by_name_), MapRemovals::kNever);
}

TEST(ShapeKinds, AreThoseOfTheTypeArguments) {
  const auto bits = [](std::initializer_list<TypeKind> kinds) {
    std::uint64_t all = 0;
    for (const TypeKind kind : kinds) all |= std::uint64_t{1} << static_cast<unsigned>(kind);
    return all;
  };
  EXPECT_EQ(shape_kinds("main.F[go.shape.int,go.shape.*uint8]"), bits({TypeKind::kInt, TypeKind::kPointer}));
  EXPECT_EQ(shape_kinds("maps.DeleteFunc[go.shape.map[string]bool,go.shape.string,go.shape.bool]"),
            bits({TypeKind::kMap, TypeKind::kString, TypeKind::kBool}));
  EXPECT_EQ(shape_kinds("main.F[go.shape.int64].func1"), bits({TypeKind::kInt64}));
  EXPECT_EQ(shape_kinds("main.F[go.shape.[]uint8]"), bits({TypeKind::kSlice}));
  EXPECT_EQ(shape_kinds("main.F[go.shape.something new]"), ~std::uint64_t{0});
  EXPECT_EQ(shape_kinds("main.F"), ~std::uint64_t{0}) << "assembly or a closure that is told the type";
}

}  // namespace
}  // namespace holdfast::typing
