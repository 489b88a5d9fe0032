#include "base/memory_image.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::vector<std::byte> filled(std::size_t size, int value) {
  return std::vector<std::byte>(size, std::byte(value));
}

TEST(MemoryImage, WhatWasAddedFirstWinsAndGapsCannotBeRead) {
  const auto a = filled(16, 1);
  const auto b = filled(64, 2);
  MemoryImage image;
  image.add(Address(0x1010), a, nullptr);
  image.add(Address(0x1000), b, nullptr);
  image.seal();
  EXPECT_EQ(image.integer<std::uint8_t>(Address(0x1000)), 2);
  EXPECT_EQ(image.integer<std::uint8_t>(Address(0x1010)), 1);
  EXPECT_EQ(image.integer<std::uint8_t>(Address(0x1020)), 2);
  EXPECT_EQ(image.integer<std::uint16_t>(Address(0x100f)), 0x0102);  // across the border
  EXPECT_EQ(image.try_view(Address(0x100f), 2), nullptr);
  EXPECT_EQ(image.try_integer<std::uint8_t>(Address(0x1040)), std::nullopt);
  EXPECT_EQ(image.try_integer<std::uint64_t>(Address(0x103c)), std::nullopt);
  EXPECT_THROW(image.pointer(Address(0xfff)), Error);
}

TEST(MemoryImage, NeighboursOfOneBufferBecomeOneSegment) {
  const auto a = filled(32, 7);
  MemoryImage image;
  image.add(Address(0x2010), std::span(a).subspan(16), nullptr);
  image.add(Address(0x2000), std::span(a).first(16), nullptr);
  image.seal();
  EXPECT_EQ(image.segments().size(), 1U);
  EXPECT_NE(image.try_view(Address(0x2008), 16), nullptr);
}

}  // namespace
}  // namespace holdfast
