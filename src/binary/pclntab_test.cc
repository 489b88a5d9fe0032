#include "binary/pclntab.h"

#include <gmock/gmock.h>

#include <random>

#include "binary/damage_for_tests.h"
#include "binary/pclntab_builder_for_tests.h"

namespace holdfast::binary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Address kText{0x401000};
constexpr std::uint32_t kNone = ~std::uint32_t{0};

class FunctionTableTest : public testing::TestWithParam<PclntabBuilder::Form> {
 protected:
  FunctionTable table() {
    bytes_ = builder_.build();
    return FunctionTable(ByteView(bytes_, "table"), kText);
  }

  PclntabBuilder builder_{GetParam()};
  std::vector<std::byte> bytes_;
};

INSTANTIATE_TEST_SUITE_P(Forms, FunctionTableTest,
                         testing::Values(PclntabBuilder::Form::kGo118, PclntabBuilder::Form::kGo120),
                         [](const auto& form) {
                           return form.param == PclntabBuilder::Form::kGo118 ? "Go118" : "Go120";
                         });

TEST_P(FunctionTableTest, FindsTheFunctionThatHoldsAnAddress) {
  for (std::uint32_t i = 0; i < 100; ++i) builder_.add({.name = fmt::format("f{}", i), .size = 1 + i * 7});
  const FunctionTable t = table();
  ASSERT_EQ(t.size(), 100U);
  Address at = kText;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const Address end = at + (1 + i * 7);
    for (const Address pc : {at, end - 1}) {
      const auto f = t.find(pc);
      ASSERT_TRUE(f.has_value());
      EXPECT_EQ(f->index, i);
      EXPECT_EQ(f->name, fmt::format("f{}", i));
      EXPECT_EQ(f->entry, at);
      EXPECT_EQ(f->end, end);
    }
    at = end;
  }
  EXPECT_EQ(t.range(), (AddressRange{kText, at}));
  EXPECT_FALSE(t.find(kText - 1).has_value());
  EXPECT_FALSE(t.find(at).has_value());
}

TEST_P(FunctionTableTest, ReadsTheRecordOfAFunction) {
  builder_.add({.name = "main.f",
                .pcdata = {{{0x40, 2}}, {}},
                .funcdata = {kNone, 0x120},
                .args = 24,
                .deferreturn = 0x31,
                .start_line = 77,
                .func_id = 5,
                .flags = kFlagTopFrame | kFlagAssembly});
  const FunctionTable t = table();
  const auto f = t.function(0);
  ASSERT_TRUE(f.has_value());
  EXPECT_EQ(f->args, 24);
  EXPECT_EQ(f->deferreturn, 0x31U);
  EXPECT_EQ(f->start_line, GetParam() == PclntabBuilder::Form::kGo118 ? 0 : 77);
  EXPECT_EQ(f->func_id, 5);
  EXPECT_EQ(f->flags, kFlagTopFrame | kFlagAssembly);
  EXPECT_EQ(t.pcdata(*f, PcData::kUnsafePoint, kText), 2);
  EXPECT_EQ(t.pcdata(*f, PcData::kStackMap, kText), -1);    // its offset is 0: there is no table
  EXPECT_EQ(t.pcdata(*f, PcData::kInlineTree, kText), -1);  // it is beyond npcdata
  EXPECT_FALSE(t.funcdata(*f, FuncData::kArgsPointerMaps).has_value());
  EXPECT_EQ(t.funcdata(*f, FuncData::kLocalsPointerMaps), 0x120U);
  EXPECT_FALSE(t.funcdata(*f, FuncData::kStackObjects).has_value());
  EXPECT_FALSE(t.function(1).has_value());
}

TEST_P(FunctionTableTest, PcValuesAgreeWithTheRunsTheyWereMadeOf) {
  std::mt19937 random(4);
  std::vector<std::vector<PcRun>> runs(50);
  for (auto& function : runs) {
    std::uint32_t pc = 0;
    std::int32_t last = -1;
    const auto count = 1 + random() % 30;
    while (function.size() < count) {
      pc += static_cast<std::uint32_t>(1 + random() % (random() % 8 == 0 ? 3000 : 20));
      const auto value = static_cast<std::int32_t>(random() % 40) * (random() % 3 == 0 ? 1000 : 1) - 7;
      if (value == last && !function.empty()) continue;
      function.push_back({pc, value});
      last = value;
    }
    builder_.add({.name = "f", .size = pc, .sp = function});
  }
  const FunctionTable t = table();
  for (std::uint32_t i = 0; i < runs.size(); ++i) {
    const auto f = t.function(i);
    ASSERT_TRUE(f.has_value());
    std::uint32_t pc = 0;
    for (const PcRun& run : runs[i])
      for (; pc < run.until; ++pc)
        ASSERT_EQ(t.sp_delta(*f, f->entry + pc), run.value) << "function " << i << " at " << pc;
    EXPECT_EQ(t.sp_delta(*f, f->entry + pc), std::nullopt);
  }
}

