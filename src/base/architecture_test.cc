#include "base/architecture.h"

#include <gmock/gmock.h>
#include <sys/user.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstddef>
#include <numeric>
#include <set>
#include <span>
#include <vector>

#include "base/registers.h"

namespace holdfast {
namespace {

#if defined(__x86_64__)

// In the order of their numbers in machine code.
constexpr std::size_t kUserRegisters[] = {
    offsetof(user_regs_struct, rax), offsetof(user_regs_struct, rcx), offsetof(user_regs_struct, rdx),
    offsetof(user_regs_struct, rbx), offsetof(user_regs_struct, rsp), offsetof(user_regs_struct, rbp),
    offsetof(user_regs_struct, rsi), offsetof(user_regs_struct, rdi), offsetof(user_regs_struct, r8),
    offsetof(user_regs_struct, r9),  offsetof(user_regs_struct, r10), offsetof(user_regs_struct, r11),
    offsetof(user_regs_struct, r12), offsetof(user_regs_struct, r13), offsetof(user_regs_struct, r14),
    offsetof(user_regs_struct, r15)};
constexpr int kSignalRegisters[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

TEST(Architecture, AgreesWithTheKernelsRegisterBlock) {
  EXPECT_EQ(kAmd64.user_words * sizeof(std::uint64_t), sizeof(user_regs_struct));
  ASSERT_EQ(kAmd64.registers, std::size(kUserRegisters));
  for (std::size_t i = 0; i < kAmd64.registers; ++i)
    EXPECT_EQ(kAmd64.user_register[i] * sizeof(std::uint64_t), kUserRegisters[i]) << i;
  EXPECT_EQ(kAmd64.user_pc * sizeof(std::uint64_t), offsetof(user_regs_struct, rip));
  EXPECT_EQ(kAmd64.user_thread_pointer * sizeof(std::uint64_t), offsetof(user_regs_struct, fs_base));
}

TEST(Architecture, AgreesWithTheKernelsSignalFrame) {
  EXPECT_EQ(kAmd64.signal_stack_base, offsetof(ucontext_t, uc_stack) + offsetof(stack_t, ss_sp));
  EXPECT_EQ(kAmd64.signal_stack_size, offsetof(ucontext_t, uc_stack) + offsetof(stack_t, ss_size));
  const auto register_at = [](int number) {
    return offsetof(ucontext_t, uc_mcontext.gregs) + static_cast<std::size_t>(number) * sizeof(greg_t);
  };
  for (std::size_t i = 0; i < kAmd64.registers; ++i)
    EXPECT_EQ(kAmd64.signal_register[i], register_at(kSignalRegisters[i])) << i;
  EXPECT_EQ(kAmd64.signal_pc, register_at(REG_RIP));
}

#endif

// Go 1.19-1.27, runtime/malloc.go: arenaL2Bits is 22 on linux/amd64. A user's half of the addresses has half of them.
TEST(Architecture, HasAsManyArenasAsGoNumbers) {
  EXPECT_EQ(kAmd64.most_arenas(), std::uint64_t{1} << 22);
  EXPECT_EQ(kAmd64.heap_address_bits, kAmd64.address_bits + 1);
}

// What means something of its own is no argument, but for those that calls of the runtime use up.
TEST(Architecture, RegistersOfCallsAreDistinct) {
  const std::set<std::uint8_t> own{kArchitecture.stack_pointer, kArchitecture.frame_pointer,
                                   kArchitecture.closure_register};
  EXPECT_EQ(own.size(), 3U);
  for (std::size_t i = 0; i < kArchitecture.argument_registers; ++i)
    EXPECT_FALSE(own.contains(kArchitecture.argument_register[i])) << i;
}

TEST(Architecture, IsThatOfThisMachine) {
  EXPECT_EQ(kSystemPage, static_cast<std::uint64_t>(getpagesize()));
  EXPECT_LE(kArchitecture.registers, Architecture::kMostRegisters);
  EXPECT_LE(kArchitecture.argument_registers, kArchitecture.argument_register.size());
  std::set<std::uint8_t> arguments;
  for (std::size_t i = 0; i < kArchitecture.argument_registers; ++i)
    arguments.insert(kArchitecture.argument_register[i]);
  EXPECT_EQ(arguments.size(), kArchitecture.argument_registers);
  EXPECT_EQ(arguments.count(kArchitecture.stack_pointer), 0U);
}

TEST(Registers, AreTakenFromTheirPlaces) {
  std::vector<std::uint64_t> words(kArchitecture.user_words);
  std::iota(words.begin(), words.end(), 100);
  const Registers registers = user_registers(std::as_bytes(std::span(words)));
  for (std::size_t i = 0; i < registers.general.size(); ++i)
    EXPECT_EQ(registers.general[i], 100U + kArchitecture.user_register[i]);
  EXPECT_EQ(registers.pc, Address(100U + kArchitecture.user_pc));
  EXPECT_EQ(registers.sp(), Address(100U + kArchitecture.user_register[kArchitecture.stack_pointer]));
}

}  // namespace
}  // namespace holdfast
