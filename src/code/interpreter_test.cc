#include "code/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include "go/type_image_for_tests.h"

namespace holdfast::code {
namespace {

using binary::kR8;
using binary::kRax;
using binary::kRbx;
using binary::kRcx;
using binary::kRdi;
using binary::kRdx;
using binary::kRsi;
using binary::kRsp;
using go::TypeImage;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Address kNewObject{0x400100}, kMapAssign{0x400200}, kMapDelete{0x400280}, kGrowSlice{0x400300},
    kOtherFunction{0x400400}, kBarrier{0x400500}, kMethodCode{0x400600}, kMakeMap{0x400700}, kMakeSmallMap{0x400800},
    kAddCleanup{0x400900}, kItab{0x400a00}, kRaceRead{0x400b00};
constexpr Address kEntry{0x401000};
constexpr Address kGlobal{0x700000}, kSecond{0x700040};

// An assembler with just what the tests need.
class Code {
 public:
  Address here() const { return kEntry + bytes_.size(); }
  Code& lea(std::uint8_t reg, Address to) { return rip(0x8d, reg, to); }
  Code& load(std::uint8_t reg, Address from) { return rip(0x8b, reg, from); }
  Code& store(Address to, std::uint8_t reg) { return rip(0x89, reg, to); }
  Code& move(std::uint8_t to, std::uint8_t from) {
    return put({rex(from, to), 0x89, static_cast<int>(0xc0 | (from & 7) << 3 | (to & 7))});
  }
  Code& load(std::uint8_t reg, std::uint8_t base, int displacement) { return based(0x8b, reg, base, displacement); }
  Code& store(std::uint8_t base, int displacement, std::uint8_t reg) { return based(0x89, reg, base, displacement); }
  Code& lea_stack(std::uint8_t reg, int displacement) { return based(0x8d, reg, kRsp, displacement); }
  Code& zero(std::uint8_t reg) {
    return put({rex(reg, reg), 0x31, static_cast<int>(0xc0 | (reg & 7) << 3 | (reg & 7))});
  }
  Code& call(Address to) { return put({0xe8}).distance(to, 4); }
  Code& call_register(std::uint8_t reg) { return put({0xff, 0xd0 | reg}); }
  Code& jump(Address to) { return put({0xe9}).distance(to, 4); }
  Code& jump_if(Address to) { return put({0x0f, 0x84}).distance(to, 4); }
  Code& ret() { return put({0xc3}); }
  Code& put(std::initializer_list<int> bytes) {
    for (const int byte : bytes) bytes_.push_back(static_cast<std::byte>(byte));
    return *this;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  static int rex(std::uint8_t reg, std::uint8_t rm) { return 0x48 | (reg >= 8 ? 4 : 0) | (rm >= 8 ? 1 : 0); }
  Code& rip(int opcode, std::uint8_t reg, Address at) {
    return put({rex(reg, 0), opcode, (reg & 7) << 3 | 5}).distance(at, 4);
  }
  Code& based(int opcode, std::uint8_t reg, std::uint8_t base, int displacement) {
    put({rex(reg, base), opcode, 0x40 | (reg & 7) << 3 | (base & 7)});
    if ((base & 7) == kRsp) put({0x24});
    return put({displacement & 0xff});
  }
  Code& distance(Address to, int size) {
    const std::uint64_t by = to - (here() + static_cast<std::uint64_t>(size));
    for (int i = 0; i < size; ++i) put({static_cast<int>(by >> (8 * i) & 0xff)});
    return *this;
  }

  std::vector<std::byte> bytes_;
};

struct Heard {
  std::vector<WordType> strong(Address global) const { return strong({.root = Origin::Root::kGlobal, .at = global}); }
  std::vector<WordType> weak(Address global) const { return weak({.root = Origin::Root::kGlobal, .at = global}); }
  std::vector<WordType> strong(const Origin& origin) const { return of(strong_words, origin); }
  std::vector<WordType> weak(const Origin& origin) const { return of(weak_words, origin); }

  std::map<Origin, std::vector<WordType>> strong_words, weak_words;
  std::map<Address, std::vector<Address>> variables, closures, cleanups;
  std::vector<Address> removals;  // null: of a type that is not known
  std::map<std::uint8_t, std::vector<WordType>> results;
  std::map<std::pair<Address, std::uint8_t>, std::vector<WordType>> given;
  std::map<std::int64_t, std::vector<WordType>> frame_words, frame_variables;
  std::vector<Address> positions;              // where the instructions that words were told of are
  std::vector<std::pair<Address, bool>> uses;  // variable, whether it is stored to

