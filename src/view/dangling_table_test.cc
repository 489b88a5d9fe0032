#include "view/dangling_table.h"

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "base/error.h"
#include "heap/content_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::testing::ContentImage;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::uint64_t kHandleBytes = 64;
constexpr Address kHeap{0xc000000000};  // of the builder

// main.held holds two objects of main.handle{next *handle; kept uintptr; n int; name string}; a third one is garbage,
// and behind them is a free slot.
class DanglingTable : public ::testing::Test {
 protected:
  DanglingTable() {
    heap_.free_slot(true, kHandleBytes);
    const RootId held = heap_.root(heap::RootKind::kGlobal, "main.held");
    heap_.refer(held, a_).refer(held, b_);
  }

  Table table(std::optional<Address> address = {}) {
    if (!built_) {
      built_ = heap_.build();
      image_.word(kHeap + 4000, 1).add_to(*built_);
    }
    const dumps::AskedAddress asked{address.value_or(Address())};
    return dangling_table(*built_, heap::OwnerRules::built_in(), graph::reach(*built_),
                          std::span(&asked, address ? 1 : 0));
  }
  static Cell cell_of(const Table& table, std::uint32_t row, std::string_view column) {
    for (std::size_t c = 0; c < table.shape.columns.size(); ++c)
      if (table.shape.columns[c].name == column) return table.cell(row, c);
    return {};
  }
  // Words by "kind place".
  static std::map<std::string, std::uint64_t> rows_of(const Table& table) {
    std::map<std::string, std::uint64_t> rows;
    for (std::uint32_t row = 0; row < table.rows; ++row)
      rows[std::string(std::get<std::string_view>(cell_of(table, row, "kind"))) + " " +
           std::string(std::get<std::string_view>(cell_of(table, row, "place")))] =
          std::get<std::uint64_t>(cell_of(table, row, "words"));
    return rows;
  }

  static constexpr Address kA = kHeap, kB = kHeap + kHandleBytes, kGarbage = kHeap + 2 * kHandleBytes,
                           kFree = kHeap + 3 * kHandleBytes;
  HeapBuilder heap_;
  ContentImage image_;
  TypeId number_ = heap_.type("uintptr", heap::TypeKind::kUintptr, 8);
  TypeId pointer_ = heap_.pointer_type("*main.handle");
  TypeId handle_ = heap_.structure("main.handle", kHandleBytes,
                                   {{"next", pointer_, 0},
                                    {"kept", number_, 8},
                                    {"n", heap_.type("int", heap::TypeKind::kInt, 8), 16},
                                    {"name", heap_.string_type(), 24}});
  HeapBuilder::Handle a_ = heap_.object(kHandleBytes, handle_), b_ = heap_.object(kHandleBytes, handle_),
                      garbage_ = heap_.object(kHandleBytes, handle_);
  std::optional<heap::Snapshot> built_;
};

TEST_F(DanglingTable, TellsWordsByWhatTheyAre) {
  image_.word(kA, kFree).word(kA + 8, kFree + 8).word(kB + 8, kFree).word(kA + 16, kFree).word(kB + 32, kFree);
  image_.word(kGarbage + 8, kFree).word(kB, kA);
  heap_.snapshot().audit.pointers_to_free_slots = 1;
  const Table found = table();
  EXPECT_THAT(rows_of(found), ElementsAre(Pair("number main.handle.n", 1), Pair("number main.handle.name+0x8", 1),
                                          Pair("pointer main.handle.next", 1), Pair("uintptr main.handle.kept", 2)));
  for (std::uint32_t row = 0; row < found.rows; ++row)
    EXPECT_THAT(std::get<std::string_view>(cell_of(found, row, "names")), HasSubstr("slot 3 of 4"));
}

TEST_F(DanglingTable, OfOneSlotHasOnlyWordsThatNameIt) {
  image_.word(kA + 8, kFree + 8).word(kB + 8, kFree + 64);
  const Table found = table(kFree + 16);
  EXPECT_THAT(rows_of(found), ElementsAre(Pair("uintptr main.handle.kept", 1)));
  EXPECT_THAT(found.remark, HasSubstr("0xc0000000d0 is in slot 3 of 4 of the span 0xc000000000, which is free"));
  EXPECT_THAT(found.remark, HasSubstr("of 3 objects beside it 3 are main.handle"));
}

