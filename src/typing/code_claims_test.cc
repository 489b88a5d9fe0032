#include "typing/code_claims.h"

#include <gmock/gmock.h>

#include "typing/frame_headers.h"
#include "typing/heap_for_tests.h"

namespace holdfast::typing {
namespace {

using code::Origin;
using code::WordType;
using go::TypeImage;
using testing::ElementsAre;

constexpr Address kFunction = TypeImage::kText + 0x100;
constexpr Address kInstruction = TypeImage::kText + 0x120;

// Variables lie in the first words of the image's writable part, frames on a stack behind them.
class CodeClaimsTest : public testing::Test {
 protected:
  CodeClaimsTest() : program_(26), image_(program_.image) {
    integer_ = image_.integer();
    string_ = image_.string();
    item_pointer_ = image_.pointer(Address(), "*main.Item");
    item_ = image_.structure({{"name", string_, 0}, {"next", item_pointer_, 16}, {"n", integer_, 24}}, 32, "main.Item",
                             {"main", {}});
    image_.write(item_pointer_ + go::kElemAt, item_.value);
    program_.known = {item_pointer_, item_};
    variables_ = image_.space(0x100);
    stack_ = image_.space(0x100);
    image_.modules[0].data = {variables_, variables_ + 0x100};
  }
  // All objects have been added and written, all evidence is there.
  void open() {
    program_.open();
    propagation_.emplace(heap_, *program_.types, &reasons());
    claims_.emplace(evidence_, *program_.runtime, *program_.types, *propagation_);
    claims_->set_closure_layouts();
  }
  Reasons& reasons() {
    if (!reasons_) reasons_.emplace(heap_.objects());
    return *reasons_;
  }
  void claim_all() {
    open();
    claims_->claim_strong();
    propagation_->run();
    claims_->claim_weak();
    propagation_->run();
  }
  std::string type(std::uint32_t row) { return program_.name(propagation_->type(row)); }
  const Grounds& grounds_of(std::uint32_t row) { return reasons().grounds(reasons().source_of(row).row); }

