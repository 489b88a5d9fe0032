#include "typing/propagate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "typing/propagate_for_tests.h"

namespace holdfast::typing {
namespace {

using go::BuiltField;
using go::TypeImage;

// A heap whose first object is too large to be looked at word by word.
struct HugeFirstObject : TestHeap {
  std::vector<std::uint64_t> offsets;

  bool visit_references(std::uint32_t row, const std::function<void(std::uint64_t)>& visit) const override {
    if (row == 0)
      for (const std::uint64_t offset : offsets) visit(offset);
    return row == 0;
  }
};

TEST_F(Propagate, OfAHugeArrayOfPointersOnlyTheReferencesThatCountAreFollowed) {
  program.known = {item_pointer, item};
  HugeFirstObject huge;
  const std::uint32_t array = huge.add(1024, true), first = huge.add(32, true), passed_over = huge.add(32, true),
                      second = huge.add(32, true);
  huge.write(array, 0, huge.at(first));
  huge.write(array, 8, huge.at(passed_over));
  huge.write(array, 1016, huge.at(second));
  huge.offsets = {0, 1016};
  program.open();
  Propagation pointers(huge, *program.types);
  pointers.claim_object(array, program.types->intern(item_pointer), KnownBy::kHeader);
  pointers.run();
  EXPECT_EQ(type(pointers, first), "main.Item");
  EXPECT_EQ(type(pointers, second), "main.Item");
  EXPECT_EQ(type(pointers, passed_over), "");
  // Fields of a structure may say different things of one address.
  Propagation structures(huge, *program.types);
  huge.write(array, 24, huge.at(passed_over));
  structures.claim_object(array, program.types->intern(item), KnownBy::kHeader);
  structures.run();
  EXPECT_EQ(type(structures, passed_over), "main.Item");
}

TEST_F(Propagate, FollowsEveryKindOfField) {
  const Address function = image.function({}, {}, false, "func()");
  const Address eface = image.interface({}, "interface {}");
  const Address fields = image.structure({{"slice", image.slice(item, "[]main.Item"), 0},
                                          {"f", function, 24},
                                          {"any", eface, 32},
                                          {"boxed", eface, 48},
                                          {"list", image.array(item_pointer, 60, "[60]*main.Item"), 64},
                                          {"text", string, 544}},
                                         560, "main.All", {"main", {}});
  program.functions[TypeImage::kText + 0x40] = "main.run.func1";
  program.known = {item_pointer, item};
  const std::uint32_t root = heap.add(560, true), backing = heap.add(160, true), closure = heap.add(16, true),
                      direct = heap.add(32, true), boxed = heap.add(32, true), last = heap.add(32, true),
                      chained = heap.add(32, true), alone = heap.add(32, true), text = heap.add(100, false);
  heap.write_slice(root, 0, heap.at(backing), 5);
  heap.write(root, 24, heap.at(closure));
  heap.write(closure, 0, TypeImage::kText + 0x40);
  heap.write(root, 32, item_pointer);
  heap.write(root, 40, heap.at(direct));
  heap.write(root, 48, item);
  heap.write(root, 56, heap.at(boxed));
  heap.write(root, 536, heap.at(last));
  heap.write(root, 544, heap.at(text));
  heap.write(root, 552, 100);
  heap.write(backing, 152, heap.at(chained));  // field next of element 4
  program.open();
  Propagation p(heap, *program.types);
  p.claim_object(root, program.types->intern(fields), KnownBy::kHeader);
  p.run();
  EXPECT_EQ(type(p, root), "main.All");
  EXPECT_EQ(p.known_by(root), KnownBy::kHeader);
  for (const std::uint32_t row : {backing, last, chained}) {
    EXPECT_EQ(type(p, row), "main.Item") << row;
    EXPECT_EQ(p.known_by(row), KnownBy::kPropagated);
  }
  for (const std::uint32_t row : {direct, boxed}) {
    EXPECT_EQ(type(p, row), "main.Item");
    EXPECT_EQ(p.known_by(row), KnownBy::kInterface);
  }
  EXPECT_EQ(type(p, closure), "func main.run.func1");
  EXPECT_EQ(p.known_by(closure), KnownBy::kClosure);
  EXPECT_EQ(type(p, text), "string data");
  EXPECT_EQ(type(p, alone), "");
  EXPECT_EQ(p.known_by(alone), KnownBy::kUnknown);
  EXPECT_EQ(p.stats().conflicts, 0U);
  EXPECT_EQ(p.stats().misfits, 0U);
}

TEST_F(Propagate, FollowsChannelsTheirBuffersAndWaiters) {
  program.layouts.channel = {
      .bytes = 112, .capacity = 8, .buffer = 16, .elem_type = 40, .receivers = 64, .senders = 80};
  program.layouts.waiter = {.bytes = 96, .next = 8, .previous = 16};
  const Address chan = image.chan(item_pointer, "chan *main.Item");
  const Address plain = image.chan(integer, "chan int");
  const Address holder = image.structure({{"c", chan, 0}, {"d", plain, 8}}, 16, "main.H", {"main", {}});
  const std::uint32_t root = heap.add(16, true), channel = heap.add(112, true), buffer = heap.add(32, true),
                      value = heap.add(32, true), first = heap.add(96, true), second = heap.add(96, true),
                      with_buffer = heap.add(112 + 40, false);
  heap.write(root, 0, heap.at(channel));
  heap.write(root, 8, heap.at(with_buffer));
  heap.write(channel, 16, heap.at(buffer));
  heap.write(buffer, 16, heap.at(value));
  heap.write(channel, 80, heap.at(first));
  heap.write(first, 8, heap.at(second));
  program.open();
  Propagation p(heap, *program.types);
  p.claim_object(root, program.types->intern(holder), KnownBy::kHeader);
  p.run();
  EXPECT_EQ(type(p, channel), "channel of *main.Item");
  const Type& header = (*program.types)[p.type(channel)];
  ASSERT_EQ(header.field_count, 5U) << "whoever shows the heap finds the buffer and what is in it by them";
  EXPECT_EQ(program.types->fields()[header.first_field].offset, 16U);
  EXPECT_EQ(type(p, buffer), "*main.Item");
  EXPECT_EQ(type(p, value), "main.Item");
  EXPECT_EQ(type(p, first), "runtime.sudog");
  EXPECT_EQ(type(p, second), "runtime.sudog");
  EXPECT_EQ(type(p, with_buffer), "channel of int");
}

TEST_F(Propagate, KnowsLibraryStructuresThatHideTheirTypes) {
  const Address unsafe = image.basic(go::TypeKind::kUnsafePointer, "unsafe.Pointer", 8, {true});
  const Address atomic = image.structure({{"_", image.array(item_pointer, 0, "[0]*main.Item"), 0}, {"v", unsafe, 0}}, 8,
                                         "atomic.Pointer[main.Item]", {"sync/atomic", {}});
  const Address boolean = image.basic(go::TypeKind::kBool, "bool", 1);
  image.set_pointers(boolean, {}, 1);
  const Address node = image.structure({{"isEntry", boolean, 0}}, 8, "sync.node[int]", {"internal/sync", {}});
  const Address entry =
      image.structure({{"node", node, 0}, {"value", item_pointer, 8}}, 16, "sync.entry[int]", {"internal/sync", {}});
  const Address indirect = image.structure({{"node", node, 0}, {"child", image.pointer(node, "*sync.node[int]"), 8}},
                                           16, "sync.indirect[int]", {"internal/sync", {}});
  program.known = {entry, indirect};
  const std::uint32_t holder = heap.add(8, true), value = heap.add(32, true), top = heap.add(16, true),
                      leaf = heap.add(16, true), kept = heap.add(32, true);
  heap.write(holder, 0, heap.at(value));
  heap.write(top, 8, heap.at(leaf));
  heap.write(leaf, 0, 1);
  heap.write(leaf, 8, heap.at(kept));
  program.open();
  TypeTable& types = *program.types;
  Propagation p(heap, types);
  p.claim_object(holder, types.intern(atomic), KnownBy::kHeader);
  p.claim_target(heap.at(top), types.intern(node), KnownBy::kDwarf);
  p.run();
  EXPECT_EQ(type(p, value), "main.Item");
  EXPECT_EQ(p.known_by(value), KnownBy::kLibrary);
  EXPECT_EQ(type(p, top), "internal/sync.indirect[int]");
  EXPECT_EQ(type(p, leaf), "internal/sync.entry[int]");
  EXPECT_EQ(type(p, kept), "main.Item");
}

TEST_F(Propagate, TellsTheNodesOfInternedValuesApart) {
  const Address boolean = image.basic(go::TypeKind::kBool, "bool", 1);
  image.set_pointers(boolean, {}, 1);
  const Address node = image.structure({{"isEntry", boolean, 0}}, 8, "unique.node[int]", {"unique", {}});
  const Address entry =
      image.structure({{"node", node, 0}, {"key", item_pointer, 8}}, 16, "unique.entry[int]", {"unique", {}});
  const Address indirect = image.structure({{"node", node, 0}, {"child", image.pointer(node, "*unique.node[int]"), 8}},
                                           16, "unique.indirect[int]", {"unique", {}});
  program.known = {entry, indirect};
  const std::uint32_t top = heap.add(16, true), leaf = heap.add(16, true);
  heap.write(top, 8, heap.at(leaf));
  heap.write(leaf, 0, 1);
  program.open();
  Propagation p(heap, *program.types);
  p.claim_target(heap.at(top), program.types->intern(node), KnownBy::kDwarf);
  p.run();
  EXPECT_EQ(type(p, top), "unique.indirect[int]");
  EXPECT_EQ(type(p, leaf), "unique.entry[int]");
}

TEST_F(Propagate, ElementsThatAVariableNamesAreAllFollowed) {
  const std::uint32_t array = heap.add(64, true);
  const std::uint32_t first = heap.add(32, true);
  const std::uint32_t last = heap.add(32, true);
  heap.write(array, 0, heap.at(first));
  heap.write(array, 56, heap.at(last));
  program.open();
  Propagation p(heap, *program.types);
  p.claim_elements(heap.at(array), program.types->intern(item_pointer), 8, KnownBy::kDwarf);
  p.run();
  EXPECT_EQ(p.known_by(array), KnownBy::kDwarf);
  EXPECT_EQ(type(p, first), "main.Item");
  EXPECT_EQ(type(p, last), "main.Item");
}

TEST_F(Propagate, AReflectedValueNamesItsType) {
  const Address unsafe = image.basic(go::TypeKind::kUnsafePointer, "unsafe.Pointer", 8, {true});
  const Address number = image.basic(go::TypeKind::kUintptr, "uintptr", 8);
  const Address value = image.structure({{"typ_", unsafe, 0}, {"ptr", unsafe, 8}, {"flag", number, 16}}, 24,
                                        "reflect.Value", {"reflect", {}});
  const std::uint32_t direct = heap.add(24, true), behind = heap.add(24, true), whole = heap.add(24, true);
  const std::uint32_t a = heap.add(32, true), b = heap.add(32, true), c = heap.add(32, true);
  const std::uint32_t variable = heap.add(8, true);
  heap.write(direct, 0, item_pointer);  // the word is the pointer
  heap.write(direct, 8, heap.at(a));
  heap.write(behind, 0, item_pointer);  // the word leads to a variable that has the pointer
  heap.write(behind, 8, heap.at(variable));
  heap.write(behind, 16, 1 << 7);
  heap.write(variable, 0, heap.at(b));
  heap.write(whole, 0, item);
  heap.write(whole, 8, heap.at(c));
  heap.write(whole, 16, 1 << 7);
  program.open();
  Propagation p(heap, *program.types);
  for (const std::uint32_t row : {direct, behind, whole})
    p.claim_object(row, program.types->intern(value), KnownBy::kHeader);
  p.run();
  EXPECT_EQ(type(p, a), "main.Item");
  EXPECT_EQ(type(p, variable), "*main.Item");
  EXPECT_EQ(type(p, b), "main.Item");
  EXPECT_EQ(type(p, c), "main.Item");
  EXPECT_EQ(p.known_by(c), KnownBy::kLibrary);
}

TEST_F(Propagate, KeepsTheBetterClaimInWhateverOrderTheyCome) {
  const Address outer =
      image.structure({{"Item", item, 0, true}, {"extra", string, 32}}, 48, "main.Outer", {"main", {}});
  const Address wrapper = image.structure({{"item", item, 0}}, 32, "main.Wrapper", {"main", {}});
  const Address other = image.structure({{"s", string, 0}, {"t", string, 16}}, 32, "main.Other", {"main", {}});
  struct Case {
    std::uint64_t bytes;
    Address a, b;
    std::string type;
    std::uint64_t conflicts;
    KnownBy known_a, known_b, known;
  };
  const Case cases[] = {
      // How the object begins gives way to what it is, however well it is known.
      {48, item, outer, "main.Outer", 0, KnownBy::kInterface, KnownBy::kPropagated, KnownBy::kPropagated},
      // Only a part is known.
      {48, item, item, "main.Item", 0, KnownBy::kInterface, KnownBy::kPropagated, KnownBy::kPart},
      // Equal size and evidence: what contains the other.
      {32, item, wrapper, "main.Wrapper", 0, KnownBy::kDwarf, KnownBy::kDwarf, KnownBy::kDwarf},
      // Stronger evidence.
      {32, other, item, "main.Other", 1, KnownBy::kInterface, KnownBy::kDwarf, KnownBy::kInterface},
      // No room.
      {32, outer, item, "main.Item", 0, KnownBy::kInterface, KnownBy::kPropagated, KnownBy::kPropagated},
  };
  std::vector<std::uint32_t> rows;
  for (const Case& c : cases) rows.push_back(heap.add(c.bytes, true));
  program.open();
  TypeTable& types = *program.types;
  for (const bool swapped : {false, true}) {
    Propagation p(heap, types);
    std::uint64_t conflicts = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Case& c = cases[i];
      for (const bool first : {!swapped, swapped})
        p.claim_target(heap.at(rows[i]), types.intern(first ? c.a : c.b), first ? c.known_a : c.known_b);
      conflicts += c.conflicts;
    }
    p.run();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(type(p, rows[i]), cases[i].type) << i << swapped;
      EXPECT_EQ(p.known_by(rows[i]), cases[i].known) << i << swapped;
    }
    EXPECT_EQ(p.stats().conflicts, conflicts);
    EXPECT_EQ(p.stats().misfits, 1U);
  }
}

