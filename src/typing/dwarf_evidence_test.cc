#include "typing/dwarf_evidence.h"

#include <dwarf.h>
#include <gmock/gmock.h>

#include "binary/dwarf_builder_for_tests.h"
#include "typing/frame_headers.h"
#include "typing/heap_for_tests.h"

namespace holdfast::typing {
namespace {

using binary::Bytes;
using binary::DwarfBuilder;
using go::TypeImage;

constexpr unsigned kGoKind = 0x2900, kGoElem = 0x2902, kGoRuntimeType = 0x2904, kGoClosureOffset = 0x2907;
constexpr std::uint64_t kBias = 0x1000;  // run-time minus linked
constexpr Address kOpened = TypeImage::kText + 0x100;
constexpr Address kCallee = TypeImage::kText + 0x300;

// A program with main.Item {name string; next *Item; n int}, of which the module has a descriptor, and main.Box {items
// []Item; one *Item}, which only debug information knows.
class DwarfEvidenceTest : public testing::Test {
 protected:
  DwarfEvidenceTest() : program_(26), image_(program_.image), dwarf_(5) {
    const Address integer = image_.integer(), string = image_.string();
    const Address pointer = image_.pointer(Address(), "*main.Item");
    item_ = image_.structure({{"name", string, 0}, {"next", pointer, 16}, {"n", integer, 24}}, 32, "main.Item",
                             {"main", {}});
    image_.write(pointer + go::kElemAt, item_.value);
    program_.known = {pointer, item_};
    variables_ = image_.space(0x100);
    stack_ = image_.space(0x100);
    image_.modules[0].data = {variables_, variables_ + 0x100};
    image_.modules[0].path = "program";
    loaded_.path = "program";
    loaded_.bias = kBias;
    add_types();
  }

  void add_types() {
    dwarf_.open(DW_TAG_structure_type, "Item").text(DW_AT_name, "main.Item").number(DW_AT_byte_size, 32);
    dwarf_.number(kGoKind, 25).close();
    dwarf_.open(DW_TAG_pointer_type, "*Item").text(DW_AT_name, "*main.Item").number(DW_AT_byte_size, 8);
    dwarf_.reference(DW_AT_type, "Item").close();
    dwarf_.open(DW_TAG_structure_type, "[]Item").text(DW_AT_name, "[]main.Item").number(DW_AT_byte_size, 24);
    dwarf_.number(kGoKind, 23).reference(kGoElem, "Item").close();
    dwarf_.open(DW_TAG_structure_type, "Box").text(DW_AT_name, "main.Box").number(DW_AT_byte_size, 32);
    dwarf_.number(kGoKind, 25);
    member("items", 0, "[]Item");
    member("one", 24, "*Item");
    dwarf_.close();
    dwarf_.open(DW_TAG_array_type, "[2]Box").text(DW_AT_name, "[2]main.Box").number(DW_AT_byte_size, 64);
    dwarf_.reference(DW_AT_type, "Box").open(DW_TAG_subrange_type).number(DW_AT_count, 2).close().close();
  }
  void member(std::string_view name, std::uint64_t offset, const std::string& type) {
    dwarf_.open(DW_TAG_member).text(DW_AT_name, name).number(DW_AT_data_member_location, offset);
    dwarf_.reference(DW_AT_type, type).close();
  }
  void variable(std::string_view name, Address at, const std::string& type) {
    dwarf_.open(DW_TAG_variable).text(DW_AT_name, name).reference(DW_AT_type, type);
    dwarf_.block(DW_AT_location, Bytes().u8(DW_OP_addr).u64(at.value - kBias)).close();
  }
  void open_function(std::string_view name, Address at) {
    dwarf_.open(DW_TAG_subprogram).text(DW_AT_name, name).address(DW_AT_low_pc, at.value - kBias);
    dwarf_.number(DW_AT_high_pc, 0x100).block(DW_AT_frame_base, Bytes().u8(DW_OP_call_frame_cfa));
  }
  // `offset`: bytes from the frame's base, below 64, negative.
  void local(unsigned tag, std::string_view name, const std::string& type, int offset) {
    dwarf_.open(tag).text(DW_AT_name, name).reference(DW_AT_type, type);
    dwarf_.block(DW_AT_location, Bytes().u8(DW_OP_fbreg).u8(static_cast<std::uint8_t>(offset & 0x7f))).close();
  }

