#include "binary/x86.h"

#include <gmock/gmock.h>

#include <random>

namespace holdfast::binary {

std::ostream& operator<<(std::ostream& to, const RipOperand& o) {
  return to << std::hex << o.instruction.value << " -> " << o.target.value << " use " << static_cast<int>(o.use)
            << " size " << o.size;
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::byte> code(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

constexpr Address kAt(0x400000);

RipOperand operand(std::uint64_t offset, std::uint64_t target, RipUse use, std::uint16_t size) {
  return {kAt + offset, Address(target), use, size};
}

TEST(RipOperands, TellLeaLoadStoreCompareAndOtherApart) {
  const auto bytes = code({
      0x48, 0x8d, 0x05, 0x10, 0x00, 0x00, 0x00,              // 00 lea rax, [rip+0x10]
      0x48, 0x8b, 0x0d, 0xf0, 0xff, 0xff, 0xff,              // 07 mov rcx, [rip-0x10]
      0x89, 0x15, 0x00, 0x01, 0x00, 0x00,                    // 0e mov [rip+0x100], edx
      0x83, 0x3d, 0x00, 0x02, 0x00, 0x00, 0x00,              // 14 cmp dword [rip+0x200], 0
      0xff, 0x15, 0x00, 0x03, 0x00, 0x00,                    // 1b call [rip+0x300]
      0xf0, 0x48, 0x0f, 0xb1, 0x0d, 0x00, 0x04, 0x00, 0x00,  // 21 lock cmpxchg [rip+0x400], rcx
      0x0f, 0x10, 0x05, 0x00, 0x05, 0x00, 0x00,              // 2a movups xmm0, [rip+0x500]
      0xc6, 0x05, 0x00, 0x06, 0x00, 0x00, 0x01,              // 31 mov byte [rip+0x600], 1
      0x48, 0x87, 0x05, 0x00, 0x07, 0x00, 0x00,              // 38 xchg [rip+0x700], rax
      0x0f, 0xb6, 0x05, 0x00, 0x08, 0x00, 0x00,              // 3f movzx eax, byte [rip+0x800]
      0x48, 0x8b, 0x40, 0x08,                                // 46 mov rax, [rax+8]
      0xe8, 0x00, 0x00, 0x00, 0x00,                          // 4a call next
  });
  EXPECT_THAT(rip_operands(bytes, kAt),
              ElementsAre(operand(0x00, 0x400017, RipUse::kLea, 8), operand(0x07, 0x3ffffe, RipUse::kLoad, 8),
                          operand(0x0e, 0x400114, RipUse::kStore, 4), operand(0x14, 0x40021b, RipUse::kCompare, 4),
                          operand(0x1b, 0x400321, RipUse::kOther, 8), operand(0x21, 0x40042a, RipUse::kOther, 8),
                          operand(0x2a, 0x400531, RipUse::kLoad, 16), operand(0x31, 0x400638, RipUse::kStore, 1),
                          operand(0x38, 0x40073f, RipUse::kOther, 8), operand(0x3f, 0x400846, RipUse::kLoad, 1)));
}

TEST(RipOperands, SkipABadByteAndGoOn) {
  const auto bytes = code({0x06, 0x48, 0x8d, 0x05, 0x10, 0x00, 0x00, 0x00});  // 06 is no instruction in 64-bit mode
  EXPECT_THAT(rip_operands(bytes, kAt), ElementsAre(operand(1, 0x400018, RipUse::kLea, 8)));
}

TEST(RipOperands, IgnoreACutInstruction) {
  const auto bytes = code({0x90, 0x48, 0x8d, 0x05, 0x10, 0x00});
  EXPECT_THAT(rip_operands(bytes, kAt), IsEmpty());
  EXPECT_THAT(rip_operands({}, kAt), IsEmpty());
}

TEST(Calls, ListDirectCallsAndJumpsButNoConditionalOnes) {
  const auto bytes = code({
      0xe8, 0x0b, 0x00, 0x00, 0x00,        // 00 call +0xb
      0x74, 0x02,                          // 05 je +2
      0xeb, 0xf7,                          // 07 jmp -9
      0xe9, 0x00, 0x10, 0x00, 0x00,        // 09 jmp +0x1000
      0xff, 0xd0,                          // 0e call rax
      0xff, 0x25, 0x00, 0x00, 0x00, 0x00,  // 10 jmp [rip]
  });
  EXPECT_THAT(calls(bytes, kAt), ElementsAre(CodeTarget{kAt, kAt + 0x10, true}, CodeTarget{kAt + 7, kAt, false},
                                             CodeTarget{kAt + 9, kAt + 0x100e, false}));
}

TEST(RipOperands, RandomBytesGiveAtMostOneOperandEach) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> bytes(random() % 64);
    for (std::byte& b : bytes) b = std::byte(random());
    const auto found = rip_operands(bytes, Address(~std::uint64_t{0} - 8));
    EXPECT_LE(found.size(), bytes.size() / 6);  // the shortest such instruction has 6 bytes
    calls(bytes, Address(~std::uint64_t{0} - 8));
  }
}

}  // namespace
}  // namespace holdfast::binary