TEST_F(Propagate, AnEarlierRunKeepsPrecedence) {
  const Address other = image.structure({{"s", string, 0}, {"t", string, 16}}, 32, "main.Other", {"main", {}});
  const std::uint32_t row = heap.add(32, true);
  program.open();
  for (const bool other_first : {false, true}) {
    Propagation p(heap, *program.types);
    p.claim_target(heap.at(row), program.types->intern(other_first ? other : item), KnownBy::kDwarf);
    p.run();
    p.claim_target(heap.at(row), program.types->intern(other_first ? item : other), KnownBy::kDwarf);
    p.run();
    EXPECT_EQ(type(p, row), other_first ? "main.Other" : "main.Item");
  }
}

TEST_F(Propagate, AnInteriorPointerTypesNothingButASliceOfElementsDoes) {
  const std::uint32_t a = heap.add(64, true), b = heap.add(64, true), c = heap.add(64, true), held = heap.add(32, true);
  heap.write(b, 24, heap.at(held));  // field next of element 0
  const Address slice = image.slice(item, "[]main.Item");
  std::vector<std::byte> value(24);
  const auto set = [&](std::uint64_t data) {
    const le64 words[] = {data, 1, 1};
    std::copy_n(reinterpret_cast<const std::byte*>(words), 24, value.begin());
  };
  program.open();
  TypeTable& types = *program.types;
  Propagation p(heap, types);
  p.claim_target(heap.at(a) + 32, types.intern(item), KnownBy::kDwarf);
  set((heap.at(b) + 32).value);
  p.claim_value(value, types.intern(slice), KnownBy::kDwarf);
  set((heap.at(c) + 8).value);
  p.claim_value(value, types.intern(slice), KnownBy::kDwarf);
  p.run();
  EXPECT_EQ(type(p, a), "");
  EXPECT_EQ(type(p, b), "main.Item");
  EXPECT_EQ(p.known_by(b), KnownBy::kInferred);
  EXPECT_EQ(type(p, held), "main.Item");
  EXPECT_EQ(type(p, c), "");
}

