#include "os/processor_load.h"

#include <gtest/gtest.h>

namespace holdfast::os {
namespace {

TEST(ProcessorLoad, CountsThreadsThatWantToRun) {
  EXPECT_EQ(threads_wanting("11.89 12.19 13.54 12/148 1744\n"), 12U);
  EXPECT_EQ(threads_wanting("0.00 0.01 0.05 1/80 20\n"), 1U);
}

TEST(ProcessorLoad, IsNotKnownFromAnythingElse) {
  for (const char* text : {"", "0.00 0.01 0.05", "0.00 0.01 0.05 12", "0.00 0.01 0.05 x/80 1", "0.00 0.01 0.05 /80 1"})
    EXPECT_EQ(threads_wanting(text), std::nullopt) << text;
}

TEST(ProcessorLoad, OnlyThoseWaitForWhomNoProcessorIsLeft) {
  EXPECT_EQ((ProcessorLoad{1, 2}.waiting_per_processor()), 0);
  EXPECT_EQ((ProcessorLoad{2, 2}.waiting_per_processor()), 0);
  EXPECT_EQ((ProcessorLoad{7, 2}.waiting_per_processor()), 2.5);
  EXPECT_EQ((ProcessorLoad{0, 4}.waiting_per_processor()), 0);
}

TEST(ProcessorLoad, OfThisMachineHasUs) {
  EXPECT_GE(processor_load().wanting, 1U);
  EXPECT_GE(processor_load().processors, 1U);
}

}  // namespace
}  // namespace holdfast::os
