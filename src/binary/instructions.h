// One function's amd64 machine code as a list of what each instruction does with registers and memory, as far as it
// takes to follow values: moves, addresses, calls, jumps. Everything else is kOther with the registers that it changes.
// Any bytes may be given: those that are no instruction are skipped one by one (types from code, 9). It can be called
// by several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"

namespace holdfast::binary {

// Registers have the numbers of their encoding: rax rcx rdx rbx rsp rbp rsi rdi r8 .. r15. Behind them comes what else
// can be a base.
constexpr std::uint8_t kRax = 0, kRcx = 1, kRdx = 2, kRbx = 3, kRsp = 4, kRbp = 5, kRsi = 6, kRdi = 7, kR8 = 8, kR9 = 9,
                       kR10 = 10, kR11 = 11, kR14 = 14, kR15 = 15;
constexpr std::uint8_t kRip = 16;
constexpr std::uint8_t kNoRegister = 17;

enum class Operation : std::uint8_t {
  kOther,
  kMove,           // reg = other
  kConstant,       // reg = value
  kAddress,        // reg = address of the memory operand
  kLoad,           // reg = memory
  kStore,          // memory = reg
  kStoreConstant,  // memory = value
  kAdd,            // reg += value
  kAddRegister,    // reg += other
  kPush,
  kPop,            // into reg, if that is a general register
  kVectorLoad,     // xmm reg = memory
  kVectorStore,    // memory = xmm reg
  kVectorZero,     // xmm reg = 0
  kVectorMove,     // xmm reg = xmm other
  kExchange,       // swaps a register and memory, or two registers
  kCompare,        // cmp, test: changes flags only
  kCall,           // of `value`
  kCallRegister,   // of the address in reg
  kCallMemory,     // of the address in memory
  kJump,           // to `value`
  kJumpIf,         // to `value`, or to the next instruction
  kJumpElsewhere,  // through a register or memory
  kReturn,
  kTrap,  // ud2, int3: nothing follows
};

struct MemoryOperand {
  std::uint8_t base = kNoRegister;
  std::uint8_t index = kNoRegister;
  std::uint8_t scale = 1;
  bool other_segment = false;     // that of thread-local variables
  std::int64_t displacement = 0;  // the absolute address if the base is kRip
};

struct Instruction {
  Address at;
  Address value;             // the constant (as an unsigned word) or the target
  MemoryOperand memory;      // of kOther only where it is cmpxchg or xadd
  std::uint16_t writes = 0;  // of kOther and kExchange: a bit for each general register that it changes
  Operation operation = Operation::kOther;
  std::uint8_t length = 0;
  std::uint8_t width = 0;  // bytes moved
  std::uint8_t reg = kNoRegister;
  std::uint8_t other = kNoRegister;
};

// Replaces `out` by the instructions of `code`, whose first byte lies at `at`.
void decode(std::span<const std::byte> code, Address at, std::vector<Instruction>& out);

}  // namespace holdfast::binary