// Found on a compiler whose nodes lie in arenas: an interface leads to the first of a chunk, others into its middle.
TEST_F(Propagate, ASecondElementMakesAnArrayOfABeginning) {
  const std::uint32_t chunk = heap.add(160, true), other = heap.add(160, true), held = heap.add(32, true);
  heap.write(chunk, 64 + 24, heap.at(held));  // field next of element 2
  program.open();
  Propagation p(heap, *program.types);
  for (const std::uint32_t row : {chunk, other})
    p.claim_target(heap.at(row), program.types->intern(item), KnownBy::kInterface);
  p.run();
  EXPECT_EQ(p.known_by(chunk), KnownBy::kPart);
  p.claim_target(heap.at(chunk) + 32, program.types->intern(item), KnownBy::kInterface);
  p.claim_target(heap.at(other) + 40, program.types->intern(item), KnownBy::kInterface);
  p.run();
  EXPECT_EQ(type(p, chunk), "main.Item");
  EXPECT_EQ(p.known_by(chunk), KnownBy::kInferred);
  EXPECT_EQ(type(p, held), "main.Item") << "each element is followed";
  EXPECT_EQ(p.known_by(other), KnownBy::kPart) << "no element lies there";
}

TEST_F(Propagate, FindsInterfacesAndClosuresInObjectsWithoutType) {
  program.functions[TypeImage::kText + 0x40] = "main.run.func1";
  program.known = {item_pointer, item};
  const std::uint32_t unknown = heap.add(64, true), closure = heap.add(48, true), boxed = heap.add(32, true),
                      direct = heap.add(32, true), too_large = heap.add(64, true), captured = heap.add(32, true);
  heap.write(unknown, 8, item);
  heap.write(unknown, 16, heap.at(boxed));
  heap.write(unknown, 24, item_pointer);
  heap.write(unknown, 32, heap.at(direct));
  heap.write(unknown, 40, item);  // not boxed so: its slot would be smaller
  heap.write(unknown, 48, heap.at(too_large));
  heap.write(closure, 0, TypeImage::kText + 0x40);
  heap.write(closure, 8, item_pointer);
  heap.write(closure, 16, heap.at(captured));
  program.open();
  Propagation p(heap, *program.types);
  EXPECT_EQ(p.claim_untyped(), 2U);
  p.run();
  EXPECT_EQ(type(p, unknown), "");
  EXPECT_EQ(type(p, boxed), "main.Item");
  EXPECT_EQ(type(p, direct), "main.Item");
  EXPECT_EQ(type(p, too_large), "");
  EXPECT_EQ(type(p, closure), "func main.run.func1");
  EXPECT_EQ(type(p, captured), "main.Item");
}

