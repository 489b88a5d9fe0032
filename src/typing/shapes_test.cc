#include "typing/shapes.h"

#include <gtest/gtest.h>

#include "typing/heap_for_tests.h"

namespace holdfast::typing {
namespace {

using go::TypeImage;

// main.Box {item *main.Item; list []main.Item; text string; done bool}, 64 bytes, is what most tests look for.
class Shape : public testing::Test {
 protected:
  Shape() : image(program.image) {
    integer = image.integer();
    string = image.string();
    boolean = image.basic(go::TypeKind::kBool, "bool", 1, {false});
    rune = image.basic(go::TypeKind::kInt32, "int32", 4, {false});
    item = image.structure({{"name", string, 0}, {"n", integer, 16}}, 24, "main.Item", {"main", {}});
    item_pointer = image.pointer(item, "*main.Item");
    box = image.structure({{"item", item_pointer, 0},
                           {"list", image.slice(item, "[]main.Item"), 8},
                           {"text", string, 32},
                           {"done", boolean, 48},
                           {"n", integer, 56}},
                          64, "main.Box", {"main", {}});
    program.known = {item, box, item_pointer};
    unknown = heap.add(64, true);
    neighbour = heap.add(24, true);
    list = heap.add(72, true);
    text = heap.add(100, false);
    heap.write(unknown, 0, heap.at(neighbour));
    heap.write_slice(unknown, 8, heap.at(list), 3);
    heap.write(unknown, 32, heap.at(text));
    heap.write(unknown, 40, 100);
    heap.write(unknown, 48, 1);
  }

  // What the unknown object is taken for, with the neighbour's type known or not.
  std::string guess(bool knows_neighbour = true) {
    program.open();
    Propagation p(heap, *program.types);
    if (knows_neighbour) p.claim_object(neighbour, program.types->intern(item), KnownBy::kHeader);
    p.run();
    Shapes shapes(*program.reader, *program.universe, heap, *program.types, p);
    found = shapes.claim();
    p.run();
    known_by = p.known_by(unknown);
    list_type = program.name(p.type(list));
    list_known_by = p.known_by(list);
    return program.name(p.type(unknown));
  }

  TestProgram program{26};
  TypeImage& image;
  TestHeap heap;
  Address integer, string, boolean, rune, item, item_pointer, box;
  std::uint32_t unknown = 0, neighbour = 0, list = 0, text = 0;
  std::uint64_t found = 0;
  KnownBy known_by = KnownBy::kUnknown, list_known_by = KnownBy::kUnknown;
  std::string list_type;
};

TEST_F(Shape, TheOnlyTypeThatExplainsAllWordsIsTaken) {
  EXPECT_EQ(guess(), "main.Box");
  EXPECT_EQ(found, 1U);
  EXPECT_EQ(known_by, KnownBy::kInferred);
  EXPECT_EQ(list_type, "main.Item");
  EXPECT_EQ(list_known_by, KnownBy::kInferred) << "what a guess leads to is one";
}

TEST_F(Shape, SizeAndPointersAloneAreNotEnough) {
  EXPECT_EQ(guess(false), "");
  EXPECT_EQ(found, 0U);
}

TEST_F(Shape, TwoTypesThatFitAreNone) {
  program.known.push_back(image.structure({{"item", item_pointer, 0},
                                           {"list", image.slice(item, "[]main.Item"), 8},
                                           {"text", string, 32},
                                           {"count", integer, 48}},
                                          56, "main.Other", {"main", {}}));
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, AWordBehindTheValueContradicts) {
  program.known = {item, item_pointer,
                   image.structure({{"item", item_pointer, 0},
                                    {"list", image.slice(item, "[]main.Item"), 8},
                                    {"text", string, 32},
                                    {"done", boolean, 48}},
                                   56, "main.Short", {"main", {}})};
  heap.write(unknown, 56, 7);
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, APointerWhereTheTypeHasNoneContradicts) {
  heap.write(unknown, 56, heap.at(neighbour));
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, AnotherTypeThanThePointersContradicts) {
  const std::uint32_t other = heap.add(64, false);
  heap.write(unknown, 8, heap.at(other));  // items have pointers, this one has none
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, UnsoundSlicesContradict) {
  heap.write(unknown, 16, 4);  // longer than its capacity
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, SlicesLongerThanWhatTheyPointToContradict) {
  heap.write_slice(unknown, 8, heap.at(list), 4);
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, TextsThatHaveNoRoomContradict) {
  heap.write(unknown, 40, 113);
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, BoolsAreZeroOrOne) {
  heap.write(unknown, 48, 2);
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, ValuesOfASmallerSizeClassDoNotFit) {
  const Address small = image.structure({{"item", item_pointer, 0}}, 8, "main.Small", {"main", {}});
  program.known = {item, item_pointer, small};
  EXPECT_EQ(guess(), "");
}

TEST_F(Shape, ClosuresAreKnownByTheirCodeOnly) {
  const Address uintptr = image.basic(go::TypeKind::kUintptr, "uintptr", 8, {false});
  program.known = {item, item_pointer,
                   image.structure({{"F", uintptr, 0},
                                    {"X0", item_pointer, 8},
                                    {"X1", string, 16},
                                    {"X2", integer, 32},
                                    {"X3", integer, 40},
                                    {"X4", integer, 48}},
                                   56, "struct { F uintptr; X0 *main.Item; X1 string; X2, X3, X4 int }")};
  for (std::uint64_t at = 0; at < 64; at += 8) heap.write(unknown, at, 0);
  heap.write(unknown, 8, heap.at(neighbour));
  EXPECT_EQ(guess(), "");
}

// As regexp/syntax.Regexp: nothing but a slice of the first two runes within it is held.
class ShapeByItsPart : public Shape {
 protected:
  ShapeByItsPart() {
    const Address two = image.array(rune, 2, "[2]int32");
    set = image.structure({{"next", item_pointer, 0}, {"runes", image.slice(rune, "[]int32"), 8}, {"first", two, 32}},
                          40, "main.Set", {"main", {}});
    instruction = image.structure({{"runes", image.slice(rune, "[]int32"), 0}}, 24, "main.Instruction", {"main", {}});
    for (std::uint64_t at = 0; at < 64; at += 8) heap.write(unknown, at, 0);
  }

