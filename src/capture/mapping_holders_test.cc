#include "capture/mapping_holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/memory_image.h"
#include "base/parallel.h"
#include "binary/elf_builder_for_tests.h"
#include "go/layout_table.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using heap::MappingHolder;
using heap::MappingUse;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Address kData{0x500000}, kBss{0x510000}, kVariable{0x510100}, kRuntimeVariable{0x510200};
constexpr Address kFile{0x7f0000000000}, kPlain{0x7f0000400000}, kStack{0x7f0000800000}, kText{0x400000};
constexpr std::uint64_t kSize = 1 << 20;

// A process whose Go memory is written word by word: rows 1 to 4 of its mappings are a file, plain memory, a stack, and
// the program's own text.
class MappingHolders : public ::testing::Test {
 protected:
  // Takes the objects, which must all have been added.
  void start(HeapBuilder& heap) {
    snapshot_ = heap.build();
    const auto map = [&](Address at, MappingUse use, std::string_view name) {
      heap::Mapping mapping;
      mapping.range = {at, at + kSize};
      mapping.use = use;
      if (!name.empty()) mapping.name = snapshot_.strings.add(name);
      mapping.resident = kSize;
      snapshot_.mappings.push_back(mapping);
    };
    map(kText, MappingUse::kFile, "/bin/server");
    map(kData, MappingUse::kGlobals, "/bin/server");
    map(kFile, MappingUse::kFile, "/data/pages.db");
    map(kPlain, MappingUse::kOther, "");
    map(kStack, MappingUse::kStack, "");
    for (const heap::Span& span : snapshot_.spans) parts_[span.base].resize(span.bytes());
    parts_[kData].resize(0x1000);
    parts_[kBss].resize(0x1000);
  }

  void put(Address at, Address value) {
    auto part = std::prev(parts_.upper_bound(at));
    std::memcpy(part->second.data() + (at - part->first), &value.value, sizeof(value.value));
  }
  Address address_of(ObjectId object) const { return heap::ObjectIndex(snapshot_).address_of(object); }

  void run() {
    MemoryImage memory;
    for (const auto& [at, bytes] : parts_) memory.add(at, bytes, nullptr);
    memory.seal();
    const auto version = go::parse_version("go1.26");
    const auto layouts = go::layout_table(version);
    go::Module module;
    module.data = {kData, kData + 0x1000};
    module.bss = {kBss, kBss + 0x1000};
    const go::Runtime runtime{memory, *layouts, version, {module}, {}};
    const auto program = binary::ElfBuilder(binary::ElfType::kExec)
                             .symbol("main.pages", kVariable, 32)
                             .symbol("runtime.mheap_", kRuntimeVariable, 32)
                             .build();
    const binary::ElfFile elf(ByteView(program, "server"));
    const heap::ObjectIndex index(snapshot_);
    RootWriter forest(snapshot_, index);
    add_mapping_holders(runtime, go::Symbols({{&elf, 0, "/bin/server"}}), records_, forest, snapshot_);
  }
  std::string variable_of(const MappingHolder& holder) const {
    return std::string(snapshot_.strings[snapshot_.labels[holder.variable.row].variable]);
  }

  static constexpr std::uint32_t kFileRow = 2, kPlainRow = 3;
  heap::Snapshot snapshot_;
  std::vector<AddressRange> records_;  // of the runtime
  std::map<Address, std::vector<std::byte>> parts_;
};

TEST_F(MappingHolders, AreObjectsThatMayHavePointersAndVariables) {
  HeapBuilder heap;
  const auto a = heap.object(48);
  heap.free_slot(true, 48);
  const auto b = heap.object(48);
  const auto bytes = heap.leaf(64);
  const ObjectId first = heap.id(a), second = heap.id(b), leaf = heap.id(bytes);
  start(heap);
  put(address_of(first) + 8, kFile + 24);
  put(address_of(first) + 48, kFile);  // the free slot
  put(address_of(second), kFile + kSize - 1);
  put(address_of(second) + 16, kFile + kSize);  // the first byte behind
  put(address_of(leaf), kFile);
  put(kVariable + 8, kPlain);
  run();
  EXPECT_THAT(snapshot_.mapping_holders, ElementsAre(MappingHolder{kFileRow, first, {}, 8, kFile + 24},
                                                     MappingHolder{kFileRow, second, {}, 0, kFile + kSize - 1},
                                                     MappingHolder{kPlainRow, {}, LabelId(0), 8, kPlain}));
  EXPECT_EQ(variable_of(snapshot_.mapping_holders.back()), "main.pages");
  EXPECT_EQ(snapshot_.mappings[kFileRow].pointers, 2U);
  EXPECT_EQ(snapshot_.mappings[kPlainRow].pointers, 1U);
}