TEST_F(Propagate, FollowsWhatAClosureHasCaptured) {
  const Address layout =
      image.structure({{"F", integer, 0}, {"X0", item_pointer, 8}, {"X1", string, 16}}, 32, "struct { F uintptr }");
  program.functions[TypeImage::kText + 0x40] = "main.run.func1";
  program.known = {item_pointer, item};
  const std::uint32_t closure = heap.add(32, true), captured = heap.add(32, true), text = heap.add(100, false);
  heap.write(closure, 0, TypeImage::kText + 0x40);
  heap.write(closure, 8, heap.at(captured));
  heap.write(closure, 16, heap.at(text));
  heap.write(closure, 24, 100);
  program.open();
  program.types->set_closure_layout(TypeImage::kText + 0x40, layout);
  Propagation p(heap, *program.types);
  EXPECT_EQ(p.claim_untyped(), 1U);
  p.run();
  EXPECT_EQ(type(p, closure), "func main.run.func1");
  EXPECT_EQ(type(p, captured), "main.Item");
  EXPECT_EQ(type(p, text), "string data");
}

TEST_F(Propagate, ABlockOfTinyValuesIsCalledAfterOneThatIsKnown) {
  const Address small = image.basic(go::TypeKind::kInt32, "int32", 4);
  program.known = {small, item};
  program.open();
  const std::uint32_t pointers = heap.add(16, true), block = heap.add(16, false), large = heap.add(48, false);
  Propagation p(heap, *program.types);
  for (const std::uint32_t row : {block, large, pointers})
    p.claim_target(Address(heap.at(row) + 4), program.types->intern(small), KnownBy::kPropagated);
  p.run();
  EXPECT_EQ(type(p, block), "int32");
  EXPECT_EQ(p.known_by(block), KnownBy::kInferred);
  EXPECT_EQ(type(p, large), "");
  EXPECT_EQ(type(p, pointers), "");
  p.claim_target(Address(heap.at(block)), program.types->intern(small), KnownBy::kPropagated);
  p.run();
  EXPECT_EQ(p.known_by(block), KnownBy::kPropagated);
}

