// The registers of one amd64 thread that was stopped, read live (os) or from a core (binary).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/address.h"

namespace holdfast {

// General registers by their number in machine code.
enum class Gpr : std::uint8_t {
  kRax,
  kRcx,
  kRdx,
  kRbx,
  kRsp,
  kRbp,
  kRsi,
  kRdi,
  kR8,
  kR9,
  kR10,
  kR11,
  kR12,
  kR13,
  kR14,  // the running goroutine while in Go code
  kR15,
};

struct Registers {
  std::array<std::uint64_t, 16> general{};  // by Gpr
  Address rip;
  Address fs_base;             // thread-local storage block
  std::uint64_t orig_rax = 0;  // number of the system call the thread is in; ~0 if none
  std::uint64_t rflags = 0;

  std::uint64_t& operator[](Gpr name) { return general[static_cast<std::size_t>(name)]; }
  std::uint64_t operator[](Gpr name) const { return general[static_cast<std::size_t>(name)]; }
  Address rsp() const { return Address((*this)[Gpr::kRsp]); }
  Address rbp() const { return Address((*this)[Gpr::kRbp]); }
};

}  // namespace holdfast
