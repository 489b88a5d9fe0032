#include "go/type_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <span>
#include <string>

#include "go/type_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TypeReader, ReadsAStructWithItsFieldsAndMethods) {
  TypeImage image(26);
  const Address method_type = image.function({image.string()}, {}, false, "func(string)");
  const Address type =
      image.structure({{"Base", image.string(), 0, true}, {"count", image.integer(), 16}}, 24, "*cart.Item",
                      {"example.com/app/cart", {{"Add", method_type}, {"Close", method_type}}});
  auto header = *read_type_header(image.memory(), type);
  header.tflag |= 2;  // the text has one star too many
  image.write(type, header);
  const Runtime runtime = image.runtime();
  const TypeReader reader(runtime);
  const auto read = reader.read(type);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, TypeKind::kStruct);
  EXPECT_EQ(read->size, 24U);
  EXPECT_EQ(read->pointer_bytes, 8U);
  EXPECT_EQ(read->text, "cart.Item");
  EXPECT_EQ(read->full_name(), "example.com/app/cart.Item");
  ASSERT_EQ(read->fields.size(), 2U);
  EXPECT_EQ(read->fields[0].name, "Base");
  EXPECT_TRUE(read->fields[0].embedded);
  EXPECT_EQ(read->fields[1].name, "count");
  EXPECT_EQ(read->fields[1].offset, 16U);
  EXPECT_FALSE(read->fields[1].embedded);

  const auto methods = reader.methods(type);
  ASSERT_EQ(methods.size(), 2U);
  EXPECT_EQ(methods[0].name, "Add");
  EXPECT_EQ(methods[0].type, method_type);
  EXPECT_EQ(methods[0].code, Address());  // -1: dropped by the linker
  EXPECT_EQ(methods[1].code, TypeImage::kText + 0x200);
}

TEST(TypeReader, ReadsEveryOtherKind) {
  TypeImage image(22);
  const Address integer = image.integer();
  const Address method_type = image.function({integer}, {}, false, "func(int)");
  const Address function = image.function({integer, image.slice(integer, "[]int")}, {integer, image.string()}, true,
                                          "main.F", {"example.com/m", {}});
  const Runtime runtime = image.runtime();
  const TypeReader reader(runtime);
  EXPECT_EQ(reader.read(integer)->text, "int");
  EXPECT_EQ(reader.read(integer)->full_name(), "int");
  EXPECT_EQ(reader.read(image.pointer(integer, "*int"))->elem, integer);
  EXPECT_EQ(reader.read(image.chan(integer, "<-chan int", 1))->chan_dir, 1U);
  const auto array = reader.read(image.array(integer, 9, "[9]int"));
  EXPECT_EQ(array->count, 9U);
  EXPECT_EQ(array->elem, integer);
  const auto read = reader.read(function);
  EXPECT_TRUE(read->variadic);
  EXPECT_EQ(read->in.size(), 2U);
  EXPECT_THAT(read->out, ElementsAre(integer, testing::_));
  EXPECT_EQ(read->full_name(), "example.com/m.F");
  const auto interface =
      reader.read(image.interface({{"Do", method_type}, {"stop", method_type}}, "main.Doer", {"main", {}}));
  ASSERT_EQ(interface->interface_methods.size(), 2U);
  EXPECT_EQ(interface->interface_methods[1].name, "stop");
  EXPECT_EQ(interface->interface_methods[1].type, method_type);
}

TEST(TypeReader, DotsWithinAShapeBelongToItsParts) {
  TypeImage image(26);
  const Address text = image.string();
  const Address shape =
      image.structure({{"Name", text, 0}}, 16, "go.shape.struct { cart.Base; Name cart.Text }", {"go.shape", {}});
  const go::Runtime runtime = image.runtime();
  EXPECT_EQ(TypeReader(runtime).read(shape)->full_name(), "go.shape.struct { cart.Base; Name cart.Text }");
}