TEST_F(Propagate, AClaimInDoubtTypesOnlyWhatHasNoType) {
  const Address other =
      image.structure({{"name", string, 0}, {"on", item_pointer, 16}}, 32, "main.Other", {"main", {}});
  const Address holder =
      image.structure({{"one", item_pointer, 0}, {"two", item_pointer, 8}}, 16, "main.Two", {"main", {}});
  program.known = {other, item, holder};
  program.open();
  const std::uint32_t known = heap.add(32, true), unknown = heap.add(16, true), child = heap.add(32, true),
                      twice = heap.add(32, true);
  heap.write(unknown, 0, heap.at(known));
  heap.write(unknown, 8, heap.at(child));
  Propagation p(heap, *program.types);
  p.claim_target(Address(heap.at(known)), program.types->intern(other), KnownBy::kPropagated);
  p.run();
  p.set_in_doubt(true);
  p.claim_target(Address(heap.at(known)), program.types->intern(item), KnownBy::kInterface);
  p.claim_target(Address(heap.at(unknown)), program.types->intern(holder), KnownBy::kCode);
  p.claim_target(Address(heap.at(twice)), program.types->intern(item), KnownBy::kCode);
  p.claim_target(Address(heap.at(twice)), program.types->intern(other), KnownBy::kCode);
  p.run();
  p.set_in_doubt(false);
  EXPECT_EQ(type(p, known), "main.Other") << "neither by the word in doubt nor by what it leads to";
  EXPECT_EQ(type(p, unknown), "main.Two");
  EXPECT_EQ(type(p, child), "main.Item");
  EXPECT_NE(type(p, twice), "");
  EXPECT_EQ(p.stats().conflicts, 0U);
  p.claim_target(Address(heap.at(known)), program.types->intern(item), KnownBy::kPropagated);
  p.run();
  EXPECT_EQ(p.stats().conflicts, 1U) << "without doubt it is one";
  EXPECT_EQ(p.stats().first_conflict, known);
}

// `type View Item` makes (*View)(item) a conversion, and one of unsafe makes (*Other) of anything.
TEST_F(Propagate, WhatTheProgramCallsByTwoNamesIsNoDoubt) {
  const std::vector<BuiltField> fields = {{"n", integer, 0}, {"name", string, 8}, {"next", item_pointer, 24}};
  const Address view = image.structure(fields, 32, "main.View", {"main", {}});
  const Address renamed = image.structure({{"n", integer, 0}, {"text", string, 8}, {"next", item_pointer, 24}}, 32,
                                          "main.Renamed", {"main", {}});
  const Address other =
      image.structure({{"n", integer, 0}, {"s", string, 8}, {"p", image.pointer(string, "*string"), 24}}, 32,
                      "main.Other", {"main", {}});
  program.known = {item, view, renamed, other};
  program.open();
  const auto conflicts = [&](Address type, KnownBy by, Address second, KnownBy second_by) {
    TestHeap own;
    const std::uint32_t row = own.add(32, true);
    Reasons reasons(own.objects());
    Propagation p(own, *program.types, &reasons);
    p.claim_object(row, program.types->intern(type), by);
    p.claim_object(row, program.types->intern(second), second_by);
    p.run();
    EXPECT_EQ(reasons.conflicts().size(), 1U) << "it is told in any case";
    const bool is_doubtful = reasons.conflicts()[0].cause == heap::ConflictCause::kEvidence;
    EXPECT_EQ(p.stats().conflicts, is_doubtful ? 1U : 0U);
    return reasons.conflicts()[0].cause;
  };
  using heap::ConflictCause;
  EXPECT_EQ(conflicts(item, KnownBy::kPropagated, view, KnownBy::kCode), ConflictCause::kConversion);
  EXPECT_EQ(conflicts(item, KnownBy::kPropagated, renamed, KnownBy::kCode), ConflictCause::kEvidence);
  EXPECT_EQ(conflicts(item, KnownBy::kHeader, other, KnownBy::kInterface), ConflictCause::kUnsafe);
  EXPECT_EQ(conflicts(other, KnownBy::kInterface, item, KnownBy::kInterface), ConflictCause::kUnsafe);
  EXPECT_EQ(conflicts(item, KnownBy::kHeader, other, KnownBy::kPropagated), ConflictCause::kEvidence);
  EXPECT_EQ(conflicts(item, KnownBy::kDwarf, other, KnownBy::kInterface), ConflictCause::kEvidence);
}