TEST_P(FunctionTableTest, NamesFileAndLineOfAnAddress) {
  builder_.add_file("/src/a.go");
  builder_.add_file("/src/b.go");
  builder_.add({.name = "f", .file = {{0x10, 0}, {0x40, 1}}, .line = {{8, 10}, {0x40, 25}}});
  const FunctionTable t = table();
  const auto f = t.find(kText);
  EXPECT_EQ(t.file_of(*f, kText), "/src/a.go");
  EXPECT_EQ(t.file_of(*f, kText + 0x10), "/src/b.go");
  EXPECT_EQ(t.line_of(*f, kText + 7), 10U);
  EXPECT_EQ(t.line_of(*f, kText + 8), 25U);
  EXPECT_EQ(t.line_of(*f, kText + 0x40), 0U);
}

TEST_P(FunctionTableTest, ListsInlinedCallsInnermostFirst) {
  // f calls g at 0x10, inlined, which calls h at 0x20, inlined.
  builder_.add_file("f.go");
  const std::uint32_t g = builder_.add_name("g");
  const std::uint32_t h = builder_.add_name("h");
  builder_.add({.name = "f",
                .file = {{0x40, 0}},
                .line = {{0x18, 3}, {0x20, 7}, {0x40, 9}},
                .pcdata = {{}, {}, {{0x18, -1}, {0x28, 0}, {0x30, 1}, {0x40, -1}}},
                .funcdata = {kNone, kNone, kNone, 0}});
  const FunctionTable t = table();
  const auto f = t.find(kText);
  const bool old = GetParam() == PclntabBuilder::Form::kGo118;
  Bytes tree;
  const auto call = [&](std::uint32_t name, std::int32_t parent_pc, std::uint8_t id) {
    if (old)
      tree.u8(0).u8(0).u8(id).u8(0).u32(0).u32(0).u32(name).add(parent_pc);
    else
      tree.u8(id).zeros(3).u32(name).add(parent_pc).u32(1);
  };
  call(g, 0x17, 4);
  call(h, 0x1f, 5);
  EXPECT_EQ(t.inline_tree_bytes(*f), tree.size());
  const auto calls = t.inline_stack(*f, kText + 0x29, ByteView(tree.get(), "tree"));
  ASSERT_THAT(calls, SizeIs(3));
  EXPECT_EQ(calls[0].function, "h");
  EXPECT_EQ(calls[0].line, 9U);
  EXPECT_EQ(calls[0].func_id, 5);
  EXPECT_TRUE(calls[0].inlined);
  EXPECT_EQ(calls[1].function, "g");
  EXPECT_EQ(calls[1].line, 7U);
  EXPECT_TRUE(calls[1].inlined);
  EXPECT_EQ(calls[2].function, "f");
  EXPECT_EQ(calls[2].line, 3U);
  EXPECT_FALSE(calls[2].inlined);
  EXPECT_THAT(t.inline_stack(*f, kText + 0x29, ByteView()), SizeIs(1));
  EXPECT_THAT(t.inline_stack(*f, kText, ByteView(tree.get(), "tree")), SizeIs(1));
}

TEST_P(FunctionTableTest, EndsAnInlineTreeThatGoesInCircles) {
  const std::uint32_t g = builder_.add_name("g");
  builder_.add({.name = "f", .pcdata = {{}, {}, {{0x40, 0}}}, .funcdata = {kNone, kNone, kNone, 0}});
  const FunctionTable t = table();
  Bytes tree;  // an entry that is its own parent, in both forms
  if (GetParam() == PclntabBuilder::Form::kGo118)
    tree.zeros(12).u32(g).u32(5);
  else
    tree.zeros(4).u32(g).u32(5).u32(0);
  EXPECT_THAT(t.inline_stack(*t.find(kText), kText + 5, ByteView(tree.get(), "tree")), SizeIs(testing::Le(257U)));
}

TEST_P(FunctionTableTest, FindsAllFunctionsOfAName) {
  for (const char* name : {"a", "b", "a", "main.(*T).f", "a"}) builder_.add({.name = name});
  const FunctionTable t = table();
  std::vector<std::uint32_t> rows;
  for (const auto& f : t.find_by_name("a")) rows.push_back(f.index);
  EXPECT_THAT(rows, ElementsAre(0, 2, 4));
  EXPECT_THAT(t.find_by_name("main.(*T).f"), SizeIs(1));
  EXPECT_THAT(t.find_by_name("main"), IsEmpty());
}