TEST(TypeReader, KnowsTheShapeOfMapsOfEveryEra) {
  const auto read = [](TypeImage& image, auto write) {
    const Address integer = image.integer();
    const Address group = image.basic(TypeKind::kStruct, "group", 208, std::vector<bool>(26));
    const Address type = image.map(integer, image.string(), group, "map[int]string");
    write(type);
    const Runtime runtime = image.runtime();
    auto out = TypeReader(runtime).read(type);
    EXPECT_TRUE(out);
    EXPECT_EQ(out->key, integer);
    EXPECT_EQ(out->map->group, group);
    return *out->map;
  };
  TypeImage old(23);
  MapShape shape = read(old, [&](Address type) {
    old.write(type + 80, std::uint8_t{8});
    old.write(type + 81, std::uint8_t{16});
    old.write(type + 82, std::uint16_t{208});
    old.write(type + 84, std::uint32_t{2});
  });
  EXPECT_FALSE(shape.swiss);
  EXPECT_EQ(shape.group_bytes, 208U);
  EXPECT_EQ(shape.elems_at, 72U);
  EXPECT_EQ(shape.elem_stride, 16U);
  EXPECT_TRUE(shape.indirect_elem);

  TypeImage swiss(25);
  shape = read(swiss, [&](Address type) {
    const std::uint64_t words[] = {200, 24, 8, 4};
    for (std::size_t i = 0; i < 4; ++i) swiss.write(type + (80 + 8 * i), words[i]);
  });
  EXPECT_TRUE(shape.swiss);
  EXPECT_EQ(shape.keys_at, 8U);
  EXPECT_EQ(shape.elems_at, 16U);
  EXPECT_EQ(shape.elem_stride, 24U);
  EXPECT_TRUE(shape.indirect_key);
  EXPECT_FALSE(shape.indirect_elem);

  // The slots of map[[28]byte]bool have 29 bytes and fill the group to its last byte.
  TypeImage odd(26);
  shape = read(odd, [&](Address type) {
    const std::uint64_t words[] = {240, 29, 28, 0};
    for (std::size_t i = 0; i < 4; ++i) odd.write(type + (80 + 8 * i), words[i]);
  });
  EXPECT_EQ(shape.elems_at, 36U);
  EXPECT_EQ(shape.elem_stride, 29U);

  TypeImage split(27);
  shape = read(split, [&](Address type) {
    const std::uint64_t words[] = {200, 8, 8, 72, 16, 0, 8};
    for (std::size_t i = 0; i < 7; ++i) split.write(type + (80 + 8 * i), words[i]);
  });
  EXPECT_EQ(shape.key_stride, 8U);
  EXPECT_EQ(shape.elems_at, 72U);
  EXPECT_EQ(shape.elem_stride, 16U);
  EXPECT_TRUE(shape.indirect_elem);
}

TEST(TypeReader, NamesTypesThatReflectMadeByTheirParts) {
  TypeImage image(24);
  const Address integer = image.integer();
  const Address item = image.structure({}, 0, "cart.Item", {"example.com/cart", {}});
  image.build_on_heap(true);
  const Address pointer = image.pointer(item, "");
  const Address map = image.map(image.array(integer, 3, ""), pointer, integer, "");
  const Address chan = image.chan(image.chan(map, "", 1), "");
  const Address function =
      image.function({chan, image.slice(integer, "")},
                     {integer, image.structure({{"A", pointer, 0}, {"B", integer, 8, true}}, 16, "")}, true, "");
  const Runtime runtime = image.runtime();
  const TypeReader reader(runtime);
  const auto read = reader.read(function);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text, "func(chan (<-chan map[[3]int]*cart.Item), ...int) (int, struct { A *cart.Item; int })");
  EXPECT_TRUE(reader.is_type(function));
}

// Names of fields that reflect has made are pointer-free objects.
TEST(TypeReader, AsksTheTargetThatGoesOnForNamesThatTheCopyLacks) {
  constexpr Address kElsewhere{0xc100000000};
  TypeImage image(24);
  const Address integer = image.integer();
  image.build_on_heap(true);
  const Address made = image.structure({{"A", integer, 0}}, 8, "");
  image.write(image.memory().pointer(made + kFieldsAt), kElsewhere.value);
  Runtime runtime = image.runtime();
  EXPECT_FALSE(TypeReader(runtime).read(made));
  const std::string name =
      "\x01\x05"
      "Count";
  MemoryImage going_on;
  going_on.add(kElsewhere, std::as_bytes(std::span(name)), nullptr);
  going_on.seal();
  runtime.unchanging = &going_on;
  const auto read = TypeReader(runtime).read(made);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text, "struct { Count int }");
}

TEST(TypeReader, RefusesATypeOfTheHeapThatContainsItself) {
  TypeImage image(24);
  image.build_on_heap(true);
  const Address slice = image.slice(Address(), "");
  image.write(slice + kElemAt, slice.value);
  const Address wide = image.structure(std::vector<BuiltField>(50, {"f", slice, 0}), 24, "");
  for (std::uint64_t i = 0; i < 50; ++i)
    image.write(image.memory().pointer(wide + kFieldsAt) + (i * 24 + 8), wide.value);
  const Runtime runtime = image.runtime();
  EXPECT_FALSE(TypeReader(runtime).read(slice));
  EXPECT_FALSE(TypeReader(runtime).read(wide));
}

