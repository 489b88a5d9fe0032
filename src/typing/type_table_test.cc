#include "typing/type_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "typing/heap_for_tests.h"

namespace holdfast::typing {
namespace {

using go::TypeImage;

TEST(TypeTable, NamesTypesWithTheirPackagePaths) {
  TestProgram program(26);
  TypeImage& image = program.image;
  const Address item = image.structure({{"next", image.string(), 0}}, 16, "cart.Item", {"example.com/app/cart", {}});
  const Address pointer = image.pointer(item, "*cart.Item");
  const Address map = image.map(image.string(), image.slice(pointer, "[]*cart.Item"), item, "map[string][]*cart.Item");
  const Address generic = image.structure({}, 0, "list.List[example.com/x.T]", {"example.com/list", {}});
  program.open();
  TypeTable& types = *program.types;
  EXPECT_EQ(program.name(types.intern(map)), "map[string][]*example.com/app/cart.Item");
  EXPECT_EQ(program.name(types.intern(generic)), "example.com/list.List[example.com/x.T]");
  const TypeId row = types.intern(pointer);
  EXPECT_EQ(types.intern(pointer), row);
  EXPECT_EQ(types[row].elem, types.intern(item));
  const Type& read = types[types.intern(item)];
  ASSERT_EQ(read.field_count, 1U);
  EXPECT_EQ(program.strings[types.fields()[read.first_field].name], "next");
  EXPECT_FALSE(types.intern(Address(0x1234)));
}

TEST(TypeTable, CompletesTypesThatNameOneAnother) {
  TestProgram program(24);
  TypeImage& image = program.image;
  const Address self = image.pointer(Address(), "*main.Node");  // the element is put in below
  const Address node = image.structure({{"next", self, 0}, {"n", image.integer(), 8}}, 16, "main.Node", {"main", {}});
  image.write(self + go::kElemAt, node.value);
  program.open();
  TypeTable& types = *program.types;
  const TypeId row = types.intern(node);
  const TypeId pointer = types.fields()[types[row].first_field].type;
  EXPECT_EQ(types[pointer].elem, row);
  EXPECT_EQ(program.name(pointer), "*main.Node");
}

TEST(TypeTable, CompilesArraysInPlaceOrAsALoop) {
  TestProgram program(24);
  TypeImage& image = program.image;
  const Address item =
      image.structure({{"n", image.integer(), 0}, {"s", image.string(), 8}}, 24, "main.I", {"main", {}});
  const Address type = image.structure(
      {{"few", image.array(item, 2, "[2]main.I"), 8}, {"many", image.array(item, 90, "[90]main.I"), 56}}, 2216,
      "main.T", {"main", {}});
  program.open();
  TypeTable& types = *program.types;
  const TypeTable::Program steps = types.program(types.intern(type));
  ASSERT_EQ(steps.count, 3U);
  EXPECT_EQ(types.step(steps.first).action, Action::kString);
  EXPECT_EQ(types.step(steps.first).offset, 16U);
  EXPECT_EQ(types.step(steps.first + 1).offset, 40U);
  EXPECT_EQ(types.step(steps.first + 2).action, Action::kInline);
  EXPECT_EQ(types.step(steps.first + 2).offset, 56U);
  EXPECT_EQ(types.step(steps.first + 2).extra, 90U);
  EXPECT_EQ(types.program(types.intern(image.integer())).count, 0U);
}

TEST(TypeTable, ATimerIsTheHeadOfWhatTheRuntimeAllocates) {
  for (const int minor : {22, 23}) {
    TestProgram program(minor);
    TypeImage& image = program.image;
    const Address word = image.pointer(image.integer(), "*int");
    const Address timer =
        image.structure({{"C", word, 0}, {"init", image.integer(), 8}}, 16, "time.Timer", {"time", {}});
    const Address whole =
        image.structure({{"c", word, 0}, {"init", image.integer(), 8}, {"timer", image.integer(), 16}}, 24,
                        "runtime.timeTimer", {"runtime", {}});
    program.known = {timer, whole};
    const Address pointer = image.pointer(timer, "*time.Timer");
    program.open();
    TypeTable& types = *program.types;
    const TypeTable::Program steps = types.program(types.intern(pointer));
    ASSERT_EQ(steps.count, 1U);
    EXPECT_EQ(types.step(steps.first).type, types.intern(minor == 22 ? timer : whole)) << minor;
  }
}

TEST(TypeTable, OrdersTypesBySizeAndThenByNesting) {
  TestProgram program(24);
  TypeImage& image = program.image;
  const Address inner = image.structure({{"s", image.string(), 0}}, 16, "main.Inner", {"main", {}});
  const Address outer = image.structure({{"Inner", inner, 0, true}}, 16, "main.Outer", {"main", {}});
  const Address larger =
      image.structure({{"n", image.integer(), 0}, {"s", image.string(), 8}}, 24, "main.L", {"main", {}});
  program.open();
  TypeTable& types = *program.types;
  const TypeId a = types.intern(inner), b = types.intern(outer), c = types.intern(larger);
  EXPECT_TRUE(types.is_better(b, a));
  EXPECT_FALSE(types.is_better(a, b));
  EXPECT_TRUE(types.is_better(c, b));
  EXPECT_TRUE(types.begins_with(b, a));
  EXPECT_FALSE(types.begins_with(a, b));
  EXPECT_FALSE(types.begins_with(c, a));
}

TEST(TypeTable, FindsTypesByFullName) {
  TestProgram program(24);
  TypeImage& image = program.image;
  const Address local = image.structure({}, 8, "cart.Local", {"example.com/cart", {}});
  program.known = {image.structure({}, 8, "sync.poolLocal", {"sync", {}}), image.pointer(local, "*cart.Local")};
  program.open();
  EXPECT_EQ(program.types->by_name("*example.com/cart.Local"), program.types->intern(program.known[1]));
  EXPECT_EQ(program.types->by_name("example.com/cart.Local"), program.types->intern(local));
  EXPECT_FALSE(program.types->by_name("*cart.Local"));
  EXPECT_EQ(program.types->by_name("sync.poolLocal"), program.types->intern(program.known[0]));
  EXPECT_FALSE(program.types->by_name("sync.Pool"));
}

// Which of the maps that have one type of groups is meant, the groups do not tell; nor may the order of reading.
TEST(TypeTable, GroupsOfSeveralMapsTellTheOneWithoutAName) {
  const std::vector<std::vector<std::string>> readings = {{"labels", "secrets", "plain"},
                                                          {"plain", "secrets", "labels"}};
  for (const bool plain_is_known : {false, true})
    for (const auto& reading : readings) {
      TestProgram program(26);
      TypeImage& image = program.image;
      const Address text = image.string();
      const Address groups = image.structure({{"ctrl", image.integer(), 0}}, 8, "map.group[string]string");
      std::map<std::string, Address> maps = {
          {"labels", image.map(text, text, groups, "metrics.Labels", {"example.com/metrics", {}})},
          {"secrets", image.map(text, text, groups, "dns.secrets", {"example.com/dns", {}})},
          {"plain", image.map(text, text, groups, "map[string]string")}};
      program.known = {maps["labels"], maps["secrets"]};
      if (plain_is_known)
        program.known.push_back(maps["plain"]);
      else
        maps.erase("plain");
      program.layouts.swiss_map = kTestSwissMap;
      program.open();
      TypeTable& types = *program.types;
      for (const std::string& name : reading)
        if (maps.contains(name)) types.intern(maps[name]);
      const TypeId told = types.map_of(types.intern(groups));
      ASSERT_TRUE(told);
      EXPECT_EQ(program.name(told), "map[string]string");
      EXPECT_EQ(types[types.intern(groups)].of, told);
      EXPECT_EQ(static_cast<bool>(types[told].descriptor), plain_is_known);
      EXPECT_EQ(program.name(types.map_header(told)), "header of map[string]string");
    }
}

TEST(TypeTable, GroupsOfOneMapTellItsName) {
  TestProgram program(26);
  TypeImage& image = program.image;
  const Address groups = image.structure({{"ctrl", image.integer(), 0}}, 8, "map.group[string]string");
  program.known = {image.map(image.string(), image.string(), groups, "metrics.Labels", {"example.com/metrics", {}})};
  program.open();
  EXPECT_EQ(program.name(program.types->map_of(program.types->intern(groups))), "example.com/metrics.Labels");
}

TEST(TypeTable, ReadsInterfaceWordsThatNoTableLists) {
  TestProgram program(24);
  TypeImage& image = program.image;
  const Address doer = image.interface({}, "main.Doer", {"main", {}});
  const Address item = image.structure({}, 8, "main.Item", {"main", {}});
  image.build_on_heap(true);
  const Address slice = image.slice(item, "");
  const Address itab = image.space(32);
  image.write(itab, doer.value);
  image.write(itab + 8, item.value);
  program.open();
  TypeTable& types = *program.types;
  EXPECT_EQ(program.name(types.interface_value(itab)), "main.Item");
  EXPECT_EQ(program.name(types.interface_value(slice)), "[]main.Item");
  EXPECT_FALSE(types.interface_value(itab + 8));
  EXPECT_FALSE(types.interface_value(Address()));
  EXPECT_FALSE(types.is_interface_word(itab));
}

TEST(TypeTable, NamesClosuresByTheirFunction) {
  TestProgram program(24);
  program.functions[TypeImage::kText + 0x40] = "main.run.func1";
  program.functions[Address(0x10)] = "outside of all text";
  program.open();
  const TypeId closure = program.types->closure(TypeImage::kText + 0x40);
  EXPECT_EQ(program.name(closure), "func main.run.func1");
  EXPECT_EQ(program.types->closure(TypeImage::kText + 0x40), closure);
  EXPECT_FALSE(program.types->closure(TypeImage::kText + 0x44));
  EXPECT_FALSE(program.types->closure(Address(0x10)));
}

}  // namespace
}  // namespace holdfast::typing