TEST_P(FunctionTableTest, UsesTheHeadersTextStartWhenNoneIsGiven) {
  builder_.add({.name = "f"});
  const auto bytes = builder_.build(0x7000);
  EXPECT_EQ(FunctionTable(ByteView(bytes, "table"), Address()).range().begin, Address(0x7000));
}

TEST_P(FunctionTableTest, PlacesFunctionsInTheirTextSection) {
  for (const char* name : {"a", "b", "c"}) builder_.add({.name = name, .size = 0x100});
  const auto bytes = builder_.build();
  const FunctionTable t(ByteView(bytes, "table"), kText,
                        {{0, 0x100, Address(0x10000)}, {0x100, 0x300, Address(0x90000)}});
  EXPECT_EQ(t.find(Address(0x100ff))->name, "a");
  EXPECT_FALSE(t.find(Address(0x10100)).has_value());
  EXPECT_EQ(t.find(Address(0x90000))->name, "b");
  EXPECT_EQ(t.find(Address(0x901ff))->name, "c");
  EXPECT_EQ(t.find(Address(0x901ff))->end, Address(0x90200));
}

TEST_P(FunctionTableTest, AMagicThatSaysNothingIsTakenForTheFormThatIsKnown) {
  builder_.add({.name = "main.main", .start_line = 7});
  const auto good = builder_.build();
  auto garbled = good;
  garbled[0] = std::byte{0x87};
  const bool old = GetParam() == PclntabBuilder::Form::kGo118;
  const FunctionTable table(ByteView(garbled, "table"), kText, {}, old ? TableForm::kGo118 : TableForm::kGo120);
  const auto found = table.find_by_name("main.main");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].start_line, old ? 0 : 7);
  // A magic that is known is believed.
  const FunctionTable own(ByteView(good, "table"), kText, {}, old ? TableForm::kGo120 : TableForm::kGo118);
  EXPECT_EQ(own.find_by_name("main.main")[0].start_line, old ? 0 : 7);
}

TEST_P(FunctionTableTest, RefusesWhatIsNoTable) {
  builder_.add({.name = "f"});
  const auto good = builder_.build();
  const auto refused = [](std::vector<std::byte> bytes) {
    try {
      FunctionTable(ByteView(bytes, "table"), kText);
    } catch (const Error& error) {
      return std::optional(error.code());
    }
    return std::optional<ErrorCode>();
  };
  EXPECT_EQ(refused(good), std::nullopt);
  EXPECT_EQ(refused({good.begin(), good.begin() + 40}), ErrorCode::kTruncated);
  EXPECT_EQ(refused({good.begin(), good.begin() + 80}), ErrorCode::kDamaged);
  EXPECT_EQ(refused({good.begin(), good.begin() + 92}), ErrorCode::kTruncated);
  auto bytes = good;
  bytes[0] = std::byte{0xfb};  // Go 1.2-1.15
  EXPECT_EQ(refused(bytes), ErrorCode::kUnsupported);
  bytes = good;
  bytes[14] = std::byte{0xff};  // 2^56 functions
  EXPECT_EQ(refused(bytes), ErrorCode::kDamaged);
}

TEST_P(FunctionTableTest, SurvivesDamage) {
  builder_.add_file("f.go");
  for (int i = 0; i < 5; ++i)
    builder_.add({.name = "f",
                  .sp = {{0x10, 0}, {0x40, 24}},
                  .file = {{0x40, 0}},
                  .line = {{0x40, 3}},
                  .pcdata = {{{0x40, 1}}, {{0x40, 2}}, {{0x40, 0}}},
                  .funcdata = {0, 8, 16, 24}});
  const auto use = [](const std::vector<std::byte>& bytes) {
    const Bytes tree = Bytes().zeros(60);
    const FunctionTable t(ByteView(bytes, "table"), kText);
    for (Address pc = kText; pc < kText + 0x150; pc += 0x11)
      if (const auto f = t.find(pc)) {
        t.sp_delta(*f, pc);
        t.funcdata(*f, FuncData::kStackObjects);
        t.inline_stack(*f, pc, ByteView(tree.get(), "tree"));
        t.inline_tree_bytes(*f);
      }
    t.find_by_name("f");
  };
  const auto good = builder_.build();
  use_truncated(good, use);
  use_damaged(good, 4000, use);
}

}  // namespace
}  // namespace holdfast::binary