TEST(TypeReader, RefusesWhatIsNoDescriptor) {
  TypeImage image(26);
  const Address good = image.pointer(image.integer(), "*int");
  const Runtime runtime = image.runtime();
  const TypeReader reader(runtime);
  ASSERT_TRUE(reader.is_type(good));
  const auto with = [&](auto change) {
    const Address type = image.pointer(image.integer(), "*int");
    auto header = *read_type_header(image.memory(), type);
    change(header);
    image.write(type, header);
    return reader.is_type(type);
  };
  EXPECT_TRUE(with([](TypeHeader&) {}));
  EXPECT_FALSE(with([](TypeHeader& h) { h.kind_byte = 27; }));
  EXPECT_FALSE(with([](TypeHeader& h) { h.kind_byte = 22 | 32; }));  // without flags since 1.26
  EXPECT_FALSE(with([](TypeHeader& h) { h.size = 16; }));
  EXPECT_FALSE(with([](TypeHeader& h) { h.pointer_bytes = 16; }));
  EXPECT_FALSE(with([](TypeHeader& h) { h.gc_data = 0; }));
  EXPECT_FALSE(with([](TypeHeader& h) { h.align = 3; }));
  EXPECT_FALSE(with([](TypeHeader& h) { h.name = 0x7fffffff; }));
  EXPECT_FALSE(with([](TypeHeader& h) { h.name = -5; }));
  for (const Address at : {Address(), good + 4, good + 8, Address(0x10), Address(~std::uint64_t{7})})
    EXPECT_FALSE(reader.is_type(at)) << std::hex << at.value;
  EXPECT_THAT(reader.methods(good), IsEmpty());
}

TEST(TypeReader, ANameMustBeWhole) {
  TypeImage image(26);
  const auto is_type = [&](std::string_view name_bytes, bool at_the_end = false) {
    const Address end = TypeImage::kTypes + TypeImage::kBytes;
    const Address at = at_the_end ? Address(end.value - name_bytes.size()) : image.space(name_bytes.size(), 1);
    image.write_bytes(at, name_bytes);
    const Address type = image.pointer(image.integer(), "*int");
    auto header = *read_type_header(image.memory(), type);
    header.name = static_cast<std::int32_t>(at - TypeImage::kTypes);
    image.write(type, header);
    const Runtime runtime = image.runtime();
    return TypeReader(runtime).is_type(type);
  };
  EXPECT_TRUE(is_type("\1\4*int"));
  EXPECT_TRUE(is_type("\1\4*int", true)) << "nothing lies behind it";
  EXPECT_TRUE(is_type("\1\1T", true)) << "it is shorter than the longest length";
  EXPECT_FALSE(is_type("\1\5*int", true)) << "it leads out of the memory";
  EXPECT_FALSE(is_type("\1", true));
  EXPECT_FALSE(is_type("\1\377", true));
  EXPECT_FALSE(is_type(std::string_view("\1\0", 2))) << "it is empty";
  EXPECT_FALSE(is_type("\20\4*int")) << "no such flag";
  EXPECT_FALSE(is_type("\1\4*i\1t")) << "it cannot be printed";
  EXPECT_TRUE(is_type(std::string_view("\1\204\200\0*int", 8))) << "a long way to say four";
}

TEST(TypeReader, TellsThePartsOfStructsAndArrays) {
  TypeImage image(26);
  const Address integer = image.integer(), string = image.string();
  const Address array = image.array(string, 3, "[3]string");
  const Address type = image.structure({{"n", integer, 0}, {"texts", array, 8}}, 56, "main.S", {"main", {}});
  const Runtime runtime = image.runtime();
  const TypeReader reader(runtime);
  std::vector<TypePart> parts;
  for (const Address at : {type, array, integer}) EXPECT_TRUE(reader.parts(at, *reader.header(at), parts));
  EXPECT_THAT(parts, ElementsAre(TypePart{integer, 0, 1}, TypePart{array, 8, 1}, TypePart{string, 0, 3}));
  EXPECT_EQ(reader.elem(array), string);
  image.write(array + kArrayLengthAt, std::uint64_t{5});  // 48 bytes are no five strings
  EXPECT_FALSE(reader.parts(array, *reader.header(array), parts));
}

TEST(TypeReader, SurvivesRandomDamage) {
  std::mt19937_64 random(11);
  for (const int minor : {19, 23, 24, 27}) {
    TypeImage image(minor);
    const Address integer = image.integer();
    const Address method = image.function({integer}, {}, false, "func(int)");
    std::vector<Address> types = {integer, method};
    types.push_back(image.structure({{"a", integer, 0}, {"b", method, 8}}, 16, "main.S", {"main", {{"M", method}}}));
    types.push_back(image.interface({{"M", method}}, "main.I", {"main", {}}));
    types.push_back(image.map(integer, types[2], types[2], "map[int]main.S"));
    const std::uint64_t used = image.types_used();
    const Runtime runtime = image.runtime();
    const TypeReader reader(runtime);
    std::vector<Address> out;
    for (int round = 0; round < 3000; ++round) {
      image.write(TypeImage::kTypes + random() % used, static_cast<std::uint8_t>(random()));
      const Address at = round % 3 == 0 ? TypeImage::kTypes + random() % used / 8 * 8 : types[random() % types.size()];
      if (const auto read = reader.read(at)) {
        EXPECT_LE(read->fields.size(), kMostMembers);
      }
      reader.methods(at);
      out.clear();
      reader.references(at, out);
      reader.descriptor_bytes(at);
    }
  }
}

}  // namespace
}  // namespace holdfast::go
