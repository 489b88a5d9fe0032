#include "go/gc_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/memory_image.h"

namespace holdfast::go {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(std::byte(value));
  return out;
}

std::string text(const BitVector& bits) {
  std::string out;
  for (std::uint64_t i = 0; i < bits.count; ++i) out.push_back(bits.test(i) ? '1' : '0');
  return out;
}

void put_varint(std::vector<std::byte>& out, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) out.push_back(std::byte(n | 0x80));
  out.push_back(std::byte(n));
}

TEST(GcProgram, ExpandsLiteralsAndRepeats) {
  // The program gives five bits 10110 (low bit first 01101b), then the last three twice more, then nothing.
  const auto program = bytes({5, 0b01101, 0x83, 2, 0});
  const GcProgramResult result = expand_gc_program(program, 100);
  EXPECT_EQ(result.end, GcProgramEnd::kComplete);
  EXPECT_EQ(text(result.bits),
            "10110"
            "110"
            "110");
}

TEST(GcProgram, TakesALongPeriodFromTheNextNumber) {
  auto program = bytes({127});
  for (int i = 0; i < 16; ++i) program.push_back(std::byte(i == 0 ? 1 : 0));
  program.push_back(std::byte(3));  // three more bits: 130 in all
  program.push_back(std::byte(0b101));
  program.push_back(std::byte(0x80));
  put_varint(program, 130);
  put_varint(program, 300);
  program.push_back(std::byte(0));
  const GcProgramResult result = expand_gc_program(program, 1 << 20);
  ASSERT_EQ(result.end, GcProgramEnd::kComplete);
  ASSERT_EQ(result.bits.count, 130U * 301);
  for (std::uint64_t i = 0; i < result.bits.count; ++i)
    ASSERT_EQ(result.bits.test(i), i % 130 == 0 || i % 130 == 127 || i % 130 == 129) << i;
}

TEST(GcProgram, EndsWithAValueOnHostileInput) {
  EXPECT_EQ(expand_gc_program(bytes({}), 8).end, GcProgramEnd::kTruncated);
  EXPECT_EQ(expand_gc_program(bytes({9, 1}), 80).end, GcProgramEnd::kTruncated);
  EXPECT_EQ(expand_gc_program(bytes({8, 1, 0x81}), 80).end, GcProgramEnd::kTruncated);
  EXPECT_EQ(expand_gc_program(bytes({8, 1, 0}), 7).end, GcProgramEnd::kTooLong);
  EXPECT_EQ(expand_gc_program(bytes({8, 1, 0x88, 100, 0}), 80).end, GcProgramEnd::kTooLong);
  EXPECT_EQ(expand_gc_program(bytes({8, 1, 0x89, 1, 0}), 80).end, GcProgramEnd::kBadRepeat);
  EXPECT_EQ(expand_gc_program(bytes({8, 1, 0x80, 0, 1, 0}), 80).end, GcProgramEnd::kBadRepeat);
  auto huge = bytes({8, 1, 0x88});
  for (int i = 0; i < 12; ++i) huge.push_back(std::byte(0xff));
  EXPECT_EQ(expand_gc_program(huge, 80).end, GcProgramEnd::kBadRepeat);
  auto wraps = bytes({8, 1, 0x88});
  put_varint(wraps, std::uint64_t{1} << 61);  // 8 * 2^61 wraps to 0
  EXPECT_EQ(expand_gc_program(wraps, 80).end, GcProgramEnd::kTooLong);
}

TEST(GcProgram, AgreesWithABitByBitExpansion) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::byte> program;
    std::vector<bool> expected;
    for (int op = 0; op < 12; ++op) {
      if (expected.empty() || random() % 2 == 0) {
        const std::uint64_t n = 1 + random() % 127;
        program.push_back(std::byte(n));
        for (std::uint64_t i = 0; i < n; i += 8) {
          const auto value = static_cast<std::uint8_t>(random());
          program.push_back(std::byte(value));
          for (std::uint64_t k = 0; k < 8 && i + k < n; ++k) expected.push_back((value >> k & 1) != 0);
        }
      } else {
        const std::uint64_t n = 1 + random() % std::min<std::uint64_t>(expected.size(), 400);
        const std::uint64_t times = random() % 50;
        if (n < 128) {
          program.push_back(std::byte(0x80 | n));
        } else {
          program.push_back(std::byte(0x80));
          put_varint(program, n);
        }
        put_varint(program, times);
        for (std::uint64_t i = 0; i < n * times; ++i) expected.push_back(expected[expected.size() - n]);
      }
      if (expected.size() > 200000) break;
    }
    program.push_back(std::byte(0));
    const GcProgramResult result = expand_gc_program(program, expected.size());
    ASSERT_EQ(result.end, GcProgramEnd::kComplete);
    ASSERT_EQ(result.bits.count, expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(result.bits.test(i), expected[i]) << round << " " << i;
    for (std::uint64_t i = expected.size(); i < result.bits.words.size() * 64; ++i) ASSERT_FALSE(result.bits.test(i));
  }
}

TEST(GcProgram, ReadsAProgramOfUnknownLengthUpToAnUnreadablePage) {
  std::vector<std::byte> memory(8192);
  std::size_t at = 100;
  for (int i = 0; i < 700; ++i) {  // beyond the first page that is read
    memory[at++] = std::byte(64);
    for (int k = 0; k < 8; ++k) memory[at++] = std::byte(0x11);
  }
  memory[at++] = std::byte(0);
  MemoryImage image;
  image.add(Address(0x10000), memory, nullptr);
  image.seal();
  const GcProgramResult result = expand_gc_program(image, Address(0x10000 + 100), 1 << 20, 1 << 20);
  EXPECT_EQ(result.end, GcProgramEnd::kComplete);
  EXPECT_EQ(result.bits.count, 700U * 64);
  EXPECT_EQ(result.bits.words[699], 0x1111111111111111U);
  EXPECT_EQ(expand_gc_program(image, Address(0x10000 + 100), 1 << 20, 200).end, GcProgramEnd::kTruncated);
  EXPECT_EQ(expand_gc_program(image, Address(0x20000), 1 << 20, 200).end, GcProgramEnd::kTruncated);
}

}  // namespace
}  // namespace holdfast::go
