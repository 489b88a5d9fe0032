// What differs between the processors that Go programs run on, as far as holdfast looks at it: one description, of
// which the rest of the code knows the fields and not the processor. holdfast reads targets of the architecture that it
// was built for; today that is amd64. Everything here is a constant, so that no hot loop pays for it.
//
// Not here, since it is code: instruction decoding (binary/instructions.h, binary/x86.h). CONTRIBUTING.md says how to
// add an architecture.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdfast {

// All places are in bytes from the beginning of the structure, unless said otherwise. Sources: Linux uapi
// asm/ptrace.h, asm/sigcontext.h, asm/ucontext.h; Go's internal/abi, runtime/malloc.go, runtime/stack.go
// (Go 1.19-1.27).
struct Architecture {
  std::string_view go_name;  // GOARCH
  std::uint16_t elf_machine = 0;
  std::uint32_t relative_relocation = 0;  // its type: the word is the load address plus the addend

  // General registers are numbered as machine code numbers them; Registers::general holds so many.
  static constexpr std::size_t kMostRegisters = 32;
  std::uint8_t registers = 0;
  std::uint8_t stack_pointer = 0;  // number of it

  // struct user_regs_struct: what ptrace's NT_PRSTATUS and the notes of a core hold. Places in words of 8 bytes.
  static constexpr std::uint8_t kNowhere = 0xff;
  std::uint8_t user_words = 0;
  std::array<std::uint8_t, kMostRegisters> user_register{};
  std::uint8_t user_pc = 0;
  std::uint8_t user_thread_pointer = kNowhere;

  // struct ucontext, which the kernel leaves on the stack of a signal handler.
  std::uint16_t signal_stack_base = 0, signal_stack_size = 0;  // of uc_stack: ss_sp, ss_size
  std::array<std::uint16_t, kMostRegisters> signal_register{};
  std::uint16_t signal_pc = 0;

  // Frames of Go functions. A call pushes the return address (8 bytes), or leaves it in a register (0).
  std::uint8_t pushed_by_call = 0;
  std::uint8_t minimal_frame = 0;  // bytes at SP that belong to whoever is called (MinFrameSize)
  std::uint8_t race_call_sp = 0;   // register in which racecall keeps the goroutine's SP while C code runs
  std::uint8_t pc_quantum = 0;     // bytes that every instruction's length is a multiple of

  // The registers of arguments and results, by number (ABIInternal), and the record in which reflect spills them:
  // internal/abi.RegArgs.
  std::uint8_t argument_registers = 0;
  std::array<std::uint8_t, 16> argument_register{};
  // Registers with a meaning beside arguments (cmd/compile/abi-internal.md, runtime/asm_*.s): what holds a frame's
  // address, the closure that is called, what a write barrier returns, and those that
  // duffzero and duffcopy move on.
  std::uint8_t frame_pointer = 0, closure_register = 0, write_barrier_result = 0;
  std::array<std::uint8_t, 2> duff_register{};
  std::uint32_t reg_args_bytes = 0, reg_args_pointers_at = 0;  // as many pointers as there are argument registers
  // runtime.xRegs (1.26+): the vector registers that can hold a pointer while memory is copied.
  std::uint32_t vector_register_bytes = 0;

  // Memory.
  std::uint64_t page_bytes = 0;                   // the system's smallest page
  unsigned address_bits = 0;                      // of a user's addresses
  std::uint64_t arena_bytes = 0, arena_base = 0;  // heapArenaBytes; the lowest address that arenas are numbered from
  unsigned heap_address_bits = 0;                 // heapAddrBits

  // The most arenas that there can be. mheap.arenas is one table of so many pointers: arenaL1Bits is 0 on Linux.
  constexpr std::uint64_t most_arenas() const { return (std::uint64_t{1} << heap_address_bits) / arena_bytes; }
};

// A pointer, in bytes. Not a field: sizes of words are in every structure that is read, and 32 bits are not.
inline constexpr std::uint64_t kWord = 8;

// Registers: rax rcx rdx rbx rsp rbp rsi rdi r8 .. r15.
inline constexpr Architecture kAmd64 = {
    .go_name = "amd64",
    .elf_machine = 62,         // EM_X86_64
    .relative_relocation = 8,  // R_X86_64_RELATIVE
    .registers = 16,
    .stack_pointer = 4,
    // r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs
    // gs
    .user_words = 27,
    .user_register = {10, 11, 12, 5, 19, 4, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0},
    .user_pc = 16,
    .user_thread_pointer = 21,
    // uc_flags uc_link {ss_sp ss_flags ss_size} r8 .. r15 rdi rsi rbp rbx rdx rax rcx rsp rip
    .signal_stack_base = 16,
    .signal_stack_size = 32,
    .signal_register = {144, 152, 136, 128, 160, 120, 112, 104, 40, 48, 56, 64, 72, 80, 88, 96},
    .signal_pc = 168,
    .pushed_by_call = 8,
    .minimal_frame = 0,
    .race_call_sp = 12,
    .pc_quantum = 1,
    .argument_registers = 9,
    .argument_register = {0, 3, 1, 7, 6, 8, 9, 10, 11},  // rax rbx rcx rdi rsi r8 r9 r10 r11
    .frame_pointer = 5,
    .closure_register = 2,
    .write_barrier_result = 11,
    .duff_register = {7, 6},
    .reg_args_bytes = 272,  // 9 integers, 15 floats, 9 pointers, 2 bytes of bits
    .reg_args_pointers_at = 192,
    .vector_register_bytes = 32 * 64,  // the mask registers behind them hold no pointers
    .page_bytes = 4096,
    .address_bits = 47,
    .arena_bytes = 64 << 20,
    .arena_base = 0xffff800000000000,
    .heap_address_bits = 48,
};

#if defined(__x86_64__)
inline constexpr Architecture kArchitecture = kAmd64;
#else
#error "holdfast has no description of this architecture: see CONTRIBUTING.md"
#endif

constexpr std::uint64_t kSystemPage = kArchitecture.page_bytes;
// The pages of Go's heap: runtime._PageSize, the same on every architecture (Go 1.19-1.27).
constexpr std::uint64_t kGoPage = 8192;

}  // namespace holdfast
