// What may still be asked of a live target after it has gone on: memory that does not change while it is in use, such
// as the names of types that reflect has made. They lie among the pointer-free objects, which are not copied, and which
// of them matter is only known when types are read.
//
// What was in use when the target stood still stays what it was until the collector has given its slot away, and that
// needs a collection that has ended since (reference 9.5). So after each read the runtime's count of collections is
// compared with that of the stop; once it is another one, or cannot be read, nothing can be read here any more. Several
// threads may read. Nothing throws.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "base/memory_source.h"

namespace holdfast::capture {

class UnchangingMemory final : public MemorySource {
 public:
  // Returns how many collections have ended; nullopt if the target is not the one that was stopped any more.
  using CountCollections = std::function<std::optional<std::uint32_t>()>;

  // `running` must outlive this. `at_stop` is the count of the moment that all else is about; nullopt: nothing can be
  // read.
  UnchangingMemory(const MemorySource& running, CountCollections count, std::optional<std::uint32_t> at_stop)
      : running_(running), count_(std::move(count)), at_stop_(at_stop), ended_(!at_stop) {}

  bool try_read(Address from, std::span<std::byte> to) const override {
    if (ended_ || !running_.try_read(from, to)) return false;
    if (count_() == at_stop_) return true;
    ended_ = true;
    return false;
  }
  const std::byte* try_view(Address, std::uint64_t) const override { return nullptr; }

 private:
  const MemorySource& running_;
  CountCollections count_;
  std::optional<std::uint32_t> at_stop_;
  mutable std::atomic<bool> ended_;
};

}  // namespace holdfast::capture