  std::string guess_within(std::uint64_t offset) {
    TestHeap own;
    const std::uint32_t object = own.add(40, true), holder = own.add(24, true);
    own.write_slice(object, 8, own.at(object) + 32, 2);
    own.write_slice(holder, 0, own.at(object) + offset, 2);
    program.known = {set, instruction, item, item_pointer};
    program.open();
    Propagation p(own, *program.types);
    p.claim_object(holder, program.types->intern(instruction), KnownBy::kHeader);
    p.run();
    Shapes shapes(*program.reader, *program.universe, own, *program.types, p);
    shapes.claim();
    return program.name(p.type(object));
  }

  Address set, instruction;
};

TEST_F(ShapeByItsPart, AHolderOfAPartAgrees) {
  EXPECT_EQ(guess_within(32), "main.Set");
}

TEST_F(ShapeByItsPart, APartAtAnotherPlaceContradicts) {
  EXPECT_EQ(guess_within(16), "");
}

// As a pointer to the first field of a struct, which may also be an interface's value.
class ShapeByItsBeginning : public Shape {
 protected:
  ShapeByItsBeginning() {
    record = image.structure({{"item", item, 0}, {"more", item_pointer, 24}, {"n", integer, 32}}, 40, "main.Record",
                             {"main", {}});
    program.known = {item, item_pointer, record};
  }

  // The type of an object of 48 bytes that a holder says to begin with a main.Item.
  std::string guess_after(std::uint64_t pointer_at) {
    TestHeap own;
    object = own.add(48, true);
    const std::uint32_t pointee = own.add(24, true), holder = own.add(8, true);
    own.write(object, pointer_at, own.at(pointee));
    own.write(holder, 0, own.at(object));
    program.open();
    Propagation p(own, *program.types);
    p.claim_object(holder, program.types->intern(item_pointer), KnownBy::kHeader);
    p.run();
    EXPECT_EQ(p.known_by(object), KnownBy::kPart);
    Shapes shapes(*program.reader, *program.universe, own, *program.types, p);
    shapes.claim();
    known_by = p.known_by(object);
    return program.name(p.type(object));
  }