TEST_F(DanglingTable, OfOneSlotHasPointersThatNoAuditCounts) {
  image_.word(kA, kFree);
  EXPECT_THAT(rows_of(table()), IsEmpty());
  EXPECT_THAT(rows_of(table(kFree)), ElementsAre(Pair("pointer main.handle.next", 1)));
}

// Somebody may have kept the address of what was freed, and the slot is used again.
TEST_F(DanglingTable, OfAnObjectHasNumbersAndNoPointers) {
  heap_.edge(a_, 0, b_);
  image_.word(kA, kB).word(kA + 8, kB).word(kB + 8, kA);
  const Table found = table(kB);
  EXPECT_THAT(rows_of(found), ElementsAre(Pair("uintptr main.handle.kept", 1)));
  EXPECT_THAT(found.remark, HasSubstr("an object: main.handle at 0xc000000040"));
}

// Thirty objects of main.handle keep the addresses of others; the last one's is that of something else.
TEST_F(DanglingTable, TellsNumbersThatNameOtherObjectsThanTheRestAtTheirPlace) {
  const TypeId sheet = heap_.structure("main.sheet", kHandleBytes, {{"next", pointer_, 0}});
  const RootId held = heap_.root(heap::RootKind::kGlobal, "main.all");
  for (int i = 0; i < 30; ++i) heap_.refer(held, heap_.object(kHandleBytes, handle_));
  heap_.refer(held, heap_.object(kHandleBytes, sheet));
  const auto slot = [](std::uint64_t i) { return kHeap + (4 + i) * kHandleBytes; };
  for (std::uint64_t i = 0; i < 30; ++i) image_.word(slot(i) + 8, i == 29 ? slot(30) : slot(i + 1 == 29 ? 0 : i + 1));
  const Table found = table();
  EXPECT_THAT(rows_of(found), ElementsAre(Pair("reused main.handle.kept", 1)));
  EXPECT_EQ(std::get<std::string_view>(cell_of(found, 0, "names")), "main.sheet");
}

TEST_F(DanglingTable, HasWordsOutsideOfTheHeapAndOnStacks) {
  const Address malloc(0x7f0000000000), stack(0xc000100000);
  heap::Mapping& mapping = heap_.snapshot().mappings.emplace_back();
  mapping.range = {malloc, malloc + 4096};
  mapping.use = heap::MappingUse::kCHeap;
  heap::Goroutine& goroutine = heap_.snapshot().goroutines.emplace_back();
  goroutine.goid = 7;
  goroutine.stack = {stack, stack + 4096};
  goroutine.stack_used = 64;
  image_.word(malloc + 8, kFree).word(stack + 4096 - 8, kFree).word(stack + 8, kFree);
  EXPECT_THAT(rows_of(table()), ElementsAre(Pair(HasSubstr("outside"), 1)));
  EXPECT_THAT(rows_of(table(kFree)), ElementsAre(Pair(HasSubstr("outside"), 1), Pair("stack goroutine 7", 1)));
}

TEST_F(DanglingTable, WithoutContentHasWhatTheCaptureKept) {
  heap::Snapshot s = heap_.build();
  s.stale_words = {{heap_.id(a_), 8, kFree, false}, {heap_.id(garbage_), 8, kFree, false}};
  s.audit.stale_numbers = 2;
  const Table found = dangling_table(s, heap::OwnerRules::built_in(), graph::reach(s), {});
  EXPECT_THAT(rows_of(found), ElementsAre(Pair("uintptr main.handle.kept", 1)));
  EXPECT_THAT(found.remark, HasSubstr("no content"));
}

TEST_F(DanglingTable, RefusesAnAddressOutsideOfTheHeap) {
  try {
    table(Address(0x1000));
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("0x1000 is in"));
  }
}

}  // namespace
}  // namespace holdfast::view
