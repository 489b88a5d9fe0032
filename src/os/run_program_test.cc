#include "os/run_program.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace holdfast::os {
namespace {

TEST(RunProgram, GivesItTheTextAndReturnsItsOwn) {
  const std::string text(300'000, 'x');
  const ProgramResult result = run_program({"tr", "x", "y"}, text);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, std::string(300'000, 'y'));
  EXPECT_EQ(result.errors, "");
}

TEST(RunProgram, ReturnsWhatItComplainsOf) {
  const ProgramResult result = run_program({"sh", "-c", "echo wrong >&2; exit 7"}, "");
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.errors, "wrong\n");
  EXPECT_EQ(run_program({"sh", "-c", "kill -TERM $$"}, "").status, 128 + 15);
}

TEST(RunProgram, RefusesWhatIsNotThere) {
  try {
    run_program({"holdfast-no-such-program"}, "");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace holdfast::os
