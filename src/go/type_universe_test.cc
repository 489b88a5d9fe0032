#include "go/type_universe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "go/type_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

struct Program {
  explicit Program(int minor) : image(minor) {
    integer = image.integer();
    item = image.structure({{"n", integer, 0}}, 8, "main.Item", {"main", {}});
    pointer = image.pointer(item, "*main.Item");
    method_type = image.function({pointer}, {}, false, "func(*main.Item)");
    doer = image.interface({{"Do", method_type}}, "main.Doer", {"main", {}});
    alone = image.string();  // nothing names it
  }
  Address add_itab(Address interface, Address type) {
    const Address itab = image.space(32);
    image.write(itab, interface.value);
    image.write(itab + 8, type.value);
    image.write(itab + 16, std::uint32_t{0});
    return itab;
  }
  TypeImage image;
  Address integer, item, pointer, method_type, doer, alone;
};

TEST(TypeUniverse, ClosesTypelinksAndItablinksOverWhatTheyName) {
  Program program(26);
  TypeImage& image = program.image;
  const Address links = image.space(8);
  image.write(links, static_cast<std::int32_t>(program.pointer - TypeImage::kTypes));
  image.modules[0].typelinks = {links, 1};
  const Address itab = program.add_itab(program.doer, program.pointer);
  const Address itabs = image.space(8);
  image.write(itabs, itab.value);
  image.modules[0].itablinks = {itabs, 1};
  const Runtime runtime = image.runtime();
  const TypeReader reader(runtime);
  LossLedger losses;
  TypeUniverse universe(runtime, reader, losses);
  EXPECT_THAT(universe.types(),
              ElementsAre(program.integer, program.item, program.pointer, program.method_type, program.doer));
  EXPECT_THAT(universe.itabs(), ElementsAre(Itab{itab, program.doer, program.pointer}));
  EXPECT_EQ(universe.interface_type(itab), program.pointer);
  EXPECT_EQ(universe.interface_type(program.item), program.item);
  EXPECT_EQ(universe.interface_type(program.item + 8), Address());
  EXPECT_EQ(universe.interface_type(TypeImage::kHeap), Address());
  EXPECT_EQ(universe.itab_at(itab)->type, program.pointer);
  EXPECT_EQ(universe.itab_at(itab + 8), nullptr);
  universe.add(std::vector{program.alone, Address(0x1238)});
  EXPECT_THAT(universe.types(), Contains(program.alone));
  EXPECT_EQ(universe.types().size(), 6U);
  EXPECT_TRUE(losses.sorted().empty());
}

TEST(TypeUniverse, FindsItabsMadeAtRunTime) {
  Program program(23);
  TypeImage& image = program.image;
  image.build_on_heap(true);  // outside the module
  const Address itab = program.add_itab(program.doer, program.item);
  const Address wrong_hash = program.add_itab(program.doer, program.item);
  image.write(wrong_hash + 16, std::uint32_t{77});
  const Address table = image.space(16 + 8 * 4);
  image.write(table, std::uint64_t{4});
  image.write(table + 24, itab.value);
  image.write(table + 40, wrong_hash.value);
  image.vars.itab_table = image.space(8);
  image.write(image.vars.itab_table, table.value);
  const Runtime runtime = image.runtime();
  const TypeReader reader(runtime);
  LossLedger losses;
  const TypeUniverse universe(runtime, reader, losses);
  EXPECT_THAT(universe.itabs(), ElementsAre(Itab{itab, program.doer, program.item}));
  EXPECT_EQ(universe.interface_type(itab), program.item);
  EXPECT_EQ(universe.interface_type(wrong_hash), Address());
}

// Lays a block out as Go 1.27 does: descriptors with their tables one after the other, then itabs.
TEST(TypeUniverse, WalksDescriptorsFrom127) {
  TypeImage image(27);
  std::vector<Address> packed;
  const auto put = [&](TypeKind kind, std::uint64_t size, std::uint64_t bytes, std::uint64_t pointers) {
    const Address at = image.space(bytes);
    TypeHeader header = {};
    header.size = size;
    header.align = header.field_align = 8;
    header.kind_byte = static_cast<std::uint8_t>(kind);
    header.pointer_bytes = pointers;
    header.gc_data = pointers;
    header.name = 0x8000;
    image.write(at, header);
    packed.push_back(at);
    return at;
  };
  image.write_bytes(TypeImage::kTypes + 0x8000, std::string_view("\0\x04main", 6));
  const Address integer = put(TypeKind::kInt, 8, 48, 0);
  const Address structure = put(TypeKind::kStruct, 8, 80 + 24, 0);
  image.write_slice(structure + kFieldsAt, structure + 80, 1);
  image.write(structure + 88, integer.value);
  const Address function = put(TypeKind::kFunc, 8, 56 + 16, 8);
  image.write(function + kFuncInAt, std::uint16_t{2});
  image.write(function + 56, integer.value);
  image.write(function + 64, structure.value);
  const Address interface = put(TypeKind::kInterface, 16, 80 + 16, 16);
  image.write_slice(interface + kFieldsAt, interface + 80, 2);
  for (const std::uint64_t i : {0U, 1U}) image.write(interface + (80 + 8 * i), 0x8000);
  const Address end = image.space(0);
  const Address itab = image.space(40);
  image.write(itab, interface.value);
  image.write(itab + 8, structure.value);
  image.modules[0].type_desc_len = end - TypeImage::kTypes;
  image.modules[0].itab_offset = itab - TypeImage::kTypes;
  image.modules[0].itab_size = 40;
  const Runtime runtime = image.runtime();
  const TypeReader reader(runtime);
  LossLedger losses;
  EXPECT_EQ(TypeUniverse(runtime, reader, losses).types(), packed);
  EXPECT_THAT(TypeUniverse(runtime, reader, losses).itabs(), ElementsAre(Itab{itab, interface, structure}));
  EXPECT_TRUE(losses.sorted().empty());

  image.write(function + 23, std::uint8_t{0});  // no kind
  EXPECT_THAT(TypeUniverse(runtime, reader, losses).types(), Not(Contains(function)));
  EXPECT_FALSE(losses.sorted().empty());
}

}  // namespace
}  // namespace holdfast::go
