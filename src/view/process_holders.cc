#include "view/process_holders.h"

#include <algorithm>
#include <functional>

namespace holdfast::view {
namespace {

class Rows {
 public:
  explicit Rows(const MemoryAccount& memory) : memory_(memory) {}

  void add(ProcessPart part, std::uint64_t bytes) {
    if (bytes > 0) rows_.push_back({part, bytes});
  }

  // Adds a row for each mapping of the use, and one for what the account has of them besides. The account may count
  // less: a mapping that lies beside memory of the runtime can be one with it.
  void add_mappings(heap::MappingUse use, std::uint64_t whole, ProcessPart one, ProcessPart others) {
    const std::size_t before = rows_.size();
    std::uint64_t sum = 0;
    for (std::size_t m = 0; m < memory_.mappings.size(); ++m) {
      const MappingGroup& group = memory_.mappings[m];
      if (group.use != use || group.resident == 0) continue;
      rows_.push_back({one, group.resident, m});
      sum += group.resident;
    }
    if (sum > whole) rows_.resize(before);
    add(others, sum > whole ? whole : whole - sum);
  }

  std::vector<ProcessHolder> sorted() {
    std::ranges::stable_sort(rows_, std::greater(), &ProcessHolder::bytes);
    return std::move(rows_);
  }

 private:
  const MemoryAccount& memory_;
  std::vector<ProcessHolder> rows_;
};

}  // namespace

std::vector<ProcessHolder> process_holders(const MemoryAccount& memory, std::uint64_t stacks_elsewhere) {
  const heap::Account& account = memory.account;
  if (!account.known) return {};
  Rows rows(memory);
  rows.add(ProcessPart::kGarbage, account.garbage);
  rows.add(ProcessPart::kFree, account.free);
  rows.add(ProcessPart::kStacks, account.stacks - std::min(account.stacks, stacks_elsewhere));
  rows.add(ProcessPart::kRuntime, account.runtime);
  rows.add(ProcessPart::kGlobals, account.globals);
  rows.add(ProcessPart::kCHeap, account.c_heap);
  rows.add_mappings(heap::MappingUse::kOther, account.mappings, ProcessPart::kMapping, ProcessPart::kMappings);
  rows.add_mappings(heap::MappingUse::kFile, account.files, ProcessPart::kFile, ProcessPart::kFiles);
  rows.add(ProcessPart::kRest, account.rest);
  return rows.sorted();
}

}  // namespace holdfast::view
