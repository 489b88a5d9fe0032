#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

TEST(TerminalWidth, IsTheTerminalsWithinWhatCanBeRead) {
  EXPECT_EQ(terminal_width(80, nullptr), 80U);
  EXPECT_EQ(terminal_width(20, nullptr), 60U);
  EXPECT_EQ(terminal_width(400, nullptr), 250U);
  EXPECT_EQ(terminal_width(0, nullptr), 100U);  // some terminals do not know
}

TEST(TerminalWidth, HeedsColumns) {
  EXPECT_EQ(terminal_width(80, "132"), 132U);
  EXPECT_EQ(terminal_width(80, "1000"), 250U);
  for (const char* nonsense : {"", "0", "wide", "90x", "-5"}) EXPECT_EQ(terminal_width(80, nonsense), 80U);
}

}  // namespace
}  // namespace holdfast::cli
