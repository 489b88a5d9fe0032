#include "binary/instructions.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>

namespace holdfast::binary {
namespace {

std::vector<Instruction> decoded(std::initializer_list<int> code) {
  std::vector<std::byte> bytes;
  for (const int byte : code) bytes.push_back(static_cast<std::byte>(byte));
  std::vector<Instruction> out;
  decode(bytes, Address(0x1000), out);
  return out;
}

Instruction only(std::initializer_list<int> code) {
  const std::vector<Instruction> all = decoded(code);
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? Instruction() : all.front();
}

TEST(Instructions, MovesOfWords) {
  const Instruction move = only({0x48, 0x89, 0xc3});  // mov rbx, rax
  EXPECT_EQ(move.operation, Operation::kMove);
  EXPECT_EQ(move.reg, kRbx);
  EXPECT_EQ(move.other, kRax);
  EXPECT_EQ(move.width, 8);
  const Instruction load = only({0x48, 0x8b, 0x4c, 0xd8, 0x10});  // mov rcx, [rax+rbx*8+16]
  EXPECT_EQ(load.operation, Operation::kLoad);
  EXPECT_EQ(load.reg, kRcx);
  EXPECT_EQ(load.memory.base, kRax);
  EXPECT_EQ(load.memory.index, kRbx);
  EXPECT_EQ(load.memory.scale, 8);
  EXPECT_EQ(load.memory.displacement, 16);
  const Instruction store = only({0x48, 0x89, 0x44, 0x24, 0xf8});  // mov [rsp-8], rax
  EXPECT_EQ(store.operation, Operation::kStore);
  EXPECT_EQ(store.memory.base, kRsp);
  EXPECT_EQ(store.memory.displacement, -8);
  const Instruction narrow = only({0x89, 0xc3});  // mov ebx, eax
  EXPECT_EQ(narrow.width, 4);
  EXPECT_EQ(narrow.reg, kRbx);
}

TEST(Instructions, AddressesRelativeToThemselvesAreMadeAbsolute) {
  const Instruction lea = only({0x48, 0x8d, 0x05, 0x00, 0x01, 0x00, 0x00});  // lea rax, [rip+256]
  EXPECT_EQ(lea.operation, Operation::kAddress);
  EXPECT_EQ(lea.memory.base, kRip);
  EXPECT_EQ(lea.memory.displacement, 0x1107);
  const Instruction call = only({0xe8, 0xfb, 0xff, 0xff, 0xff});
  EXPECT_EQ(call.operation, Operation::kCall);
  EXPECT_EQ(call.value, Address(0x1000));
  const Instruction jump = only({0x74, 0x10});
  EXPECT_EQ(jump.operation, Operation::kJumpIf);
  EXPECT_EQ(jump.value, Address(0x1012));
}

TEST(Instructions, ConstantsAndSums) {
  EXPECT_EQ(only({0x31, 0xc9}).operation, Operation::kConstant);  // xor ecx, ecx
  EXPECT_EQ(only({0x31, 0xc9}).value, Address());
  EXPECT_EQ(only({0xb8, 0x07, 0x00, 0x00, 0x00}).value, Address(7));                // mov eax, 7
  EXPECT_EQ(only({0x48, 0x83, 0xec, 0x18}).value, Address(std::uint64_t{0} - 24));  // sub rsp, 24
  EXPECT_EQ(only({0x48, 0xc7, 0x00, 0xff, 0xff, 0xff, 0xff}).operation, Operation::kStoreConstant);
}

TEST(Instructions, TwoWordsAtOnce) {
  const Instruction load = only({0x0f, 0x10, 0x08});  // movups xmm1, [rax]
  EXPECT_EQ(load.operation, Operation::kVectorLoad);
  EXPECT_EQ(load.reg, 1);
  EXPECT_EQ(load.width, 16);
  const Instruction store = only({0x44, 0x0f, 0x11, 0x3b});  // movups [rbx], xmm15
  EXPECT_EQ(store.operation, Operation::kVectorStore);
  EXPECT_EQ(store.reg, 15);
}

TEST(Instructions, TellWhatTheyChange) {
  EXPECT_EQ(only({0x48, 0xf7, 0xf1}).writes & (1U << kRax | 1U << kRdx), 1U << kRax | 1U << kRdx);  // div rcx
  EXPECT_EQ(only({0x48, 0x39, 0xc8}).operation, Operation::kCompare);
  EXPECT_EQ(only({0xc3}).operation, Operation::kReturn);
  EXPECT_EQ(only({0x0f, 0x0b}).operation, Operation::kTrap);
  EXPECT_EQ(only({0xff, 0xd1}).operation, Operation::kCallRegister);
  EXPECT_EQ(only({0xff, 0xd1}).reg, kRcx);
  EXPECT_TRUE(only({0x64, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff}).memory.other_segment);
}

TEST(Instructions, TellWhichMemoryAtomicOnesChange) {
  const Instruction swap = only({0xf0, 0x0f, 0xb1, 0x11});  // lock cmpxchg [rcx], edx
  EXPECT_EQ(swap.operation, Operation::kOther);
  EXPECT_EQ(swap.memory.base, kRcx);
  EXPECT_EQ(swap.writes, 1U << kRax);
  const Instruction add = only({0xf0, 0x0f, 0xc1, 0x51, 0x10});  // lock xadd [rcx+16], edx
  EXPECT_EQ(add.operation, Operation::kOther);
  EXPECT_EQ(add.memory.displacement, 16);
  EXPECT_EQ(add.writes, 1U << kRdx);
}

TEST(Instructions, BytesThatAreNoneArePassedOver) {
  const std::vector<Instruction> all = decoded({0x06, 0xc3});  // no instruction of this mode
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].at, Address(0x1001));
}

TEST(Instructions, AnyBytesAreTaken) {
  std::mt19937_64 random(7);
  std::vector<Instruction> out;
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> bytes(random() % 64);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    decode(bytes, Address(0x400000), out);
    std::uint64_t end = 0x400000;
    for (const Instruction& instruction : out) {
      ASSERT_GE(instruction.at.value, end);
      end = instruction.at.value + instruction.length;
    }
    ASSERT_LE(end, 0x400000 + bytes.size());
  }
}

}  // namespace
}  // namespace holdfast::binary