 private:
  static std::vector<WordType> of(const std::map<Origin, std::vector<WordType>>& words, const Origin& origin) {
    const auto at = words.find(origin);
    return at == words.end() ? std::vector<WordType>() : at->second;
  }
};

class Listener : public Observer {
 public:
  explicit Listener(Heard& heard) : heard_(heard) {}

  void word(const Origin& origin, const WordType& word, bool strong) override {
    (strong ? heard_.strong_words : heard_.weak_words)[origin].push_back(word);
    heard_.positions.push_back(interpreter->position());
  }
  void variable(Address variable, Address type) override { heard_.variables[variable].push_back(type); }
  void use(Address variable, bool stores) override { heard_.uses.emplace_back(variable, stores); }
  void closure(Address code, Address type) override { heard_.closures[code].push_back(type); }
  void cleanup(Address code, Address type) override { heard_.cleanups[code].push_back(type); }
  void removal(Address map_type) override { heard_.removals.push_back(map_type); }
  void result(std::uint8_t number, const WordType& word) override { heard_.results[number].push_back(word); }
  void given(Address function, std::uint8_t number, const WordType& word) override {
    heard_.given[{function, number}].push_back(word);
  }
  void frame_word(Address, std::int64_t offset, const WordType& word) override {
    heard_.frame_words[offset].push_back(word);
  }
  void frame_variable(Address, std::int64_t offset, const WordType& pointer) override {
    heard_.frame_variables[offset].push_back(pointer);
  }

  const Interpreter* interpreter = nullptr;

 private:
  Heard& heard_;
};

class Known : public Knowledge {
 public:
  WordType word_at(const Origin& origin) const override {
    const auto at = words.find(origin);
    return at == words.end() ? WordType() : at->second;
  }
  RegisterWords given(Address function) const override {
    return function == kEntry ? RegisterWords{first_given} : RegisterWords();
  }
  const ArgumentUses* argument_uses(Address function) const override {
    const auto at = uses.find(function);
    return at == uses.end() ? nullptr : &at->second;
  }
  Address closure_type(Address code) const override { return code == kEntry ? closure : Address(); }
  std::map<Origin, WordType> words;
  WordType first_given;
  std::map<Address, ArgumentUses> uses;
  Address closure;
};

class InterpreterTest : public testing::Test {
 protected:
  InterpreterTest() {
    integer = image.integer();
    item = image.structure({{"n", integer, 0}}, 8, "main.Item", {"main", {}});
    item_pointer = image.pointer(item, "*main.Item");
    node = image.structure({{"item", item_pointer, 0}, {"next", item_pointer, 8}}, 16, "main.Node", {"main", {}});
    chan = image.chan(item, "chan main.Item");
    map = image.map(integer, item, node, "map[int]main.Item");
    take = image.function({item_pointer}, {item_pointer}, false, "func(*main.Item) *main.Item");
    make = image.function({}, {item_pointer}, false, "func() *main.Item");
    doer = image.interface({{"Do", take}}, "main.Doer", {"main", {}});
    uintptr = image.basic(go::TypeKind::kUintptr, "uintptr", 8, {false});
    closure = image.structure({{"F", uintptr, 0}, {"X0", item_pointer, 8}}, 16, "struct { F uintptr; X0 *main.Item }");
  }

  Heard follow(const Code& code) {
    const go::Runtime runtime = image.runtime();
    const go::TypeReader reader(runtime);
    const Callees callees({{kNewObject, Callee::kNewObject},
                           {kMapAssign, Callee::kMapElement},
                           {kMapDelete, Callee::kMapRemove},
                           {kGrowSlice, Callee::kGrowSlice},
                           {kBarrier, Callee::kWriteBarrier},
                           {kMakeMap, Callee::kMakeChan},
                           {kMakeSmallMap, Callee::kMakeSmallMap},
                           {kAddCleanup, Callee::kAddCleanup},
                           {kRaceRead, Callee::kAnyAddress}});
    WordTypes types(reader);
    const Signatures signatures({{kMethodCode, SignatureSource::Kind::kMethod, item_pointer, make},
                                 {kItab, SignatureSource::Kind::kItab, item_pointer}},
                                reader);
    const AddressRange descriptors{TypeImage::kTypes, TypeImage::kTypes + TypeImage::kBytes};
    const CodeImage code_image{runtime.memory,
                               callees,
                               signatures,
                               {{kGlobal, kGlobal + 0x1000}},
                               {{TypeImage::kText, TypeImage::kTypes + TypeImage::kBytes}},
                               {descriptors}};
    Heard heard;
    Listener listener(heard);
    Interpreter interpreter(code_image, known, types, listener);
    listener.interpreter = &interpreter;
    interpreter.run(kEntry, code.bytes(), true);
    return heard;
  }