  TestProgram program_;
  TypeImage& image_;
  TestHeap heap_;
  code::CodeEvidence evidence_;
  Address integer_, string_, item_, item_pointer_;
  Address variables_, stack_;
  std::optional<Reasons> reasons_;
  std::optional<Propagation> propagation_;
  std::optional<CodeClaims> claims_;
};

TEST_F(CodeClaimsTest, TypeWhatVariablesPointTo) {
  const std::uint32_t one = heap_.add(32, true), next = heap_.add(32, true), several = heap_.add(96, true),
                      inside = heap_.add(32, true);
  image_.write(variables_, heap_.at(one).value);
  heap_.write(one, 16, heap_.at(next));
  image_.write(variables_ + 8, heap_.at(several).value);
  image_.write(variables_ + 16, heap_.at(inside).value);
  evidence_.globals = {{variables_, WordType::pointer(item_), true, kInstruction},
                       {variables_ + 8, WordType::pointer(item_, 0, true), true, kInstruction},
                       {variables_ + 16, WordType::pointer(item_, 8), true, kInstruction}};
  claim_all();
  EXPECT_EQ(type(one), "main.Item");
  EXPECT_EQ(propagation_->known_by(one), KnownBy::kCode);
  EXPECT_EQ(type(next), "main.Item") << "through its field";
  EXPECT_EQ(type(several), "main.Item");
  EXPECT_EQ(type(inside), "") << "a pointer into a value does not say where the value begins";
  EXPECT_EQ(grounds_of(one).code, kInstruction);
  EXPECT_EQ(grounds_of(one).variable, variables_);
  EXPECT_TRUE(grounds_of(one).strong);
}

TEST_F(CodeClaimsTest, TakeTheFirstWordOfAnInterfaceForOneOnlyWithTheSecond) {
  const Address eface = image_.interface({}, "interface {}");
  const std::uint32_t behind = heap_.add(32, true), held = heap_.add(32, true);
  for (const auto& [at, row] : {std::pair(variables_, behind), std::pair(variables_ + 0x20, held)}) {
    image_.write(at, item_.value);
    image_.write(at + 8, heap_.at(row).value);
  }
  evidence_.globals = {{variables_, WordType::part(eface, 0), true, kInstruction},
                       {variables_ + 0x20, WordType::part(eface, 0), true, kInstruction},
                       {variables_ + 0x28, WordType::part(eface, 8), true, kInstruction}};
  claim_all();
  EXPECT_EQ(type(behind), "") << "what lies behind a reflect.Type is another variable";
  EXPECT_EQ(type(held), "main.Item");
}

TEST_F(CodeClaimsTest, TakeTheFirstWordOfASliceForItsElements) {
  const Address slice = image_.slice(item_, "[]main.Item");
  const std::uint32_t elements = heap_.add(96, true);
  image_.write(variables_, heap_.at(elements).value);
  evidence_.globals = {{variables_, WordType::part(slice, 0), true, kInstruction}};
  claim_all();
  EXPECT_EQ(type(elements), "main.Item");
}

// window = make([]Item, 3)[1:]
TEST_F(CodeClaimsTest, TakeNumbersBehindAPointerIntoAnArrayForItsLength) {
  const std::uint32_t cut = heap_.add(96, true), apart = heap_.add(96, true), odd = heap_.add(96, true);
  const auto put = [&](Address at, Address first, std::uint64_t length, std::uint64_t capacity) {
    image_.write(at, first.value);
    image_.write(at + 8, length);
    image_.write(at + 16, capacity);
    evidence_.globals.push_back({at, WordType::pointer(item_, 0, true), true, kInstruction});
  };
  put(variables_, heap_.at(cut) + 32, 1, 2);
  put(variables_ + 0x20, heap_.at(apart) + 32, 1, 3);
  put(variables_ + 0x40, heap_.at(odd) + 32, 2, 1);
  claim_all();
  EXPECT_EQ(type(cut), "main.Item");
  EXPECT_EQ(propagation_->known_by(cut), KnownBy::kInferred);
  EXPECT_EQ(type(apart), "") << "more than there is room for";
  EXPECT_EQ(type(odd), "") << "no length is larger than the capacity";
}

TEST_F(CodeClaimsTest, PreferWhatIsStoredToWhatIsOnlyUsed) {
  const Address other =
      image_.structure({{"next", item_pointer_, 0}, {"a", integer_, 8}, {"b", integer_, 16}, {"c", integer_, 24}}, 32,
                       "main.Other", {"main", {}});
  const std::uint32_t row = heap_.add(32, true);
  image_.write(variables_, heap_.at(row).value);
  image_.write(variables_ + 8, heap_.at(row).value);
  evidence_.globals = {{variables_, WordType::pointer(other), false, kInstruction},
                       {variables_ + 8, WordType::pointer(item_), true, kInstruction}};
  claim_all();
  EXPECT_EQ(type(row), "main.Item");
}

TEST_F(CodeClaimsTest, FollowVariablesToTheVariablesBehindThem) {
  // var registry = &Item{next: ...}: the linker laid the Item among the variables.
  const Address item = TestHeap::kVariables + 0x40;
  const std::uint32_t next = heap_.add(32, true);
  image_.write(variables_, item.value);
  heap_.write_variable(item + 16, heap_.at(next).value);
  heap_.write_variable(item + 24, 0);
  evidence_.globals = {{variables_, WordType::pointer(item_), true, kInstruction}};
  claim_all();
  EXPECT_EQ(type(next), "main.Item");
  EXPECT_EQ(grounds_of(next).at, item);
  EXPECT_EQ(grounds_of(next).ground, Ground::kReached);
  const Source& way = grounds_of(next).led_by;
  EXPECT_TRUE(way.outside);
  EXPECT_EQ(reasons().grounds(way.row).variable, variables_) << "the variable that leads there";
}

TEST_F(CodeClaimsTest, TypeVariablesByTheirAddress) {
  const std::uint32_t next = heap_.add(32, true);
  image_.write(variables_ + 0x20 + 16, heap_.at(next).value);
  evidence_.variables = {{variables_ + 0x20, item_, kInstruction}};
  claim_all();
  EXPECT_EQ(type(next), "main.Item");
  EXPECT_FALSE(grounds_of(next).strong);
}

TEST_F(CodeClaimsTest, FollowAccessPathsThroughWhatHasNoType) {
  const std::uint32_t nameless = heap_.add(48, true), found = heap_.add(32, true);
  image_.write(variables_, heap_.at(nameless).value);
  // The objects of a TestHeap are not in the image's memory, so the first load leads among the variables.
  image_.write(variables_, (variables_ + 0x40).value);
  image_.write(variables_ + 0x40 + 8, heap_.at(found).value);
  evidence_.paths = {
      {Origin{.root = Origin::Root::kGlobal, .at = variables_}.load(8), WordType::pointer(item_), false, kInstruction}};
  claim_all();
  EXPECT_EQ(type(found), "main.Item");
  EXPECT_EQ(grounds_of(found).way.loads, 1U);
  EXPECT_EQ(grounds_of(found).way.offsets[0], 8);
  EXPECT_EQ(type(nameless), "");
}

TEST_F(CodeClaimsTest, LetClosuresSayThemselvesWhichTheyAre) {
  const Address captured = image_.structure(
      {{"F", image_.basic(go::TypeKind::kUintptr, "uintptr", 8, {false}), 0}, {"X0", item_pointer_, 8}}, 16,
      "struct { F uintptr; X0 *main.Item }");
  const std::uint32_t closure = heap_.add(16, true), held = heap_.add(32, true);
  heap_.write(closure, 0, kFunction);
  heap_.write(closure, 8, heap_.at(held));
  image_.write(variables_, heap_.at(closure).value);
  program_.functions[kFunction] = "main.serve.func1";
  evidence_.closures = {{kFunction, captured, kInstruction}};
  evidence_.globals = {{variables_, WordType::pointer(captured), true, kInstruction}};
  claim_all();
  EXPECT_EQ(propagation_->known_by(closure), KnownBy::kClosure);
  EXPECT_EQ((*program_.types)[propagation_->type(closure)].code, kFunction);
  EXPECT_EQ(type(held), "main.Item") << "by the layout of what the closure captures";
}

TEST_F(CodeClaimsTest, TypeTheArgumentsOfCleanups) {
  const std::uint32_t argument = heap_.add(32, true);
  evidence_.cleanups = {{kFunction, item_, kInstruction}};
  open();
  claims_->claim_cleanup(kFunction + 8, heap_.at(argument));
  propagation_->run();
  EXPECT_EQ(type(argument), "") << "another function";
  claims_->claim_cleanup(kFunction, heap_.at(argument));
  propagation_->run();
  EXPECT_EQ(type(argument), "main.Item");
}

// Frames: offsets count from where the return address lies.
class CodeClaimsOfFrames : public CodeClaimsTest {
 protected:
  CodeClaimsOfFrames() {
    frame_.function = kFunction;
    frame_.frame.pc = kInstruction;
    frame_.frame.is_return_address = true;
    frame_.frame.fp = stack_ + 0x88;
  }
  Address slot(std::int64_t offset) const { return frame_.base() + static_cast<std::uint64_t>(offset); }
  void claim(const std::vector<Address>& live) {
    frame_.slots = live;
    open();
    claims_->claim_frames({&frame_, 1});
    propagation_->run();
  }
  LiveFrame frame_;
};

TEST_F(CodeClaimsOfFrames, TypeLiveSlotsOnly) {
  const std::uint32_t live = heap_.add(32, true), dead = heap_.add(32, true), of_another = heap_.add(32, true);
  image_.write(slot(-16), heap_.at(live).value);
  image_.write(slot(-24), heap_.at(dead).value);
  image_.write(slot(-32), heap_.at(of_another).value);
  evidence_.frame_words = {{kFunction - 0x40, -32, WordType::pointer(item_)},
                           {kFunction, -24, WordType::pointer(item_)},
                           {kFunction, -16, WordType::pointer(item_)}};
  claim({slot(-32), slot(-16)});
  EXPECT_EQ(type(live), "main.Item");
  EXPECT_EQ(type(dead), "") << "its slot is not live";
  EXPECT_EQ(type(of_another), "") << "the slot of another function";
  EXPECT_EQ(grounds_of(live).ground, Ground::kSlot);
  EXPECT_EQ(grounds_of(live).code, kInstruction - 1);
}

TEST_F(CodeClaimsOfFrames, TypeVariablesOfWhichAWordIsLive) {
  const std::uint32_t next = heap_.add(32, true);
  image_.write(slot(-48) + 16, heap_.at(next).value);
  evidence_.frame_variables = {{kFunction, -48, WordType::pointer(item_)}};
  claim({slot(-48) + 16});
  EXPECT_EQ(type(next), "main.Item");
}

TEST_F(CodeClaimsOfFrames, DoNotTakeASlotBehindAVariableForItsPart) {
  const std::uint32_t next = heap_.add(32, true);
  image_.write(slot(-48) + 16, heap_.at(next).value);
  evidence_.frame_variables = {{kFunction, -48, WordType::pointer(item_)}};
  claim({slot(-16)});
  EXPECT_EQ(type(next), "");
}

TEST_F(CodeClaimsOfFrames, TypeTheBytesOfStringsAndTheValuesOfInterfaces) {
  const Address eface = image_.interface({}, "interface {}");
  const std::uint32_t boxed = heap_.add(32, true), text = heap_.add(64, false);
  image_.write(slot(-16), heap_.at(text).value);
  image_.write(slot(-40), item_.value);
  image_.write(slot(-32), heap_.at(boxed).value);
  evidence_.frame_words = {{kFunction, -40, WordType::part(eface, 0)},
                           {kFunction, -32, WordType::part(eface, 8)},
                           {kFunction, -16, WordType::part(string_, 0)}};
  claim({slot(-32), slot(-16)});
  EXPECT_EQ(type(boxed), "main.Item");
  EXPECT_EQ(type(text), "string data");
}

class FrameHeadersByCode : public CodeClaimsOfFrames {
 protected:
  void put(std::int64_t offset, std::initializer_list<std::uint64_t> words) {
    for (const std::uint64_t word : words) image_.write(slot(offset), word), offset += 8;
  }
  std::vector<heap::FrameHeader> find(const std::vector<Address>& live) {
    frame_.slots = live;
    open();
    FrameHeaders headers(*program_.runtime, heap_, *program_.types, program_.strings);
    headers.add_code(evidence_, {&frame_, 1});
    return headers.take();
  }
};

TEST_F(FrameHeadersByCode, AreWholeInAVariableWhoseAddressWasPassedOn) {
  const std::uint32_t text = heap_.add(64, false);
  put(-48, {heap_.at(text).value, 10});
  evidence_.frame_variables = {{kFunction, -48, WordType::pointer(item_)}};
  const auto found = find({slot(-48)});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].basis, heap::HeaderBasis::kCode);
  EXPECT_EQ(found[0].length, 10U);
  EXPECT_FALSE(found[0].capacity);
  EXPECT_EQ((*program_.types)[found[0].type].kind, TypeKind::kString);
}