TEST_F(Propagate, FollowsPointersThroughPackageVariables) {
  const Address any = image.interface({}, "interface {}");
  const Address holder =
      image.structure({{"item", item_pointer, 0}, {"any", any, 8}, {"s", string, 24}}, 48, "main.Holder", {"main", {}});
  const Address list = image.slice(item, "[]main.Item");
  const Address outer = image.structure({{"first", item, 0}, {"items", list, 32}}, 64, "main.Outer", {"main", {}});
  program.known = {item_pointer, item, holder, outer};
  const std::uint32_t start = heap.add(48, true), behind = heap.add(32, true), last = heap.add(32, true),
                      of_outer = heap.add(64, true);
  program.open();
  const Address one = TestHeap::kVariables, two = one + 0x40, array = one + 0x80, end = one + 0x100;
  heap.write(start, 0, one);
  heap.write(start, 8, outer);
  heap.write(start, 16, two);
  heap.write(start, 24, array);  // of a string: bytes without pointers
  heap.write(start, 32, 40);
  heap.write_variable(one + 24, two.value);  // a circle, and the beginning of something larger
  heap.write_variable(two + 24, one.value);
  heap.write_variable(two + 32, array.value);
  heap.write_variable(two + 40, 2);
  heap.write_variable(two + 48, 4);  // capacity: reaches the last word that there is
  heap.write_variable(array + 24, heap.at(behind).value);
  heap.write_variable(end - 8, heap.at(last).value);  // of the fourth element
  Propagation p(heap, *program.types);
  p.claim_target(heap.at(start), program.types->intern(holder), KnownBy::kHeader);
  p.set_in_doubt(true);
  p.claim_target(end - 32, program.types->intern(outer), KnownBy::kCode);
  p.set_in_doubt(false);
  p.run();
  EXPECT_EQ(type(p, behind), "main.Item");
  EXPECT_EQ(type(p, last), "main.Item");
  EXPECT_EQ(type(p, of_outer), "");
  std::vector<std::tuple<Address, std::string, std::uint64_t>> reached;
  for (const auto& [at, value] : p.reached()) reached.emplace_back(at, program.name(value.type), value.count);
  EXPECT_THAT(reached,
              testing::ElementsAre(testing::FieldsAre(one, "main.Item", 1U), testing::FieldsAre(two, "main.Outer", 1U),
                                   testing::FieldsAre(array, "main.Item", 4U)))
      << "nothing that is in doubt, and no text";
  p.claim_target(end - 16, program.types->intern(item), KnownBy::kDwarf);
  p.run();
  EXPECT_EQ(p.reached().size(), 3U) << "not all of it is a variable";
}

TEST_F(Propagate, ANameIsBetterThanTheShapeThatItHasInGenericCode) {
  const Address shape = image.structure({{"n", integer, 0}, {"m", integer, 8}}, 16, "go.shape.struct { n int; m int }");
  const Address pair = image.structure({{"n", integer, 0}, {"m", integer, 8}}, 16, "main.Pair", {"main", {}});
  program.known = {shape, pair};
  program.open();
  const std::uint32_t first = heap.add(16, false), second = heap.add(16, false);
  Propagation p(heap, *program.types);
  for (const auto& [row, one, other] : {std::tuple(first, shape, pair), std::tuple(second, pair, shape)}) {
    p.claim_target(Address(heap.at(row)), program.types->intern(one), KnownBy::kPropagated);
    p.claim_target(Address(heap.at(row)), program.types->intern(other), KnownBy::kPropagated);
  }
  p.run();
  EXPECT_EQ(type(p, first), "main.Pair");
  EXPECT_EQ(type(p, second), "main.Pair");
  EXPECT_EQ(p.stats().conflicts, 0U);
}

