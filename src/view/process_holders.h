// What of a process's memory no object of the Go heap accounts for, as holders beside those of the heap: both together
// are all that is resident, or, of a core, in use. Facts only; sizes are in bytes. Nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "view/memory_account.h"

namespace holdfast::view {

enum class ProcessPart : std::uint8_t {
  kGarbage,  // objects that nothing holds
  kFree,     // of the Go heap
  kStacks,   // without those that a holder of the heap counts as its own
  kRuntime,  // records of the Go runtime
  kGlobals,  // package variables
  kCHeap,
  kMapping,   // one mapping, or those of one name
  kMappings,  // what of them has no row of its own
  kFile,      // one mapped file
  kFiles,     // what of them has no row of its own
  kRest,
};

struct ProcessHolder {
  static constexpr std::size_t kNoMapping = static_cast<std::size_t>(-1);

  ProcessPart part = ProcessPart::kRest;
  std::uint64_t bytes = 0;           // resident; never 0
  std::size_t mapping = kNoMapping;  // of kMapping and kFile: row of MemoryAccount::mappings
  bool operator==(const ProcessHolder&) const = default;
};

// The largest first. `stacks_elsewhere` are bytes of stacks that holders of the heap have. The sum is the account's
// whole without live objects and without these; nothing if no account is known.
std::vector<ProcessHolder> process_holders(const MemoryAccount& memory, std::uint64_t stacks_elsewhere);

}  // namespace holdfast::view