TEST_F(FrameHeadersByCode, AreInDoubtWhereOnlyTheFirstWordIsKnown) {
  const std::uint32_t near = heap_.add(64, false), apart = heap_.add(64, false);
  put(-64, {heap_.at(near).value, 60});
  put(-48, {heap_.at(apart).value, 65});
  evidence_.frame_words = {{kFunction, -64, WordType::part(string_, 0)}, {kFunction, -48, WordType::part(string_, 0)}};
  const auto found = find({slot(-64), slot(-48)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].basis, heap::HeaderBasis::kNearness);
  EXPECT_EQ(found[0].length, 60U);
  EXPECT_FALSE(found[1].length) << "longer than the object";
}

TEST_F(FrameHeadersByCode, MayBePointersToArraysWithFittingNumbersBehind) {
  const std::uint32_t items = heap_.add(320, true), more = heap_.add(320, true), one = heap_.add(32, true);
  put(-72, {heap_.at(items).value, 2, 10});
  put(-48, {heap_.at(more).value, 2, 2});
  put(-24, {heap_.at(one).value, 1, 1});
  evidence_.frame_words = {{kFunction, -72, WordType::pointer(item_, 0, true)},
                           {kFunction, -48, WordType::pointer(item_, 0, true)},
                           {kFunction, -24, WordType::pointer(item_)}};
  const auto found = find({slot(-72), slot(-48), slot(-24)});
  ASSERT_EQ(found.size(), 1U) << "numbers that say nothing of the array are by chance, and one value is no slice";
  EXPECT_EQ(found[0].at, slot(-72));
  EXPECT_EQ(found[0].basis, heap::HeaderBasis::kNearness);
  EXPECT_EQ(found[0].capacity, 10U);
  EXPECT_EQ(program_.types->name(found[0].type), "[]main.Item");
}

