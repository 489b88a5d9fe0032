#include "view/shown_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "heap/content_for_tests.h"
#include "heap/heap_builder_for_tests.h"
#include "view/debugger_commands.h"

namespace holdfast::view {
namespace {

using heap::KnownBy;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::ContentImage;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A session with a name and a list of messages, held by a variable and by five items.
class ShownObjectTest : public ::testing::Test {
 protected:
  ShownObjectTest() {
    number = heap.type("int", TypeKind::kInt, 8);
    text = heap.string_type();
    data = heap.type_of_role(heap::TypeRole::kStringData, 1, {});
    const TypeId owner = heap.pointer_type("*main.Session");
    item = heap.structure("main.Item", 16, {{"id", number, 0}, {"owner", owner, 8}});
    const TypeId item_pointer = heap.pointer_type("*main.Item", item);
    items = heap.type("[]*main.Item", TypeKind::kSlice, 24, item_pointer);
    inner = heap.structure("main.Inner", 16, {{"deep", number, 8}});
    session = heap.structure("example.com/app/main.Session", 64,
                             {{"name", text, 0}, {"items", items, 16}, {"inner", inner, 40}, {"next", owner, 56}});
    heap.snapshot().types[owner.row].elem = session;
    a = heap.object(64, session);
    for (auto& one : item_objects) one = heap.object(16, item, KnownBy::kPropagated);
    list = heap.object(48, item_pointer, KnownBy::kPropagated);
    garbage = heap.object(16, item);
    heap.free_slot(true, 16);
    name = heap.leaf(16, data);
    heap.edge(a, 0, name).edge(a, 16, list).edge(a, 56, a);
    for (std::size_t i = 0; i < 5; ++i) heap.edge(list, 8 * i, item_objects[i]).edge(item_objects[i], 8, a);
    heap.edge(garbage, 8, a);
    const RootId variable = heap.root(RootKind::kGlobal, "main.registry");
    heap.refer(variable, a);
    heap.snapshot().roots[variable.row].where = Address(0x5000);
    heap.mark(a).mark_fresh(garbage);
    heap.sample(a, {"runtime.mallocgc", "example.com/app/main.Open"});
    heap.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kChanSend, {});
    heap.snapshot().goroutines[0].stack = {Address(0x7000), Address(0x8000)};
  }
  void build() {
    snapshot = heap.build();
    for (heap::Span& span : snapshot.spans) span.has_marks = true;
    const heap::ObjectIndex places(snapshot);
    for (const HeapBuilder::Handle one : {a, list, name, garbage}) at.push_back(places.address_of(heap.id(one)));
  }
  // Bytes of what the session has.
  void add_content() {
    ContentImage image;
    image.header(at[0], at[2], 5)
        .header(at[0] + 16, at[1], 5)
        .word(at[0] + 32, 6)
        .word(at[0] + 48, 17)
        .word(at[0] + 56, at[0]);
    image.text(at[2], "alice");
    const heap::ObjectIndex places(snapshot);
    for (std::uint32_t i = 0; i < 5; ++i) {
      const Address there = places.address_of(heap.id(item_objects[i]));
      image.word(at[1] + 8 * i, there).word(there, 100 + i).word(there + 8, at[0]);
    }
    image.add_to(snapshot);
  }
  ShownObject show(ShowQuery query) {
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    return show_object(groundwork, graph::reachability(dominators), graph::Referrers(snapshot), query);
  }
  ShownObject show(Address address) { return show(ShowQuery{.address = address, .type = {}}); }
  static const Value& part(const Value& value, const std::string& named) {
    for (const Value& one : value.parts)
      if (one.name == named) return one;
    static const Value kNone = [] {
      Value none;
      none.text = "there is no part of that name";
      return none;
    }();
    return kNone;
  }
  std::string refusal(const ShowQuery& query, ErrorCode code) {
    try {
      show(query);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "accepted";
  }

  HeapBuilder heap;
  TypeId number, text, data, item, items, inner, session;
  HeapBuilder::Handle a, list, name, garbage;
  std::array<HeapBuilder::Handle, 5> item_objects;
  heap::Snapshot snapshot;
  std::vector<Address> at;  // of a, list, name, garbage
};

TEST_F(ShownObjectTest, SaysWhatLiesWhereAndWhatTheCollectorSays) {
  build();
  const ShownObject shown = show(at[0] + 48);
  EXPECT_EQ(shown.address, at[0]);
  EXPECT_EQ(shown.field_asked, ".inner.deep");
  EXPECT_EQ(shown.type, "example.com/app/main.Session");
  EXPECT_EQ(shown.known_by, KnownBy::kHeader);
  EXPECT_EQ(shown.slot_bytes, 64U);
  EXPECT_EQ(shown.slot, 0U);
  EXPECT_TRUE(shown.reachable && shown.marked && !shown.fresh && shown.marks_known);
  EXPECT_EQ(shown.retained_bytes, 64U + 48 + 5 * 16 + 16);
  EXPECT_EQ(shown.retained_objects, 8U);
  EXPECT_EQ(shown.held.text.brief, "main.registry");
  EXPECT_TRUE(shown.profiled);
  EXPECT_EQ(shown.allocated_at.function, "example.com/app/main.Open");
  EXPECT_THAT(shown.allocation_stack, SizeIs(2));
}

TEST_F(ShownObjectTest, OfGarbageSaysThatNothingHoldsIt) {
  build();
  const ShownObject shown = show(at[3]);
  EXPECT_FALSE(shown.reachable);
  EXPECT_TRUE(shown.fresh);
  EXPECT_EQ(shown.retained_bytes, 0U);
  EXPECT_TRUE(shown.held.text.empty());
  EXPECT_FALSE(shown.profiled);
}

TEST_F(ShownObjectTest, GroupsThoseWhoReferToItByTypeAndField) {
  build();
  const ShownObject shown = show(at[0]);
  ASSERT_THAT(shown.referred_by.rows, SizeIs(3));
  EXPECT_EQ(shown.referred_by.rows[0].who.brief, "main.registry");
  EXPECT_TRUE(shown.referred_by.rows[0].is_root);
  EXPECT_EQ(shown.referred_by.rows[1].who.brief, "main.Item.owner");
  EXPECT_EQ(shown.referred_by.rows[1].count, 6U);
  EXPECT_EQ(shown.referred_by.rows[1].from_garbage, 1U);
  EXPECT_NE(shown.referred_by.rows[1].example, at[3]) << "garbage is no good example";
  EXPECT_EQ(shown.referred_by.rows[2].who.full, "example.com/app/main.Session.next");
}

TEST_F(ShownObjectTest, CutsListsAndSaysWhatIsLeftOut) {
  build();
  const ShownObject shown = show({.address = at[1], .type = {}, .top = 2});
  EXPECT_EQ(shown.refers_to.all, 5U);
  ASSERT_THAT(shown.refers_to.rows, SizeIs(2));
  EXPECT_EQ(shown.refers_to.rows[0].field, "[0]");
  EXPECT_EQ(shown.refers_to.rows[0].type, "main.Item");
  EXPECT_EQ(shown.refers_to.left_out_count, 3U);
  EXPECT_EQ(shown.refers_to.left_out_bytes, 3U * 16);
  EXPECT_THAT(show({.address = at[1], .type = {}, .top = 0}).refers_to.rows, SizeIs(5));
}

TEST_F(ShownObjectTest, WithoutContentHasNamesAndTypesOnly) {
  build();
  const ShownValue value = show(at[0]).value;
  EXPECT_FALSE(value.has_content);
  EXPECT_THAT(value.remark, HasSubstr("were not read"));
  snapshot.target.from_file = true;
  EXPECT_THAT(show(at[0]).value.remark, HasSubstr("the capture has no content"));
  EXPECT_EQ(part(value.value, ".name").type, "string");
  EXPECT_EQ(part(value.value, ".name").text, "");
  EXPECT_EQ(part(part(value.value, ".inner"), ".deep").type, "int");
}

TEST_F(ShownObjectTest, DecodesValuesAndFollowsPointers) {
  build();
  add_content();
  const Value value = show(at[0]).value.value;
  EXPECT_EQ(part(value, ".name").text, "\"alice\"");
  EXPECT_EQ(part(part(value, ".inner"), ".deep").text, "17");
  const Value& all = part(value, ".items");
  EXPECT_EQ(all.text, "len 5, cap 6");
  ASSERT_THAT(all.parts, SizeIs(5));
  EXPECT_EQ(part(all.parts[4], ".id").text, "104");
  EXPECT_EQ(all.parts[4].holds, "");
  EXPECT_THAT(part(value, ".next").more, HasSubstr("lead here"));
}

TEST_F(ShownObjectTest, FollowsAsManyPointersAsAskedFor) {
  build();
  add_content();
  const Value none = show({.address = at[0], .type = {}, .depth = 0}).value.value;
  EXPECT_EQ(part(none, ".items").text, "len 5, cap 6");
  EXPECT_THAT(part(none, ".items").parts, IsEmpty());
  const Value one = show({.address = at[0], .type = {}, .depth = 1, .top = 3}).value.value;
  ASSERT_THAT(part(one, ".items").parts, SizeIs(3));
  EXPECT_EQ(part(one, ".items").all_parts, 5U);
  EXPECT_THAT(part(one, ".items").parts[0].parts, IsEmpty());
}

TEST_F(ShownObjectTest, RefusesSlicesThatCannotBe) {
  build();
  add_content();
  ContentImage damaged;
  damaged.header(at[0] + 16, at[1], 7).word(at[0] + 32, 6);
  damaged.add_to(snapshot);
  EXPECT_THAT(part(show(at[0]).value.value, ".items").more, HasSubstr("longer than its capacity"));
  damaged.header(at[0] + 16, at[1], 7).word(at[0] + 32, 1U << 30);
  damaged.add_to(snapshot);
  EXPECT_THAT(part(show(at[0]).value.value, ".items").more, HasSubstr("longer than the object"));
}

TEST_F(ShownObjectTest, SortsPartsByWhatEachAloneKeeps) {
  build();
  add_content();
  const Value value = show({.address = at[0], .type = {}, .by_retained = true}).value.value;
  ASSERT_THAT(value.parts, SizeIs(4));
  EXPECT_EQ(value.parts[0].name, ".items");
  EXPECT_EQ(value.parts[0].alone_bytes, 48U + 5 * 16);
  EXPECT_EQ(value.parts[1].name, ".name");
  EXPECT_EQ(value.parts[1].alone_bytes, 16U);
}

TEST_F(ShownObjectTest, ReadsAPageOfZerosThatWasNotKept) {
  build();
  ContentImage image;
  image.word(Address(0x10000), 1);
  image.add_to(snapshot);
  EXPECT_EQ(part(show(at[0]).value.value, ".name").text, "\"\"");
  snapshot.losses.push_back(make_loss(LossKind::kUnreadableContent, 1));
  EXPECT_THAT(part(show(at[0]).value.value, ".name").text, HasSubstr("not kept"));
}

TEST_F(ShownObjectTest, ReadsMemoryAsAnotherType) {
  build();
  add_content();
  const ShownValue value = show({.address = at[0] + 40, .type = "main.Inner"}).value;
  EXPECT_EQ(value.value.type, "main.Inner");
  EXPECT_EQ(part(value.value, ".deep").text, "17");
  EXPECT_THAT(refusal({.address = at[0], .type = "main.session"}, ErrorCode::kUsage),
              HasSubstr("near ones: example.com/app/main.Session"));
}

TEST_F(ShownObjectTest, RefusesATypeThatSeveralDifferentOnesAreCalledBy) {
  heap.structure("main.Inner", 24, {{"other", number, 16}});
  build();
  EXPECT_THAT(refusal({.address = at[0], .type = "main.Inner"}, ErrorCode::kUsage),
              HasSubstr("several types main.Inner"));
}

TEST_F(ShownObjectTest, GivesTheBytesWhenAsked) {
  build();
  add_content();
  EXPECT_THAT(show({.address = at[2], .type = {}, .raw = true}).value.raw,
              ElementsAre('a', 'l', 'i', 'c', 'e', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(show(at[2]).value.raw, IsEmpty());
}

TEST_F(ShownObjectTest, SaysWhatIsWhereThereIsNoObject) {
  build();
  const auto place = [&](Address address) { return refusal({.address = address, .type = {}}, ErrorCode::kNotFound); };
  EXPECT_THAT(place(at[3] + 16), HasSubstr("which is free (16 B each)"));
  EXPECT_THAT(place(Address(0x7008)), HasSubstr("the stack of goroutine 7"));
  EXPECT_THAT(place(Address(0x5004)),
              HasSubstr("the package variable main.registry, which leads to the object 0xc000000000"));
  EXPECT_THAT(place(Address(0x6000)), HasSubstr("neither the heap nor"));
  snapshot.mappings.push_back({{Address(0x9000), Address(0xa000)}, heap::MappingUse::kCHeap, {}});
  EXPECT_THAT(place(Address(0x9010)), HasSubstr("the mapping 0x9000 to 0xa000 (C heap)"));
  EXPECT_THAT(place(Address(0x6000)), HasSubstr("not mapped"));
}

// Makes one object of a struct with a field for each kind of value that has a structure of the runtime behind it.
class DecodeTest : public ::testing::Test {
 protected:
  DecodeTest() {
    number = heap.type("int", TypeKind::kInt, 8);
    map = heap.type("map[int]int", TypeKind::kMap, 8, number, 0, number);
    channel = heap.type("chan int", TypeKind::kChan, 8, number);
    function = heap.type("func()", TypeKind::kFunc, 8);
    interface = heap.type("error", TypeKind::kInterface, 16);
    pair = heap.structure("main.Pair", 16, {{"a", number, 0}, {"b", number, 8}});
    pair_pointer = heap.pointer_type("*main.Pair", pair);
    const TypeId slot = heap.structure("", 16, {{"key", number, 0}, {"elem", number, 8}});
    const TypeId group =
        heap.structure("", 136, {{"ctrl", number, 0}, {"slots", heap.type("", TypeKind::kArray, 128, slot, 8), 8}});
    set_role(group, heap::TypeRole::kMapGroup, map);
    header = heap.structure("", 48, {{"count", {}, 0}, {"directory", {}, 16}, {"directory_length", {}, 24}},
                            TypeKind::kOpaque);
    set_role(header, heap::TypeRole::kMapHeader, map);
    queue = heap.structure(
        "", 96, {{"buf", {}, 16}, {"count", {}, 0}, {"capacity", {}, 8}, {"closed", {}, 28}, {"receive_index", {}, 40}},
        TypeKind::kOpaque);
    set_role(queue, heap::TypeRole::kChannel, number);
    closure = heap.structure("main.run.func1", 16, {{"F", {}, 0}, {"limit", number, 8}}, TypeKind::kClosure);
    set_role(closure, heap::TypeRole::kClosure, {});
    const TypeId all = heap.structure("main.All", 128,
                                      {{"map", map, 0},
                                       {"queue", channel, 8},
                                       {"call", function, 16},
                                       {"call_static", function, 24},
                                       {"boxed", interface, 32},
                                       {"direct", interface, 48},
                                       {"unknown", interface, 64},
                                       {"none", interface, 80}});
    for (const TypeId type : {all, header, group, queue, closure, pair})
      objects.push_back(heap.object(136, type, KnownBy::kCode));
    heap.snapshot().named_words = {{Address(0x500), pair, false, {}},
                                   {Address(0x508), pair_pointer, true, {}},
                                   {Address(0x600), {}, false, heap.snapshot().strings.add("main.work")}};
    heap.refer(heap.root(RootKind::kGlobal, "main.all"), objects[0]);
    for (std::uint32_t i = 1; i < 6; ++i) heap.edge(objects[0], 8 * (i - 1), objects[i]);
    snapshot = heap.build();
    const heap::ObjectIndex index(snapshot);
    for (const HeapBuilder::Handle object : objects) at.push_back(index.address_of(heap.id(object)));
    image.word(at[0], at[1]).word(at[0] + 8, at[3]).word(at[0] + 16, at[4]).word(at[0] + 24, Address(0x600));
    image.word(at[0] + 32, 0x500).word(at[0] + 40, at[5]).word(at[0] + 48, 0x508).word(at[0] + 56, at[5]);
    image.word(at[0] + 64, 0x510).word(at[0] + 72, at[5]);
    image.word(at[1], 1).word(at[1] + 16, at[2]);
    for (std::uint64_t s = 0; s < 8; ++s) image.byte(at[2] + s, 0x80);
    image.byte(at[2] + 5, 1).word(at[2] + 8 + 80, 7).word(at[2] + 8 + 88, 70);
    image.word(at[3], 2).word(at[3] + 8, 3).word(at[3] + 16, at[3] + 96).word(at[3] + 40, 2);
    image.word(at[3] + 96, 20).word(at[3] + 112, 10);
    image.word(at[4] + 8, 99).word(at[5], 1).word(at[5] + 8, 2);
  }
  void set_role(TypeId type, heap::TypeRole role, TypeId of) {
    heap.snapshot().types[type.row].role = role;
    heap.snapshot().types[type.row].of = of;
  }
  Value show(std::size_t object, std::size_t depth = 2) {
    image.add_to(snapshot);
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    return show_object(groundwork, graph::reachability(dominators), graph::Referrers(snapshot),
                       {.address = at[object], .type = {}, .depth = depth})
        .value.value;
  }
  Value page_of(std::size_t object, const std::string& type, std::uint64_t offset) {
    image.add_to(snapshot);
    const graph::Dominators dominators = graph::dominators(snapshot);
    const ObjectId id = heap.id(objects[object]);
    auto naming = std::make_unique<Naming>(snapshot);
    const Groundwork groundwork(std::move(naming), dominators, id);
    ShowQuery query;
    query.address = at[object];
    query.type = type;
    query.offset = offset;
    return show_object(groundwork, graph::reachability(dominators), graph::Referrers(snapshot, id), query).value.value;
  }
  Value field(std::size_t number_of_field, std::size_t depth = 2) { return show(0, depth).parts.at(number_of_field); }
  // "name=text" of all parts.
  static std::vector<std::string> parts_of(const Value& value) {
    std::vector<std::string> out;
    for (const Value& part : value.parts) out.push_back(part.name + "=" + part.text);
    return out;
  }

  HeapBuilder heap;
  TypeId number, map, channel, function, interface, pair, pair_pointer, header, queue, closure;
  std::vector<HeapBuilder::Handle> objects;
  heap::Snapshot snapshot;
  std::vector<Address> at;  // of all, the map's header and group, the channel, the closure, the pair
  ContentImage image;
};

TEST_F(DecodeTest, AMapHasItsEntriesByKey) {
  EXPECT_EQ(field(0).text, "1 entry");
  EXPECT_THAT(parts_of(field(0)), ElementsAre("[7]=70"));
  EXPECT_THAT(parts_of(show(1)), ElementsAre("[7]=70")) << "the header stands for the map";
  EXPECT_THAT(parts_of(field(0, 0)), IsEmpty());
  EXPECT_EQ(field(0, 0).text, "1 entry");
}

TEST_F(DecodeTest, AGroupOfAMapHasItsEntriesByKeyAlone) {
  const Value group = show(2);
  EXPECT_EQ(group.text, "1 entry in this part of the map");
  EXPECT_EQ(group.type, "map[int]int");
  EXPECT_THAT(parts_of(group), ElementsAre("[7]=70"));
}

TEST_F(DecodeTest, APageBeginsAtItsOffset) {
  image.byte(at[2] + 6, 1).word(at[2] + 8 + 96, 8).word(at[2] + 8 + 104, 80).word(at[1], 2);
  EXPECT_THAT(parts_of(show(1)), ElementsAre("[7]=70", "[8]=80"));
  const Value page = page_of(1, {}, 1);
  EXPECT_THAT(parts_of(page), ElementsAre("[8]=80"));
  EXPECT_EQ(page.first_part, 1U);
  EXPECT_EQ(page.all_parts, 2U);
  EXPECT_THAT(parts_of(page_of(3, {}, 1)), ElementsAre("[1]=20")) << "of a channel";
  EXPECT_THAT(parts_of(page_of(0, "map[int]int", 1)), ElementsAre("[8]=80")) << "of a map's word in another object";
  EXPECT_THROW(page_of(1, {}, 2), Error) << "behind the last";
  EXPECT_THROW(page_of(0, {}, 1), Error) << "fields are no list";
  EXPECT_THROW(page_of(4, {}, 1), Error) << "nor is what a closure has captured";
}

TEST_F(DecodeTest, AChannelHasItsElementsInTheOrderInWhichTheyWillBeReceived) {
  EXPECT_EQ(field(1).text, "2 of 3 filled");
  EXPECT_THAT(parts_of(field(1)), ElementsAre("[0]=10", "[1]=20"));
  EXPECT_THAT(parts_of(show(3)), ElementsAre("[0]=10", "[1]=20"));
  image.word(at[3], 9);
  EXPECT_THAT(field(1).more, HasSubstr("no sound channel"));
}

TEST_F(DecodeTest, ADebuggerIsTakenToAMapByAWordThatIsOne) {
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  const ShownObject shown = show_object(groundwork, graph::reachability(dominators), graph::Referrers(snapshot),
                                        {.address = at[1], .type = {}});
  EXPECT_EQ(shown.word, at[0]);
  EXPECT_EQ(shown.word_type, "map[int]int");
  heap::TargetInfo target;
  target.pid = 7;
  target.has_dwarf = true;
  EXPECT_EQ(debugger_commands(target, "", shown, Debugger::kDlv).commands[0],
            "print *(*\"map[int]int\")(0xc000000000)");
  EXPECT_EQ(debugger_commands(target, "", shown, Debugger::kGdb).commands[1], "print **('map[int]int' *) 0xc000000000");
}

TEST_F(DecodeTest, AFunctionValueHasItsFunctionAndWhatItCaptured) {
  EXPECT_EQ(field(2).text, "main.run.func1");
  EXPECT_THAT(parts_of(field(2)), ElementsAre(".limit=99"));
  EXPECT_THAT(parts_of(show(4)), ElementsAre(".limit=99"));
  EXPECT_EQ(field(3).text, "main.work");
}

TEST_F(DecodeTest, AnInterfaceHoldsAValueOrThePointerItself) {
  const Value boxed = field(4), direct = field(5);
  EXPECT_EQ(boxed.holds, "main.Pair");
  EXPECT_THAT(parts_of(boxed), ElementsAre(".a=1", ".b=2"));
  EXPECT_EQ(direct.holds, "*main.Pair");
  EXPECT_EQ(direct.points_to, at[5]);
  EXPECT_THAT(parts_of(direct), ElementsAre(".a=1", ".b=2"));
  EXPECT_THAT(field(6).more, HasSubstr("not known: 0x510"));
  EXPECT_EQ(field(7).text, "nil");
}

TEST_F(ShownObjectTest, TakesADebuggerThere) {
  build();
  heap::TargetInfo target;
  target.kind = heap::TargetKind::kCore;
  target.exe = "/bin/app";
  target.has_dwarf = true;
  const DebuggerCommands dlv = debugger_commands(target, "/tmp/core", show(at[0]), Debugger::kDlv);
  EXPECT_EQ(dlv.open, "dlv core /bin/app /tmp/core");
  EXPECT_THAT(dlv.commands, ElementsAre("print *(*\"example.com/app/main.Session\")(0xc000000000)",
                                        "examinemem -fmt hex -count 8 -size 8 0xc000000000"));
  EXPECT_THAT(dlv.remarks, IsEmpty());
  target.has_dwarf = false;
  const DebuggerCommands gdb = debugger_commands(target, "/tmp/core", show(at[0]), Debugger::kGdb);
  EXPECT_EQ(gdb.open, "gdb /bin/app /tmp/core");
  EXPECT_THAT(gdb.commands, ElementsAre("set language c", "print *('example.com/app/main.Session' *) 0xc000000000",
                                        "x/8gx 0xc000000000"));
  EXPECT_THAT(gdb.remarks, ElementsAre(HasSubstr("no debug information")));
}

}  // namespace
}  // namespace holdfast::view