// Generic code allocates by the shape, and the header says so; holders know the name.
TEST_F(Propagate, AHeaderThatNamesAShapeDoesNotHideTheNameThatHoldersKnow) {
  const Address shape = image.structure({{"next", item_pointer, 0}, {"m", integer, 8}}, 16,
                                        "go.shape.struct { next *main.Item; m int }", {"go.shape", {}});
  const Address pair = image.structure({{"next", item_pointer, 0}, {"m", integer, 8}}, 16, "main.Pair", {"main", {}});
  const Address other = image.structure({{"m", integer, 0}, {"next", item_pointer, 8}}, 16, "main.Other", {"main", {}});
  const Address small = image.structure({{"next", item_pointer, 0}}, 8, "main.Small", {"main", {}});
  program.known = {shape, pair, other, small, item};
  program.open();
  const auto claim = [&](Propagation& p, std::uint32_t row, Address said, KnownBy by) {
    p.claim_target(heap.at(row), program.types->intern(said), by);
  };
  const std::uint32_t after = heap.add(16, true), before = heap.add(16, true), unlike = heap.add(16, true),
                      three = heap.add(16, true);
  Propagation p(heap, *program.types);
  claim(p, after, shape, KnownBy::kHeader);
  claim(p, after, pair, KnownBy::kPropagated);
  claim(p, before, pair, KnownBy::kPropagated);
  claim(p, before, shape, KnownBy::kHeader);
  claim(p, unlike, shape, KnownBy::kHeader);
  claim(p, unlike, other, KnownBy::kPropagated);
  claim(p, three, shape, KnownBy::kHeader);
  claim(p, three, pair, KnownBy::kPropagated);
  claim(p, three, other, KnownBy::kLibrary);  // weaker than the header that the name goes with now
  p.run();
  EXPECT_EQ(type(p, after), "main.Pair");
  EXPECT_EQ(type(p, before), "main.Pair");
  EXPECT_EQ(p.known_by(before), KnownBy::kHeader);
  EXPECT_EQ(type(p, unlike), "go.shape.struct { next *main.Item; m int }");
  EXPECT_EQ(type(p, three), "main.Pair");
}

// Blocks of an arena in generic code: a pointer to one element names all.
TEST_F(Propagate, OneElementNamesAnArrayOfShapes) {
  const Address shape = image.structure({{"next", item_pointer, 0}, {"m", integer, 8}}, 16,
                                        "go.shape.struct { next *main.Item; m int }", {"go.shape", {}});
  const Address pair = image.structure({{"next", item_pointer, 0}, {"m", integer, 8}}, 16, "main.Pair", {"main", {}});
  program.known = {shape, pair, item};
  program.open();
  const std::uint32_t by_third = heap.add(1280, true), by_first = heap.add(1280, true), within = heap.add(1280, true);
  Propagation p(heap, *program.types);
  for (const std::uint32_t row : {by_third, by_first, within})
    p.claim_object(row, program.types->intern(shape), KnownBy::kHeader);
  p.claim_target(heap.at(by_third) + 32, program.types->intern(pair), KnownBy::kInterface);
  p.claim_target(heap.at(by_first), program.types->intern(pair), KnownBy::kPropagated);
  p.claim_target(heap.at(within) + 8, program.types->intern(pair), KnownBy::kPropagated);
  p.run();
  EXPECT_EQ(type(p, by_third), "main.Pair");
  EXPECT_EQ(type(p, by_first), "main.Pair");
  EXPECT_EQ(p.known_by(by_first), KnownBy::kHeader);
  EXPECT_EQ(type(p, within), "go.shape.struct { next *main.Item; m int }");
}

TEST_F(Propagate, PartsOfUntypedObjectsAreBounded) {
  program.known = {item};
  program.open();
  const std::uint32_t untyped = heap.add(1280, true), late = heap.add(1280, true);
  Propagation p(heap, *program.types);
  const TypeId number = program.types->intern(integer);
  for (std::uint64_t i = 0; i < 2 * Propagation::kMostInnerValues + 10; ++i)
    p.claim_target(heap.at(untyped) + 8 * (i % 100 + 1), number, KnownBy::kPropagated);
  EXPECT_LE(p.inner_values().size(), Propagation::kMostInnerValues);
  p.claim_target(heap.at(late) + 8, number, KnownBy::kPropagated);
  EXPECT_EQ(p.inner_values().back(), (Propagation::InnerValue{late, 8, number})) << "there is room again";
}

TEST_F(Propagate, DoesNotTakeATypeForTheFirstWordOfTheNextInterface) {
  // reflect.Type is an interface: {itab, *rtype}; the word behind it is something else.
  const Address reflect_type = image.interface({}, "reflect.Type", {"reflect", {}});
  const Address rtype = image.pointer(integer, "*reflect.rtype");
  const Address itab = image.space(32);
  image.write(itab, reflect_type.value);
  image.write(itab + 8, rtype.value);
  const Address itabs = image.space(8);
  image.write(itabs, itab.value);
  image.modules[0].itablinks = {itabs, 1};
  program.known = {item};
  const std::uint32_t unknown = heap.add(32, true), next = heap.add(32, true);
  heap.write(unknown, 0, itab);
  heap.write(unknown, 8, item);
  heap.write(unknown, 16, heap.at(next));
  program.open();
  Propagation p(heap, *program.types);
  p.claim_untyped();
  p.run();
  EXPECT_EQ(type(p, next), "");
}

