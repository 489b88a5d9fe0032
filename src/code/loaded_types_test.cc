#include "code/loaded_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>

namespace holdfast::code {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Address kCode{0x1000};
constexpr AddressRange kTypes{Address(0x2000), Address(0x3000)};

std::vector<Address> loaded(std::initializer_list<int> bytes) {
  std::vector<std::byte> code;
  for (const int byte : bytes) code.push_back(static_cast<std::byte>(byte));
  return loaded_types(code, kCode, kTypes);
}

TEST(LoadedTypes, FindsLoadsOfAddressesInTheRange) {
  EXPECT_THAT(loaded({0x48, 0x8d, 0x05, 0xf9, 0x0f, 0, 0}), ElementsAre(Address(0x2000))) << "LEA RAX";
  EXPECT_THAT(loaded({0x90, 0x4c, 0x8d, 0x1d, 0x00, 0x10, 0, 0, 0x90}), ElementsAre(Address(0x2008))) << "LEA R11";
  EXPECT_THAT(loaded({0x48, 0x8d, 0x05, 0xf9, 0x1f, 0, 0}), IsEmpty()) << "behind the range";
  EXPECT_THAT(loaded({0x48, 0x8d, 0x05, 0xfa, 0x0f, 0, 0}), IsEmpty()) << "not aligned";
}

TEST(LoadedTypes, NamesEachOnceInOrder) {
  EXPECT_THAT(loaded({0x48, 0x8d, 0x05, 0x01, 0x10, 0,    0,    0x48, 0x8d, 0x0d, 0xf2,
                      0x0f, 0,    0,    0x48, 0x8d, 0x1d, 0xeb, 0x0f, 0,    0}),
              ElementsAre(Address(0x2000), Address(0x2008)));
}

TEST(LoadedTypes, OtherInstructionsLoadNone) {
  EXPECT_THAT(loaded({0x8d, 0x05, 0xf9, 0x0f, 0, 0, 0}), IsEmpty()) << "32 bits";
  EXPECT_THAT(loaded({0x48, 0x8b, 0x05, 0xf9, 0x0f, 0, 0}), IsEmpty()) << "MOV: what lies there";
  EXPECT_THAT(loaded({0x48, 0x8d, 0x80, 0xf9, 0x0f, 0, 0}), IsEmpty()) << "from RAX";
}

TEST(LoadedTypes, CodeThatEndsWithinOneLoadsNone) {
  EXPECT_THAT(loaded({}), IsEmpty());
  EXPECT_THAT(loaded({0x8d}), IsEmpty());
  EXPECT_THAT(loaded({0x48, 0x8d, 0x05, 0xf9, 0x0f, 0}), IsEmpty());
}

TEST(LoadedTypes, DistancesMayLeadBack) {
  const std::byte code[] = {std::byte(0x48), std::byte(0x8d), std::byte(0x05), std::byte(0xf9),
                            std::byte(0xff), std::byte(0xff), std::byte(0xff)};
  EXPECT_THAT(loaded_types(code, Address(0x2000), kTypes), ElementsAre(Address(0x2000)));
}

}  // namespace
}  // namespace holdfast::code
