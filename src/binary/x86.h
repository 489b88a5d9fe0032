// What machine code refers to. This finds the runtime's variables in programs without a symbol table (reference 1.5, Go
// 1.17-1.27), and who calls whom. It reads amd64; another architecture needs its own (CONTRIBUTING.md). The functions
// only depend on their bytes and can be called by several threads at once; no bytes make them fail.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"

namespace holdfast::binary {

enum class RipUse : std::uint8_t {
  kLea,      // takes the address
  kLoad,     // a move that reads
  kStore,    // a move that writes
  kCompare,  // cmp, test
  kOther,    // read-modify-write, arithmetic, an indirect call or jump, ...
};

// One disp32(%rip) memory operand.
struct RipOperand {
  Address instruction;
  Address target;
  RipUse use = RipUse::kOther;
  std::uint16_t size = 0;  // bytes of the operand; for kLea those of the result

  bool operator==(const RipOperand&) const = default;
};

// Returns the operands of every instruction of `code`, whose first byte is at `at`, in order. A byte that starts no
// instruction is skipped.
std::vector<RipOperand> rip_operands(std::span<const std::byte> code, Address at);

struct CodeTarget {
  Address instruction;
  Address target;
  bool is_call = false;  // otherwise an unconditional jump: a loop or a tail call

  bool operator==(const CodeTarget&) const = default;
};

// Returns direct calls and unconditional jumps, in order.
std::vector<CodeTarget> calls(std::span<const std::byte> code, Address at);

}  // namespace holdfast::binary
