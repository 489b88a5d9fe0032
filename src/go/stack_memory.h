// The words of one stack. They are read in place if the stack lies together in our memory.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/memory_source.h"

namespace holdfast::go {

class StackMemory {
 public:
  StackMemory(const MemorySource& memory, AddressRange stack)
      : memory_(memory), stack_(stack), view_(stack.empty() ? nullptr : memory.try_view(stack.begin, stack.size())) {}

  const AddressRange& range() const { return stack_; }
  bool contains(Address at) const { return stack_.contains(at); }

  // Returns the word at `at`; nullopt if it is not inside the stack or cannot be read.
  std::optional<std::uint64_t> word(Address at) const {
    if (at < stack_.begin || at >= stack_.end || stack_.end - at < sizeof(std::uint64_t)) return std::nullopt;
    if (view_ != nullptr) return load_le<std::uint64_t>(view_ + (at - stack_.begin));
    return memory_.try_integer<std::uint64_t>(at);
  }

 private:
  const MemorySource& memory_;
  AddressRange stack_;
  const std::byte* view_;
};

}  // namespace holdfast::go