  // All is written.
  DwarfEvidence& open() {
    elf_ = dwarf_.build();
    info_.emplace(ByteView(elf_, "program"));
    program_.open();
    reasons_.emplace(heap_.objects());
    propagation_.emplace(heap_, *program_.types, &*reasons_);
    return evidence_.emplace(*info_, *program_.runtime, loaded_, *program_.types, program_.strings, *propagation_);
  }
  std::string type(std::uint32_t row) {
    propagation_->run();
    return program_.name(propagation_->type(row));
  }
  const Grounds& grounds_of(std::uint32_t row) { return reasons_->grounds(reasons_->source_of(row).row); }

  TestProgram program_;
  TypeImage& image_;
  DwarfBuilder dwarf_;
  go::LoadedImage loaded_;
  TestHeap heap_;
  Address item_, variables_, stack_;
  std::vector<std::byte> elf_;
  std::optional<binary::DwarfInfo> info_;
  std::optional<Reasons> reasons_;
  std::optional<Propagation> propagation_;
  std::optional<DwarfEvidence> evidence_;
};

TEST_F(DwarfEvidenceTest, TypesWhatPackageVariablesHold) {
  const std::uint32_t pointed = heap_.add(32, true), held = heap_.add(32, true);
  image_.write(variables_, heap_.at(pointed).value);
  image_.write(variables_ + 0x20 + 16, heap_.at(held).value);
  variable("main.first", variables_, "*Item");
  variable("main.value", variables_ + 0x20, "Item");
  open().claim_globals();
  EXPECT_EQ(type(pointed), "main.Item");
  EXPECT_EQ(propagation_->known_by(pointed), KnownBy::kDwarf);
  EXPECT_EQ(type(held), "main.Item");
  EXPECT_EQ(grounds_of(held).ground, Ground::kVariable);
  EXPECT_EQ(program_.strings[grounds_of(held).name], "main.value");
  EXPECT_EQ(grounds_of(held).variable, variables_ + 0x20);
}

TEST_F(DwarfEvidenceTest, MakesTypesOfVariablesThatHaveNoDescriptor) {
  variable("main.boxes", variables_, "[2]Box");
  variable("main.value", variables_ + 0x40, "Item");
  DwarfEvidence& evidence = open();
  const TypeTable& types = *program_.types;
  ASSERT_EQ(info_->globals().size(), 2U);
  const TypeId boxes = evidence.type_of_variable(info_->globals()[0].type);
  EXPECT_EQ(evidence.type_of_variable(info_->globals()[0].type), boxes) << "each once";
  EXPECT_EQ(types[boxes].kind, TypeKind::kArray);
  EXPECT_EQ(types[boxes].count, 2U);
  EXPECT_EQ(types[boxes].size, 64U);
  const Type& box = types[types[boxes].elem];
  EXPECT_EQ(program_.name(types[boxes].elem), "main.Box");
  ASSERT_EQ(box.field_count, 2U);
  const Field& items = types.fields()[box.first_field];
  EXPECT_EQ(program_.strings[items.name], "items");
  EXPECT_EQ(types[items.type].kind, TypeKind::kSlice);
  EXPECT_EQ(types[items.type].size, 24U);
  EXPECT_EQ(types.fields()[box.first_field + 1].offset, 24U);
  EXPECT_EQ(types[evidence.type_of_variable(info_->globals()[1].type)].descriptor, item_);
}

TEST_F(DwarfEvidenceTest, TakesTypesWithoutADescriptorApart) {
  const std::uint32_t one = heap_.add(32, true), items = heap_.add(96, true), empty = heap_.add(32, true);
  const Address box = variables_ + 32;  // the second of the array
  image_.write(box, heap_.at(items).value);
  image_.write(box + 8, std::uint64_t{1});
  image_.write(box + 16, std::uint64_t{3});
  image_.write(box + 24, heap_.at(one).value);
  image_.write(variables_, heap_.at(empty).value);  // a slice without room holds nothing
  variable("main.boxes", variables_, "[2]Box");
  open().claim_globals();
  EXPECT_EQ(type(one), "main.Item");
  EXPECT_EQ(type(items), "main.Item") << "as many as the slice has room for";
  EXPECT_TRUE(propagation_->known_by(items) == KnownBy::kDwarf);
  EXPECT_EQ(type(empty), "");
}

TEST_F(DwarfEvidenceTest, FindsDescriptorsByTheirPlaceWhereTheNameIsAnother) {
  const std::uint32_t row = heap_.add(32, true);
  dwarf_.open(DW_TAG_structure_type, "Odd").text(DW_AT_name, "main.Odd").number(DW_AT_byte_size, 32);
  dwarf_.address(kGoRuntimeType, item_ - TypeImage::kTypes).close();
  dwarf_.open(DW_TAG_pointer_type, "*Odd").text(DW_AT_name, "*main.Odd").number(DW_AT_byte_size, 8);
  dwarf_.reference(DW_AT_type, "Odd").close();
  image_.write(variables_, heap_.at(row).value);
  variable("main.odd", variables_, "*Odd");
  open().claim_globals();
  EXPECT_EQ(type(row), "main.Item");
}

TEST_F(DwarfEvidenceTest, TypesVariablesOfFramesThatHaveALiveWord) {
  const std::uint32_t live = heap_.add(32, true), dead = heap_.add(32, true), elements = heap_.add(64, true);
  LiveFrame frame;
  frame.function = kOpened;
  frame.frame.pc = kOpened + 0x21;
  frame.frame.is_return_address = true;
  frame.frame.fp = stack_ + 0x80;
  const auto at = [&](int offset) { return frame.frame.fp + static_cast<std::uint64_t>(std::int64_t{offset}); };
  image_.write(at(-16), heap_.at(live).value);
  image_.write(at(-24), heap_.at(dead).value);
  image_.write(at(-56), heap_.at(elements).value);
  image_.write(at(-40), std::uint64_t{2});
  open_function("main.serve", kOpened);
  local(DW_TAG_variable, "live", "*Item", -16);
  local(DW_TAG_variable, "dead", "*Item", -24);
  local(DW_TAG_variable, "items", "[]Item", -56);
  dwarf_.close();
  const std::vector<Address> slots = {at(-56), at(-16)};
  frame.slots = slots;
  open().claim_frames({&frame, 1});
  EXPECT_EQ(type(live), "main.Item");
  EXPECT_EQ(type(dead), "");
  EXPECT_EQ(type(elements), "main.Item");
  EXPECT_EQ(grounds_of(live).ground, Ground::kLocal);
  EXPECT_EQ(program_.strings[grounds_of(live).name], "live");
  EXPECT_EQ(grounds_of(live).code, kOpened + 0x20);
}

TEST_F(DwarfEvidenceTest, TypesTheArgumentOfACleanup) {
  const std::uint32_t argument = heap_.add(32, true);
  open_function("main.release", kOpened);
  local(DW_TAG_formal_parameter, "item", "*Item", 0);
  dwarf_.close();
  // The value is a pointer that lies in the runtime's record.
  image_.write(variables_, heap_.at(argument).value);
  open().claim_argument(kOpened, variables_);
  EXPECT_EQ(type(argument), "main.Item");
  EXPECT_EQ(grounds_of(argument).ground, Ground::kSpecial);
}

TEST_F(DwarfEvidenceTest, TypesWhatACleanupsClosureCaptured) {
  const std::uint32_t argument = heap_.add(32, true), function = heap_.add(16, true);
  const Address closure = variables_;
  image_.write(closure, kOpened.value);
  image_.write(closure + 8, (variables_ + 0x40).value);  // &cleanup
  image_.write(closure + 16, heap_.at(argument).value);  // arg
  image_.write(variables_ + 0x40, (variables_ + 0x60).value);
  image_.write(variables_ + 0x60, kCallee.value);
  open_function("runtime.AddCleanup[...].func1", kOpened);
  for (const auto& [name, offset] : {std::pair("&cleanup", 8U), std::pair("arg", 16U)})
    dwarf_.open(DW_TAG_variable)
        .text(DW_AT_name, name)
        .number(kGoClosureOffset, offset)
        .reference(DW_AT_type, "*Item")
        .close();
  dwarf_.close();
  open_function("main.release", kCallee);
  local(DW_TAG_formal_parameter, "item", "*Item", 0);
  dwarf_.close();
  open().claim_captured_argument(closure);
  EXPECT_EQ(type(argument), "main.Item");
  EXPECT_EQ(type(function), "");
}

TEST_F(DwarfEvidenceTest, SaysNothingOfCodeThatItDoesNotKnow) {
  const std::uint32_t row = heap_.add(32, true);
  open_function("main.release", kOpened);
  local(DW_TAG_formal_parameter, "item", "*Item", 0);
  dwarf_.close();
  DwarfEvidence& evidence = open();
  evidence.claim_argument(kCallee, heap_.at(row));
  evidence.claim_captured_argument(stack_);
  LiveFrame frame;
  frame.frame.pc = kCallee;
  frame.frame.fp = stack_ + 0x80;
  evidence.claim_frames({&frame, 1});
  EXPECT_EQ(type(row), "");
  EXPECT_EQ(propagation_->stats().claims, 0U);
}

// A frame of main.serve with variables, some of whose words are live.
class FrameHeadersByDwarf : public DwarfEvidenceTest {
 protected:
  FrameHeadersByDwarf() {
    frame_.function = kOpened;
    frame_.frame.pc = kOpened + 0x21;
    frame_.frame.is_return_address = true;
    frame_.frame.fp = stack_ + 0x80;
    open_function("main.serve", kOpened);
  }
  Address at(int offset) const { return frame_.frame.fp + static_cast<std::uint64_t>(std::int64_t{offset}); }
  void put(int offset, std::initializer_list<std::uint64_t> words) {
    for (const std::uint64_t word : words) image_.write(at(offset), word), offset += 8;
  }
  // A variable []main.Item whose words stand apart; 0 = that word is in no memory.
  void scattered(std::string_view name, int pointer, int length, int capacity) {
    Bytes where;
    for (const int offset : {pointer, length, capacity}) {
      if (offset != 0) where.u8(DW_OP_fbreg).u8(static_cast<std::uint8_t>(offset & 0x7f));
      where.u8(DW_OP_piece).u8(8);
    }
    dwarf_.open(DW_TAG_variable).text(DW_AT_name, name).reference(DW_AT_type, "[]Item");
    dwarf_.block(DW_AT_location, where).close();
  }
  std::vector<heap::FrameHeader> find(const std::vector<Address>& live) {
    frame_.slots = live;
    dwarf_.close();
    DwarfEvidence& evidence = open();
    FrameHeaders headers(*program_.runtime, heap_, *program_.types, program_.strings);
    headers.add_variables(evidence, {&frame_, 1});
    return headers.take();
  }
  std::string_view name(const heap::FrameHeader& header) { return program_.strings[header.variable]; }