// As in Go 1.21: reflect.bytesType, uint8Type and stringType, each a *rtype, and behind them sync.expunged, a *any.
TEST_F(Propagate, DoesNotTakeVariablesThatLeadToTypesForInterfaces) {
  program.known = {item, integer};
  const std::uint32_t unknown = heap.add(48, true), single = heap.add(32, true), behind = heap.add(32, true),
                      boxed = heap.add(32, true);
  heap.write(unknown, 0, integer);
  heap.write(unknown, 8, integer);
  heap.write(unknown, 16, item);
  heap.write(unknown, 24, heap.at(behind));
  heap.write(unknown, 32, item);  // behind a word that is none, anything may begin
  heap.write(unknown, 40, heap.at(boxed));
  heap.write(single, 0, item);
  program.open();
  Propagation p(heap, *program.types);
  p.claim_untyped();
  p.run();
  EXPECT_EQ(type(p, behind), "");
  EXPECT_EQ(type(p, boxed), "main.Item");
}

TEST_F(Propagate, WalksALongListInLinearTime) {
  constexpr std::uint32_t kLength = 300000;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < kLength; ++i) rows.push_back(heap.add(32, true));
  std::mt19937_64 random(5);
  std::shuffle(rows.begin(), rows.end(), random);
  for (std::uint32_t i = 0; i + 1 < kLength; ++i) heap.write(rows[i], 24, heap.at(rows[i + 1]));
  program.open();
  Propagation p(heap, *program.types);
  p.claim_object(rows[0], program.types->intern(item), KnownBy::kHeader);
  p.run();
  for (const std::uint32_t row : rows) ASSERT_EQ(type(p, row), "main.Item");
  EXPECT_EQ(p.stats().walks, kLength);
}

// Heaps where every pointer is true to its type: the types are those of a plain search, from whatever roots.
TEST_F(Propagate, AgreesWithAPlainSearchOnRandomHeaps) {
  std::mt19937_64 random(17);
  std::vector<Address> pointers, structs;
  for (int i = 0; i < 8; ++i) pointers.push_back(image.pointer(Address(), "*main.S"));
  std::vector<std::vector<std::size_t>> fields(8);  // struct -> types of its pointer fields
  for (std::size_t i = 0; i < 8; ++i) {
    std::vector<BuiltField> built;
    for (std::size_t f = 0; f < 1 + random() % 6; ++f) {
      fields[i].push_back(random() % 8);
      built.push_back({"f", pointers[fields[i].back()], 8 * f});
    }
    structs.push_back(image.structure(built, 8 * built.size(), "main.S" + std::to_string(i), {"main", {}}));
    image.write(pointers[i] + go::kElemAt, structs[i].value);
  }
  program.open();
  for (int round = 0; round < 30; ++round) {
    TestHeap random_heap;
    std::vector<std::size_t> truth;
    std::vector<std::vector<std::uint32_t>> of_type(8), edges;
    for (std::uint32_t i = 0; i < 500; ++i) {
      truth.push_back(random() % 8);
      random_heap.add(8 * fields[truth[i]].size(), true);
      of_type[truth[i]].push_back(i);
    }
    edges.resize(truth.size());
    for (std::uint32_t i = 0; i < truth.size(); ++i)
      for (std::size_t f = 0; f < fields[truth[i]].size(); ++f) {
        const auto& candidates = of_type[fields[truth[i]][f]];
        if (candidates.empty() || random() % 3 == 0) continue;
        edges[i].push_back(candidates[random() % candidates.size()]);
        random_heap.write(i, 8 * f, random_heap.at(edges[i].back()));
      }
    std::vector<bool> reached(truth.size());
    std::vector<std::uint32_t> stack;
    Propagation p(random_heap, *program.types);
    for (int s = 0; s < 5; ++s) {
      stack.push_back(static_cast<std::uint32_t>(random() % truth.size()));
      p.claim_object(stack.back(), program.types->intern(structs[truth[stack.back()]]), KnownBy::kHeader);
    }
    while (!stack.empty()) {
      const std::uint32_t row = stack.back();
      stack.pop_back();
      if (reached[row]) continue;
      reached[row] = true;
      stack.insert(stack.end(), edges[row].begin(), edges[row].end());
    }
    p.run();
    for (std::uint32_t i = 0; i < truth.size(); ++i)
      ASSERT_EQ(type(p, i), reached[i] ? "main.S" + std::to_string(truth[i]) : "") << round << " " << i;
  }
}

}  // namespace
}  // namespace holdfast::typing