  static Origin argument(std::uint8_t number) {
    return {.root = Origin::Root::kArgument, .number = number, .at = kEntry};
  }

  TypeImage image{26};
  Known known;
  Address integer, item, item_pointer, node, chan, map, make, take, doer, uintptr, closure;
};

TEST_F(InterpreterTest, ANewObjectThatIsStoredTypesTheGlobal) {
  const Heard heard = follow(Code().lea(kRax, item).call(kNewObject).store(kGlobal, kRax).ret());
  EXPECT_THAT(heard.strong(kGlobal), ElementsAre(WordType::pointer(item)));
}

TEST_F(InterpreterTest, TheInstructionThatSaysSoIsTold) {
  Code code;
  code.lea(kRax, item).call(kNewObject);
  const Address storing = code.here();
  EXPECT_THAT(follow(code.store(kGlobal, kRax).ret()).positions, ElementsAre(storing));
}

TEST_F(InterpreterTest, UsesOfVariablesAreReported) {
  using Use = std::pair<Address, bool>;
  const Heard heard = follow(Code()
                                 .load(kRcx, kGlobal)
                                 .store(kSecond, kRcx)
                                 .lea(kRdx, kSecond)
                                 .load(kRbx, kRdx, 8)
                                 .zero(kRbx)
                                 .store(kRdx, 16, kRbx)
                                 .lea(kRax, item)
                                 .ret());
  EXPECT_THAT(heard.uses, ElementsAre(Use(kGlobal, false), Use(kSecond, true), Use(kSecond, false),
                                      Use(kSecond + 8, false), Use(kSecond + 16, false)));
}

TEST_F(InterpreterTest, TheTypeOfANewObjectMustBeADescriptorsAddress) {
  EXPECT_THAT(follow(Code().lea(kRax, kGlobal).call(kNewObject).store(kGlobal, kRax).ret()).strong(kGlobal), IsEmpty());
  EXPECT_THAT(follow(Code().lea(kRax, item).call(kOtherFunction).store(kGlobal, kRax).ret()).strong(kGlobal),
              IsEmpty());
}

TEST_F(InterpreterTest, AValueGoesThroughRegistersAndSlots) {
  const Heard heard = follow(Code()
                                 .lea(kRax, item)
                                 .call(kNewObject)
                                 .store(kRsp, -16, kRax)
                                 .call(kOtherFunction)
                                 .load(kRcx, kRsp, -16)
                                 .move(kRdi, kRcx)
                                 .store(kGlobal, kRdi)
                                 .ret());
  EXPECT_THAT(heard.strong(kGlobal), ElementsAre(WordType::pointer(item)));
}

// fmt.Fprintf(&global, ...): nothing else says what the global is. Found on strings.Builder.
TEST_F(InterpreterTest, BehindAnItabComesAValueOfItsType) {
  const Heard heard = follow(Code().lea(kRax, kItab).lea(kRbx, kGlobal).lea(kRcx, kSecond).call(kOtherFunction).ret());
  EXPECT_THAT(heard.variables, ElementsAre(testing::Pair(kGlobal, ElementsAre(item))));
  const Heard loaded = follow(Code().lea(kRbx, kItab).load(kRcx, kGlobal).call(kOtherFunction).ret());
  EXPECT_THAT(loaded.weak(kGlobal), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(follow(Code().lea(kRax, kItab + 8).lea(kRbx, kGlobal).call(kOtherFunction).ret()).variables, IsEmpty());
}

TEST_F(InterpreterTest, CallsForgetRegistersButTheWriteBarrierKeepsThem) {
  EXPECT_THAT(
      follow(Code().lea(kRax, item).call(kNewObject).move(kRcx, kRax).call(kOtherFunction).store(kGlobal, kRcx).ret())
          .strong(kGlobal),
      IsEmpty());
  EXPECT_THAT(follow(Code().lea(kRax, item).call(kNewObject).call(kBarrier).store(kGlobal, kRax).ret()).strong(kGlobal),
              ElementsAre(WordType::pointer(item)));
}

// From Go 1.21 on, a variable is set so: only the way through the write barrier stores the result twice.
TEST_F(InterpreterTest, AResultThatOneWayLooksAtIsTheSameOnTheOther) {
  known.words[{.root = Origin::Root::kResult, .number = 0, .at = kOtherFunction}] = WordType::pointer(item);
  Code code;
  code.call(kOtherFunction);
  constexpr std::uint64_t kJump = 6, kBarrierCall = 5, kStore = 4;
  code.jump_if(code.here() + (kJump + kBarrierCall + kStore)).call(kBarrier).store(binary::kR11, 0, kRax);
  EXPECT_THAT(follow(code.store(kGlobal, kRax).ret()).strong(kGlobal), ElementsAre(WordType::pointer(item)));
}

// In append([]T{}, ...), the other way has the address of runtime.zerobase.
TEST_F(InterpreterTest, TheAddressOfAVariableSaysNothingAgainstAType) {
  Code code;
  code.lea(kRax, kSecond);
  constexpr std::uint64_t kJump = 6, kLea = 7, kCall = 5;
  code.jump_if(code.here() + (kJump + kLea + kCall)).lea(kRsi, item).call(kGrowSlice);
  EXPECT_THAT(follow(code.store(kGlobal, kRax).ret()).strong(kGlobal), ElementsAre(WordType::pointer(item, 0, true)));
}

TEST_F(InterpreterTest, FieldsOfTypedValuesAreTyped) {
  const Heard heard = follow(Code().lea(kRax, node).call(kNewObject).load(kRcx, kRax, 8).store(kGlobal, kRcx).ret());
  EXPECT_THAT(heard.strong(kGlobal), ElementsAre(WordType::pointer(item)));
}

TEST_F(InterpreterTest, WhatIsStoredIntoAFieldIsProbablyOfItsType) {
  const Heard heard = follow(Code().lea(kRax, node).call(kNewObject).load(kRcx, kGlobal).store(kRax, 8, kRcx).ret());
  EXPECT_THAT(heard.weak(kGlobal), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(heard.strong(kGlobal), IsEmpty());
}

TEST_F(InterpreterTest, ASliceThatGrowsIsAnArray) {
  const Heard heard = follow(Code().load(kRax, kGlobal).lea(kRsi, item).call(kGrowSlice).store(kSecond, kRax).ret());
  EXPECT_THAT(heard.strong(kGlobal), ElementsAre(WordType::pointer(item, 0, true)));
  EXPECT_THAT(heard.strong(kSecond), ElementsAre(WordType::pointer(item, 0, true)));
}

TEST_F(InterpreterTest, ArgumentsOfMethodsAreWeakAndAddressesOfVariablesNameThem) {
  const Heard heard = follow(Code().load(kRax, kGlobal).call(kMethodCode).lea(kRax, kSecond).call(kMethodCode).ret());
  EXPECT_THAT(heard.weak(kGlobal), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(heard.variables, ElementsAre(testing::Pair(kSecond, ElementsAre(item))));
}

TEST_F(InterpreterTest, ResultsOfMethodsAreTyped) {
  EXPECT_THAT(follow(Code().call(kMethodCode).store(kGlobal, kRax).ret()).strong(kGlobal),
              ElementsAre(WordType::pointer(item)));
}

TEST_F(InterpreterTest, AStringWithoutItsBeginningIsAString) {
  const WordType text = WordType::part(image.string(), 0);
  known.words[argument(0)] = text;
  const Code code = Code().put({0x48, 0x8d, 0x48, 5}).store(kSecond, kRcx).ret();  // lea rcx, [rax+5]
  EXPECT_THAT(follow(code).strong(kSecond), ElementsAre(text));
}

TEST_F(InterpreterTest, MethodsOfInterfacesAndFuncValuesHaveTheirSignature) {
  known.words[argument(0)] = WordType::part(doer, 0);
  const Heard heard =
      follow(Code().load(kRcx, kRax, 24).load(kRbx, kGlobal).call_register(kRcx).store(kSecond, kRax).ret());
  EXPECT_THAT(heard.weak(kGlobal), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(heard.strong(kSecond), ElementsAre(WordType::pointer(item)));
  known.words[argument(0)] = WordType::part(take, 0);
  const Heard func = follow(Code().load(kRcx, kRax, 0).load(kRax, kGlobal).call_register(kRcx).ret());
  EXPECT_THAT(func.weak(kGlobal), ElementsAre(WordType::pointer(item)));
}

TEST_F(InterpreterTest, WhatWaysMeetMustAgreeUnlessItIsNil) {
  // if cond { rax = new(item) } else { rax = 0 or new(node) }; global = rax
  const auto both = [&](bool nil) {
    Code code;
    const Address split = code.here();
    (void)split;
    Code probe;  // it has the same lengths, so the targets are known
    const auto build = [&](Code& to, Address other, Address join) {
      to.jump_if(other).lea(kRax, item).call(kNewObject).jump(join);
      const Address other_at = to.here();
      if (nil)
        to.zero(kRax);
      else
        to.lea(kRax, node).call(kNewObject);
      const Address join_at = to.here();
      to.store(kGlobal, kRax).ret();
      return std::pair(other_at, join_at);
    };
    const auto [other, join] = build(probe, kEntry, kEntry);
    build(code, other, join);
    return follow(code).strong(kGlobal);
  };
  EXPECT_THAT(both(true), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(both(false), IsEmpty());
}

TEST_F(InterpreterTest, ALoopIsFollowedUntilItsEndIsKnownAtItsBegin) {
  // rcx = new(item); again: global = rcx; rcx = something else; if cond goto again
  Code code;
  code.lea(kRax, item).call(kNewObject).move(kRcx, kRax);
  const Address again = code.here();
  code.store(kGlobal, kRcx).load(kRcx, kRdx, 0).jump_if(again).ret();
  EXPECT_THAT(follow(code).strong(kGlobal), IsEmpty()) << "the second time it is something else";
}

TEST_F(InterpreterTest, ASlotWrittenOnOneWayOnlyKeepsItsTypeButNotItsPlace) {
  Code probe, code;
  const auto build = [&](Code& to, Address join) {
    to.load(kRax, kGlobal).jump_if(join).store(kRsp, -16, kRax);
    const Address at = to.here();
    to.load(kRcx, kRsp, -16).lea(kRax, node).call(kNewObject).store(kRax, 0, kRcx).ret();
    return at;
  };
  build(code, build(probe, kEntry));
  EXPECT_THAT(follow(code).weak(kGlobal), IsEmpty());
}

TEST_F(InterpreterTest, AClosuresCodeNamesItsStruct) {
  const Heard heard =
      follow(Code().lea(kRax, closure).call(kNewObject).lea(kRcx, kOtherFunction).store(kRax, 0, kRcx).ret());
  EXPECT_THAT(heard.closures, ElementsAre(testing::Pair(kOtherFunction, ElementsAre(closure))));
}

TEST_F(InterpreterTest, CapturedWordsAreThoseOfTheClosuresStruct) {
  known.closure = closure;
  EXPECT_THAT(follow(Code().load(kRax, kRdx, 8).store(kGlobal, kRax).ret()).strong(kGlobal),
              ElementsAre(WordType::pointer(item)));
}

TEST_F(InterpreterTest, WordsBehindAPointerOfUnknownTypeHavePlaces) {
  const Heard heard = follow(Code().lea(kRax, item).call(kNewObject).load(kRcx, kGlobal).store(kRcx, 8, kRax).ret());
  const Origin behind = Origin{.root = Origin::Root::kGlobal, .at = kGlobal}.load(8);
  EXPECT_THAT(heard.strong(behind), ElementsAre(WordType::pointer(item)));
}

TEST_F(InterpreterTest, TwoWordsMovedAtOnceKeepTheirTypes) {
  // movups xmm0, [rax]; movups [rip + global], xmm0
  Code code;
  code.lea(kRax, node).call(kNewObject).put({0x0f, 0x10, 0x00});
  const std::uint64_t by = kGlobal - (code.here() + 7);
  code.put({0x0f, 0x11, 0x05});
  for (int i = 0; i < 4; ++i) code.put({static_cast<int>(by >> (8 * i) & 0xff)});
  const Heard heard = follow(code.ret());
  EXPECT_THAT(heard.strong(kGlobal), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(heard.strong(kGlobal + 8), ElementsAre(WordType::pointer(item)));
}

TEST_F(InterpreterTest, ReportsWhatItGivesBack) {
  const Heard heard = follow(Code().lea(kRax, item).call(kNewObject).ret());
  EXPECT_THAT(heard.results.at(0), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(heard.results.at(1), ElementsAre(WordType()));
}

TEST_F(InterpreterTest, SlotsOfTheFrameHoldWhatIsEverStoredThere) {
  const Heard heard = follow(Code()
                                 .lea(kRax, item)
                                 .call(kNewObject)
                                 .store(kRsp, -16, kRax)
                                 .store(kRsp, 8, kRax)
                                 .zero(kRax)
                                 .store(kRsp, -16, kRax)
                                 .ret());
  EXPECT_THAT(heard.frame_words, UnorderedElementsAre(testing::Pair(-16, ElementsAre(WordType::pointer(item))),
                                                      testing::Pair(8, ElementsAre(WordType::pointer(item)))));
}

TEST_F(InterpreterTest, AVariableOfTheFrameIsWhatItsAddressIsUsedAs) {
  const Heard heard =
      follow(Code().lea_stack(kRax, -32).call(kMethodCode).lea(kRax, map).lea_stack(kRbx, -64).call(kMapAssign).ret());
  EXPECT_THAT(heard.frame_variables, UnorderedElementsAre(testing::Pair(-32, ElementsAre(WordType::pointer(item))),
                                                          testing::Pair(-64, ElementsAre(WordType::part(map, 0)))));
}

TEST_F(InterpreterTest, CallsTellWhatTheyGiveAndFunctionsTakeWhatTheyAreGiven) {
  const Heard caller = follow(Code().lea(kRax, item).call(kNewObject).call(kOtherFunction).ret());
  EXPECT_THAT(caller.given, UnorderedElementsAre(
                                testing::Pair(testing::Pair(kOtherFunction, 0), ElementsAre(WordType::pointer(item)))));
  known.first_given = WordType::pointer(node);
  EXPECT_THAT(follow(Code().load(kRcx, kRax, 8).store(kGlobal, kRcx).ret()).strong(kGlobal),
              ElementsAre(WordType::pointer(item)));
}

TEST_F(InterpreterTest, ACheckOfAnyAddressSaysNothingOfWhatLiesThere) {
  known.uses[kRaceRead].words[0] = WordType::pointer(item);
  const Code code = Code().lea(kRax, kSecond).call(kRaceRead).lea(kRax, item).call(kNewObject).call(kRaceRead).ret();
  EXPECT_THAT(follow(code).variables, IsEmpty());
  EXPECT_THAT(follow(code).given, IsEmpty());
}

TEST_F(InterpreterTest, WhatAFunctionSaysOfThingsBehindItsArgumentHoldsForTheCallersValue) {
  const Origin behind = Origin{.root = Origin::Root::kArgument, .at = kOtherFunction}.load(16);
  known.uses[kOtherFunction].below = {{behind, WordType::pointer(item)}, {behind.load(8), WordType::pointer(node)}};
  const Heard loaded = follow(Code().load(kRax, kGlobal).call(kOtherFunction).ret());
  const Origin global{.root = Origin::Root::kGlobal, .at = kGlobal};
  EXPECT_THAT(loaded.weak(global.load(16)), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(loaded.weak(global.load(16).load(8)), ElementsAre(WordType::pointer(node)));
  const Heard address = follow(Code().lea(kRax, kGlobal).call(kOtherFunction).ret());
  EXPECT_THAT(address.weak(kGlobal + 16), ElementsAre(WordType::pointer(item)));
  EXPECT_THAT(address.weak({.root = Origin::Root::kGlobal, .loads = 1, .at = kGlobal + 16, .offsets = {8}}),
              ElementsAre(WordType::pointer(node)));
  const Heard stack = follow(Code().lea_stack(kRax, -64).call(kOtherFunction).ret());
  EXPECT_THAT(stack.frame_words, ElementsAre(testing::Pair(-48, ElementsAre(WordType::pointer(item)))));
}

TEST_F(InterpreterTest, BehindWhatATypeTellsAPointerKeepsItsPlace) {
  const Origin global{.root = Origin::Root::kGlobal, .at = kGlobal};
  known.words[global] = WordType::pointer(item);  // 8 bytes: the value behind it is known to begin like that
  known.words[global.load(16)] = WordType::pointer(node);
  const Heard heard = follow(Code().load(kRax, kGlobal).load(kRcx, kRax, 16).store(kSecond, kRcx).ret());
  EXPECT_THAT(heard.strong(kSecond), ElementsAre(WordType::pointer(node)));
  const Heard stored = follow(Code().lea(kRax, node).call(kNewObject).load(kRcx, kGlobal).store(kRcx, 24, kRax).ret());
  EXPECT_THAT(stored.strong(global.load(24)), ElementsAre(WordType::pointer(node)));
}

TEST_F(InterpreterTest, TheAddressOfAVariableSaysNothingAgainstTheTypeOfAResult) {
  EXPECT_FALSE(follow(Code().lea(kRax, kGlobal).ret()).results.contains(0));
  EXPECT_THAT(follow(Code().lea(kRax, kOtherFunction).ret()).results.at(0), ElementsAre(WordType()));
}

TEST_F(InterpreterTest, TheDictionaryTellsWhatACleanupIsCalledWith) {
  const Address clean = image.function({node}, {}, false, "func(main.Node)");
  const Address dictionary = image.space(24), static_closure = image.space(8);
  image.write(dictionary, item.value);
  image.write(dictionary + 8, take.value);  // it gives something back, so it is no cleanup
  image.write(dictionary + 16, clean.value);
  image.write(static_closure, kOtherFunction.value);
  const Heard heard = follow(Code().lea(kRax, dictionary).lea(kRcx, static_closure).call(kAddCleanup).ret());
  EXPECT_THAT(heard.cleanups, ElementsAre(testing::Pair(kOtherFunction, ElementsAre(node))));
  EXPECT_THAT(follow(Code().lea(kRax, dictionary).call(kAddCleanup).ret()).cleanups, IsEmpty());
}

TEST_F(InterpreterTest, TellsFromWhichMapsEntriesGo) {
  Code code;
  code.lea(kRax, map).call(kMapDelete).lea(kRax, map).call(kMapAssign).load(kRax, kRbx, 8).call(kMapDelete).ret();
  EXPECT_THAT(follow(code).removals, ElementsAre(map, Address()));
}

TEST_F(InterpreterTest, UsesOfASmallMapTellItsTypeTheNextTime) {
  Code code;
  code.call(kMakeSmallMap);
  const Origin made{.root = Origin::Root::kCall, .at = code.here()};
  code.store(kGlobal, kRax).move(kRbx, kRax).lea(kRax, map).call(kMapAssign).ret();
  EXPECT_THAT(follow(code).strong(made), ElementsAre(WordType::part(map, 0)));
  known.words[made] = WordType::part(map, 0);
  EXPECT_THAT(follow(code).strong(kGlobal), ElementsAre(WordType::part(map, 0)));
}

// As in `m := map[K]*V{}; for ... { m[k] = v }; global = m`: the map is in a local variable while it is filled.
TEST_F(InterpreterTest, AVariableThatIsWrittenOnceKeepsItsOriginInALoop) {
  Code code;
  code.call(kMakeSmallMap);
  const Origin made{.root = Origin::Root::kCall, .at = code.here()};
  code.store(kRsp, -24, kRax);
  const Address loop = code.here();
  code.load(kRbx, kRsp, -24).lea(kRax, map).call(kMapAssign).jump_if(loop);
  code.load(kRcx, kRsp, -24).store(kGlobal, kRcx);
  Code twice = code;
  EXPECT_THAT(follow(code.ret()).strong(made), ElementsAre(WordType::part(map, 0)));
  known.words[made] = WordType::part(map, 0);
  EXPECT_THAT(follow(code).strong(kGlobal), ElementsAre(WordType::part(map, 0)));
  known.words.clear();
  twice.lea(kRax, item).call(kNewObject).store(kRsp, -24, kRax).jump_if(loop).ret();
  EXPECT_THAT(follow(twice).strong(made), IsEmpty());
}

TEST_F(InterpreterTest, AnyBytesAreFollowedToTheirEnd) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 3000; ++round) {
    Code code;
    for (std::uint64_t i = random() % 400; i > 0; --i) code.put({static_cast<int>(random() & 0xff)});
    if (random() % 2 == 0) code.lea(kRax, node).call(kNewObject).jump_if(kEntry + random() % 64).store(kGlobal, kRax);
    follow(code);
  }
}

}  // namespace
}  // namespace holdfast::code