  LiveFrame frame_;
};

TEST_F(FrameHeadersByDwarf, HaveTheNumbersThatTheirVariablesHave) {
  const std::uint32_t elements = heap_.add(320, true), others = heap_.add(320, true);
  put(-56, {heap_.at(elements).value, 2, 10});
  put(-32, {heap_.at(others).value + 32, 3, 9});
  local(DW_TAG_variable, "items", "[]Item", -56);
  local(DW_TAG_variable, "dead", "[]Item", -32);
  const auto found = find({at(-56)});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at, at(-56));
  EXPECT_EQ(found[0].data, heap_.at(elements));
  EXPECT_EQ(found[0].length, 2U);
  EXPECT_EQ(found[0].capacity, 10U);
  EXPECT_EQ(found[0].basis, heap::HeaderBasis::kVariable);
  EXPECT_EQ(name(found[0]), "items");
}

TEST_F(FrameHeadersByDwarf, MayHaveTheirWordsApartOrNowhere) {
  const std::uint32_t elements = heap_.add(320, true), others = heap_.add(320, true);
  put(-56, {heap_.at(elements).value, 99, 10, 4, heap_.at(others).value});
  scattered("whole", -56, -32, -40);
  scattered("folded", -24, 0, 0);
  const auto found = find({at(-56), at(-24)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].length, 4U);
  EXPECT_EQ(found[0].capacity, 10U);
  EXPECT_FALSE(found[1].length) << "the compiler knows it, and keeps it nowhere";
  EXPECT_EQ(name(found[1]), "folded");
}

TEST_F(FrameHeadersByDwarf, ArePartsOfStructures) {
  const std::uint32_t elements = heap_.add(320, true);
  put(-56, {heap_.at(elements).value, 1, 3, 0});
  local(DW_TAG_variable, "box", "Box", -56);
  const auto found = find({at(-56)});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(name(found[0]), "box.items");
  EXPECT_EQ(found[0].length, 1U);
}

TEST_F(FrameHeadersByDwarf, SayNoLengthThatContradictsTheObject) {
  const std::uint32_t elements = heap_.add(320, true);
  put(-56, {heap_.at(elements).value, 2, 11});
  local(DW_TAG_variable, "items", "[]Item", -56);
  const auto found = find({at(-56)});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].length);
  EXPECT_FALSE(found[0].capacity);
}

}  // namespace
}  // namespace holdfast::typing
