#include "typing/shape_candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "typing/heap_for_tests.h"

namespace holdfast::typing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ShapeCandidatesOf : public testing::Test {
 protected:
  std::vector<Address> with(std::uint64_t offset, bool leads_to, Address type) {
    program.open();
    TypeOutlines outlines(*program.reader);
    ShapeCandidates candidates(*program.reader, *program.universe, outlines);
    const ShapeSign sign{offset, leads_to, type};
    candidates.want(sign);
    candidates.want_size(too_small, most);
    candidates.search();
    return candidates.with(sign);
  }
  Address structure(std::string_view name, const std::vector<go::BuiltField>& fields, std::uint64_t size) {
    const Address type = image.structure(fields, size, name, {"main", {}});
    program.known.push_back(type);
    return type;
  }

  std::uint64_t too_small = 0, most = 2048;
  TestProgram program{26};
  go::TypeImage& image = program.image;
  Address integer = image.integer(), string = image.string();
  Address item = structure("main.Item", {{"name", string, 0}, {"n", integer, 16}}, 24);
  Address item_pointer = image.pointer(item, "*main.Item");
  Address items = image.slice(item, "[]main.Item");
};

TEST_F(ShapeCandidatesOf, PointersAndSlicesLeadToTheType) {
  const Address holder = structure("main.Holder", {{"n", integer, 0}, {"item", item_pointer, 8}}, 16);
  const Address list = structure("main.List", {{"n", integer, 0}, {"items", items, 8}}, 32);
  structure("main.Elsewhere", {{"item", item_pointer, 0}}, 8);
  EXPECT_THAT(with(8, true, item), ElementsAre(holder, list));
  EXPECT_THAT(with(16, true, item), IsEmpty());
}

TEST_F(ShapeCandidatesOf, PartsOfPartsAreParts) {
  const Address pair = image.array(item, 2, "[2]main.Item");
  const Address inner = structure("main.Inner", {{"n", integer, 0}, {"pair", pair, 8}}, 56);
  const Address outer = structure("main.Outer", {{"text", string, 0}, {"inner", inner, 16}}, 72);
  EXPECT_THAT(with(32, false, item), ElementsAre(inner)) << "the second element";
  EXPECT_THAT(with(48, false, item), ElementsAre(outer));
  EXPECT_THAT(with(48, false, string), ElementsAre(outer)) << "its first field";
  EXPECT_THAT(with(16, false, inner), ElementsAre(outer));
}

TEST_F(ShapeCandidatesOf, OnlyWantedSizesFit) {
  const Address small = structure("main.Small", {{"item", item_pointer, 0}}, 8);
  const Address large = structure("main.Large", {{"item", item_pointer, 0}, {"n", integer, 8}}, 16);
  EXPECT_THAT(with(0, true, item), ElementsAre(small, large));
  too_small = 8;
  EXPECT_THAT(with(0, true, item), ElementsAre(large));
  most = 15;
  EXPECT_THAT(with(0, true, item), IsEmpty());
}

TEST_F(ShapeCandidatesOf, PlainStructsAndClosuresAreNone) {
  const Address uintptr = image.basic(go::TypeKind::kUintptr, "uintptr", 8, {false});
  structure("main.Plain", {{"a", integer, 0}, {"b", integer, 8}}, 16);
  program.known.push_back(
      image.structure({{"F", uintptr, 0}, {"n", integer, 8}, {"text", string, 16}}, 32, "struct { F uintptr; ... }"));
  const Address last = structure("main.Last", {{"a", integer, 0}, {"b", integer, 8}, {"text", string, 16}}, 32);
  EXPECT_THAT(with(8, false, integer), ElementsAre(last));
}

TEST_F(ShapeCandidatesOf, ValuesWithoutBytesAndLargeOnesDoNoHarm) {
  const Address nothing = image.structure({}, 0, "struct {}");
  const Address many = image.array(nothing, 10, "[10]struct {}");
  const Address large = image.array(string, 100, "[100]string");
  const Address marked = structure("main.Marked", {{"text", string, 0}, {"mark", many, 16}, {"n", integer, 16}}, 24);
  structure("main.Large", {{"n", integer, 0}, {"texts", large, 8}}, 1608);
  EXPECT_THAT(with(16, false, nothing), ElementsAre(marked));
  EXPECT_THAT(with(8, false, large), IsEmpty());
}

}  // namespace
}  // namespace holdfast::typing
