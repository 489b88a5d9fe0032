// Reads what the words of the locks of package sync say (Go 1.19-1.27): sync.Mutex, which wraps another one from Go
// 1.24 on, sync.RWMutex and sync.WaitGroup. Nothing throws. Several threads may ask.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "go/layout.h"
#include "go/runtime.h"

namespace holdfast::go {

// Which word of which lock a goroutine waits for.
enum class LockWait : std::uint8_t {
  kMutex,
  kRwMutexTurn,   // a writer waits for the mutex inside, which another writer has
  kRwMutexWrite,  // a writer waits until the readers have left
  kRwMutexRead,   // a reader waits until a writer has left
  kWaitGroup,
};

struct LockRecord {
  bool locked = false;        // by a writer, of a sync.RWMutex; one that waits for readers counts
  std::uint32_t readers = 0;  // that have it to read
  std::uint32_t missing = 0;  // calls of Done
};

class LockReader {
 public:
  // `runtime` must outlive this.
  explicit LockReader(const Runtime& runtime);

  // Returns where the lock begins of which `semaphore` is the word; null if the layouts do not tell.
  Address lock_at(Address semaphore, LockWait wait) const;
  // Returns what a lock that begins there says; none if its words cannot be read or the layouts do not tell.
  std::optional<LockRecord> read(Address lock, LockWait wait) const;

 private:
  std::optional<LockRecord> read_mutex(Address lock) const;
  std::optional<LockRecord> read_rw_mutex(Address lock) const;
  std::optional<LockRecord> read_wait_group(Address lock) const;

  const MemorySource& memory_;
  std::optional<FieldLayout> state_, semaphore_, inner_, writers_, readers_, reader_count_, reader_wait_, group_state_,
      group_semaphore_;
  std::optional<std::int64_t> locked_bit_, most_readers_;
};

// The memory of the locks that goroutines wait for: what lies around the words in the runtime's table of semaphores.
// Asked of a target that stands still; empty if the layouts do not tell.
std::vector<AddressRange> awaited_lock_memory(const Runtime& runtime);

}  // namespace holdfast::go
