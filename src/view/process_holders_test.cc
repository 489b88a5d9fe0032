#include "view/process_holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace holdfast::view {
namespace {

using heap::MappingUse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

MemoryAccount memory_of(heap::Account account) {
  MemoryAccount memory;
  account.known = true;
  account.rss = account.live + account.garbage + account.free + account.stacks + account.runtime + account.globals +
                account.c_heap + account.mappings + account.files + account.rest;
  memory.account = account;
  return memory;
}

MappingGroup mapping(MappingUse use, std::uint64_t resident, std::string name = "") {
  MappingGroup group;
  group.use = use;
  group.name = std::move(name);
  group.resident = resident;
  return group;
}

std::uint64_t sum_of(const std::vector<ProcessHolder>& holders) {
  return std::accumulate(holders.begin(), holders.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const ProcessHolder& holder) { return sum + holder.bytes; });
}

TEST(ProcessHolders, AreWhatIsNotLiveTheLargestFirst) {
  const MemoryAccount memory = memory_of(
      {.live = 1000, .garbage = 10, .free = 20, .stacks = 30, .runtime = 40, .globals = 50, .c_heap = 60, .rest = 7});
  const auto holders = process_holders(memory, 0);
  EXPECT_EQ(sum_of(holders), memory.account.rss - 1000);
  EXPECT_THAT(holders, ElementsAre(ProcessHolder{ProcessPart::kCHeap, 60}, ProcessHolder{ProcessPart::kGlobals, 50},
                                   ProcessHolder{ProcessPart::kRuntime, 40}, ProcessHolder{ProcessPart::kStacks, 30},
                                   ProcessHolder{ProcessPart::kFree, 20}, ProcessHolder{ProcessPart::kGarbage, 10},
                                   ProcessHolder{ProcessPart::kRest, 7}));
}

TEST(ProcessHolders, LeaveStacksToTheHoldersThatHaveThem) {
  const MemoryAccount memory = memory_of({.stacks = 30});
  EXPECT_THAT(process_holders(memory, 20), ElementsAre(ProcessHolder{ProcessPart::kStacks, 10}));
  EXPECT_THAT(process_holders(memory, 31), IsEmpty()) << "some of these are not resident";
}

TEST(ProcessHolders, NameEachMappingAndFile) {
  MemoryAccount memory = memory_of({.mappings = 100, .files = 500});
  memory.mappings = {mapping(MappingUse::kFile, 500, "/bin/a"), mapping(MappingUse::kOther, 70),
                     mapping(MappingUse::kCHeap, 60), mapping(MappingUse::kOther, 0)};
  EXPECT_THAT(process_holders(memory, 0),
              ElementsAre(ProcessHolder{ProcessPart::kFile, 500, 0}, ProcessHolder{ProcessPart::kMapping, 70, 1},
                          ProcessHolder{ProcessPart::kMappings, 30}));
}

TEST(ProcessHolders, MappingsOfWhichTheAccountCountsLessAreOneRow) {
  MemoryAccount memory = memory_of({.mappings = 100});
  memory.mappings = {mapping(MappingUse::kOther, 70), mapping(MappingUse::kOther, 40)};
  EXPECT_THAT(process_holders(memory, 0), ElementsAre(ProcessHolder{ProcessPart::kMappings, 100}));
}

TEST(ProcessHolders, AreNotKnownWithoutAnAccount) {
  MemoryAccount memory = memory_of({.garbage = 10});
  memory.account.known = false;
  EXPECT_THAT(process_holders(memory, 0), IsEmpty());
}

}  // namespace
}  // namespace holdfast::view