  Address record;
  std::uint32_t object = 0;
};

TEST_F(ShapeByItsBeginning, TheOnlyTypeThatBeginsLikeThatIsTaken) {
  EXPECT_EQ(guess_after(24), "main.Record");
  EXPECT_EQ(known_by, KnownBy::kInferred);
}

TEST_F(ShapeByItsBeginning, ItStaysABeginningIfNoTypeFits) {
  EXPECT_EQ(guess_after(40), "main.Item");
  EXPECT_EQ(known_by, KnownBy::kPart);
}

TEST_F(ShapeByItsBeginning, ItStaysABeginningIfTwoTypesFit) {
  program.known.push_back(
      image.structure({{"item", item, 0}, {"more", item_pointer, 24}}, 40, "main.Twin", {"main", {}}));
  EXPECT_EQ(guess_after(24), "main.Item");
  EXPECT_EQ(known_by, KnownBy::kPart);
}

TEST_F(ShapeByItsBeginning, AnElementThatWasSeenBeforeItMakesAnArray) {
  TestHeap own;
  object = own.add(144, true);
  program.open();
  Propagation p(own, *program.types);
  for (const std::uint64_t offset : {48U, 0U}) {
    p.claim_target(own.at(object) + offset, program.types->intern(item), KnownBy::kInterface);
    p.run();
  }
  EXPECT_EQ(p.known_by(object), KnownBy::kPart);
  Shapes shapes(*program.reader, *program.universe, own, *program.types, p);
  EXPECT_EQ(shapes.claim(), 1U);
  EXPECT_EQ(program.name(p.type(object)), "main.Item");
  EXPECT_EQ(p.known_by(object), KnownBy::kInferred);
}

TEST(TypeOutlines, TakesValuesApart) {
  TestProgram program(26);
  TypeImage& image = program.image;
  const Address integer = image.integer(), string = image.string();
  const Address pair = image.structure({{"a", integer, 0}, {"text", string, 8}}, 24, "main.Pair", {"main", {}});
  const Address pairs = image.array(pair, 2, "[2]main.Pair");
  const Address all = image.structure({{"pairs", pairs, 0}, {"next", image.pointer(pair, "*main.Pair"), 48}}, 56,
                                      "main.All", {"main", {}});
  program.known = {all};
  program.open();
  TypeOutlines outlines(*program.reader);
  const TypeOutline& outline = outlines.of(all);
  EXPECT_EQ(outline.size, 56U);
  ASSERT_EQ(outline.leaves.size(), 5U);
  EXPECT_EQ(outline.leaves[3].offset, 32U);
  EXPECT_EQ(outline.leaves[3].kind, go::TypeKind::kString);
  EXPECT_EQ(outline.leaves[4].elem, pair);
  EXPECT_TRUE(outline.has(0, all));
  EXPECT_TRUE(outline.has(0, integer));
  EXPECT_TRUE(outline.has(24, pair));
  EXPECT_TRUE(outline.has(32, string));
  EXPECT_FALSE(outline.has(8, pair));
}

TEST(TypeOutlines, LeavesLargeValuesAndNonsenseWhole) {
  TestProgram program(26);
  const Address large = program.image.array(program.image.integer(), 200, "[200]int");
  program.known = {large};
  program.open();
  TypeOutlines outlines(*program.reader);
  EXPECT_TRUE(outlines.of(large).leaves.empty());
  EXPECT_EQ(outlines.of(large).size, 1600U);
  EXPECT_TRUE(outlines.of(Address(8)).values.empty());
}

TEST(TypeOutlines, PartsThatLieOutsideAreNonsense) {
  TestProgram program(26);
  TypeImage& image = program.image;
  const Address integer = image.integer();
  const Address pair = image.structure({{"a", integer, 0}, {"b", integer, 8}}, 16, "main.Pair", {"main", {}});
  const Address outside = image.structure({{"pair", pair, 0}}, 16, "main.Outside", {"main", {}});
  image.write(outside, std::uint64_t{8});  // its size
  const Address narrow = image.slice(integer, "[]int");
  image.write(narrow, std::uint64_t{8});
  program.known = {outside, narrow};
  program.open();
  TypeOutlines outlines(*program.reader);
  EXPECT_TRUE(outlines.of(outside).leaves.empty());
  EXPECT_TRUE(outlines.of(narrow).leaves.empty());
}

}  // namespace
}  // namespace holdfast::typing
