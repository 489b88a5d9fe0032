#include "go/variable_masks.h"

#include <gmock/gmock.h>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Address kMask = StackImage::kRodata;
constexpr Address kProgram = StackImage::kRodata + 0x100;
constexpr Address kNowhere{0x99990000};

class VariableMasksTest : public testing::Test {
 protected:
  // Returns the mask of a section of that many words.
  BitVector mask(Address at, std::uint64_t bits, std::uint64_t words) {
    image_.function("main.main", 0);
    Module& module = image_.runtime().modules.front();
    module.data = {Address(0x800000), Address(0x800000) + words * 8};
    module.data_mask = at;
    module.data_mask_bits = bits;
    module.gcdata = kProgram;
    return data_mask(image_.runtime(), module, losses_);
  }

  StackImage image_{26};
  LossLedger losses_;
};

TEST_F(VariableMasksTest, TakesTheMaskThatTheRuntimeExpanded) {
  image_.put<std::uint64_t>(kMask, 0xffff'ffff'0000'0001);
  image_.put<std::uint64_t>(kMask + 8, 0b1101);
  EXPECT_THAT(mask(kMask, 67, 67).words, ElementsAre(0xffff'ffff'0000'0001, 0b101U)) << "nothing behind its end";
  EXPECT_THAT(losses_.sorted(), IsEmpty());
}

TEST_F(VariableMasksTest, DoesNotReachBeyondTheSection) {
  image_.put<std::uint64_t>(kMask, ~std::uint64_t{0});
  EXPECT_THAT(mask(kMask, 64, 3).words, ElementsAre(0b111U));
  EXPECT_THAT(mask(kMask, 0, 3).words, IsEmpty());
}

TEST_F(VariableMasksTest, ExpandsTheProgramIfTheMaskIsNotThere) {
  image_.put<std::uint8_t>(kProgram, 5);  // so many bits follow, then the end
  image_.put<std::uint8_t>(kProgram + 1, 0b10110);
  EXPECT_THAT(mask(kNowhere, 5, 5).words, ElementsAre(0b10110U));
  EXPECT_THAT(losses_.sorted(), IsEmpty());
}

TEST_F(VariableMasksTest, CountsAMaskThatCannotBeHad) {
  EXPECT_THAT(mask(kNowhere, 5, 5).words, ElementsAre(0U)) << "the program is empty";
  EXPECT_THAT(losses_.sorted(), IsEmpty()) << "and complete";
  image_.put<std::uint8_t>(kProgram, 0x80);  // repeats bits that are not there
  mask(kNowhere, 5, 5);
  EXPECT_EQ(losses_.sorted().size(), 1U);
}

}  // namespace
}  // namespace holdfast::go