// A package variable with an array of 320 bytes, behind which these numbers stand.
class SlicesInVariables : public FrameHeadersByCode {
 protected:
  std::vector<TypedVariable> find(std::uint64_t length, std::uint64_t capacity, bool in_array = true) {
    const std::uint32_t items = heap_.add(320, true);
    const Address at = variables_ + 64;
    const std::uint64_t words[] = {heap_.at(items).value, length, capacity};
    for (std::size_t i = 0; i < std::size(words); ++i) image_.write(at + 8 * i, words[i]);
    evidence_.globals = {{at, WordType::pointer(item_, 0, in_array), true, {}}};
    open();
    FrameHeaders headers(*program_.runtime, heap_, *program_.types, program_.strings);
    return headers.slices_in_variables(evidence_);
  }
};

TEST_F(SlicesInVariables, AreToldByWhatTheCodeSaysAndWhereTheArrayEnds) {
  const auto found = find(2, 10);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].range.size(), 24U);
  EXPECT_EQ(program_.types->name(found[0].type), "[]main.Item");
}

TEST_F(SlicesInVariables, AreNotThoseThatNumbersOrTheCodeDoNotShow) {
  EXPECT_TRUE(find(2, 2).empty()) << "the numbers do not say where the array ends";
  EXPECT_TRUE(find(0, 10).empty());
  EXPECT_TRUE(find(11, 10).empty());
  EXPECT_TRUE(find(2, 10, false).empty()) << "it leads to one item";
}

}  // namespace
}  // namespace holdfast::typing