TEST_F(MappingHolders, IsOneObjectOfSeveralMappings) {
  HeapBuilder heap;
  const auto list = heap.object(64);
  start(heap);
  const Address at = address_of(heap.id(list));
  for (unsigned i = 0; i < 3; ++i) {
    put(at + 8 * i, kFile + i);
    put(at + 32 + 8 * i, kPlain + i);
  }
  run();
  std::map<std::uint32_t, unsigned> rows;
  for (const MappingHolder& holder : snapshot_.mapping_holders) ++rows[holder.mapping];
  EXPECT_THAT(rows, ElementsAre(std::pair(2U, 2U), std::pair(3U, 2U)));
}

TEST_F(MappingHolders, DoNotExplainStacksTheProgramOrWhatTheRuntimePointsAt) {
  HeapBuilder heap;
  const ObjectId object = heap.id(heap.object(48));
  start(heap);
  put(address_of(object), kStack);
  put(address_of(object) + 8, kText);
  put(kData + 8, kBss);
  put(kRuntimeVariable, kPlain);
  run();
  EXPECT_THAT(snapshot_.mapping_holders, IsEmpty());
}

// The system made one mapping of them and of the program's memory.
TEST_F(MappingHolders, DoNotExplainRecordsOfTheRuntime) {
  HeapBuilder heap;
  const ObjectId object = heap.id(heap.object(48));
  start(heap);
  records_ = {{kPlain, kPlain + 4096}, {kPlain + 8192, kPlain + 12288}};
  put(address_of(object), kPlain + 64);
  put(address_of(object) + 8, kPlain + 4096);
  put(kVariable, kPlain + 8192);
  run();
  EXPECT_THAT(snapshot_.mapping_holders, ElementsAre(MappingHolder{kPlainRow, object, {}, 8, kPlain + 4096}));
  EXPECT_EQ(snapshot_.mappings[kPlainRow].pointers, 1U);
}

TEST_F(MappingHolders, AreNotLookedForWhereThereIsLittleToExplain) {
  HeapBuilder heap;
  const ObjectId object = heap.id(heap.object(48));
  start(heap);
  put(address_of(object), kPlain);
  snapshot_.account.rss = 1ULL << 30;
  run();
  EXPECT_EQ(snapshot_.mappings[kPlainRow].pointers, 0U) << "2 MiB of 1 GiB";
  snapshot_.account.rss = 100 * kSize;
  run();
  EXPECT_EQ(snapshot_.mappings[kPlainRow].pointers, 1U);
}

TEST_F(MappingHolders, AreTheFirstFewOfEachMappingOnAnyNumberOfThreads) {
  const auto looked = [&](unsigned threads) {
    HeapBuilder heap;
    for (std::uint32_t i = 0; i < 3000; ++i) heap.object(16 * (1 + i / 300));
    start(heap);
    for (std::uint32_t i = 0; i < snapshot_.objects; ++i)
      put(address_of(ObjectId(i)), (i % 7 == 0 ? kFile : kPlain) + i);
    set_thread_limit(threads);
    run();
    set_thread_limit(0);
    EXPECT_EQ(snapshot_.mappings[kFileRow].pointers, 429U);
    EXPECT_EQ(snapshot_.mappings[kPlainRow].pointers, 2571U);
    return std::pair(snapshot_.mappings, snapshot_.mapping_holders);
  };
  const auto alone = looked(1);
  ASSERT_EQ(alone.second.size(), 32U);
  EXPECT_EQ(alone.second.front(), (MappingHolder{kFileRow, ObjectId(0), {}, 0, kFile}));
  EXPECT_EQ(alone.second.back(), (MappingHolder{kPlainRow, ObjectId(18), {}, 0, kPlain + 18}));
  EXPECT_EQ(alone, looked(4));
}

}  // namespace
}  // namespace holdfast::capture
