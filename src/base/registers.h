// The registers of one stopped thread, read live (os), from a core (binary) or from the stack of a signal handler (go).
// base/architecture.h says how many there are and where the kernel puts them. A plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/architecture.h"
#include "base/wire.h"

namespace holdfast {

struct Registers {
  std::array<std::uint64_t, kArchitecture.registers> general{};  // by their number in machine code
  Address pc;
  Address thread_pointer;  // the block of thread-local storage; null if it is not known

  Address sp() const { return Address(general[kArchitecture.stack_pointer]); }
};

// Reads a struct user_regs_struct, of which `bytes` must have all Architecture::user_words.
inline Registers user_registers(std::span<const std::byte> bytes) {
  const auto word = [&](std::uint8_t at) {
    return load_le<std::uint64_t>(bytes.subspan(at * sizeof(std::uint64_t), sizeof(std::uint64_t)).data());
  };
  Registers registers;
  for (std::size_t i = 0; i < registers.general.size(); ++i)
    registers.general[i] = word(kArchitecture.user_register[i]);
  registers.pc = Address(word(kArchitecture.user_pc));
  if constexpr (kArchitecture.user_thread_pointer != Architecture::kNowhere)
    registers.thread_pointer = Address(word(kArchitecture.user_thread_pointer));
  return registers;
}

}  // namespace holdfast
