#include "detect/library_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::detect {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(LibraryObjects, AreReadFromLines) {
  const auto rules = parse_library_objects("# a remark\n\n lib.Conn | 50 | possible | conns | close them\n", "x");
  ASSERT_THAT(rules, SizeIs(1));
  EXPECT_EQ(rules[0].type, "lib.Conn");
  EXPECT_EQ(rules[0].many, 50U);
  EXPECT_EQ(rules[0].level, Numbers::kPossible);
  EXPECT_EQ(rules[0].change, "close them");
}

TEST(LibraryObjects, HaveOthersThatGoWithThem) {
  const auto rules = parse_library_objects("lib.Stmt + lib.conn + lib.buf | 9 | strong | stmts | close them", "x");
  ASSERT_THAT(rules, SizeIs(1));
  EXPECT_EQ(rules[0].type, "lib.Stmt");
  EXPECT_THAT(rules[0].others, ::testing::ElementsAre("lib.conn", "lib.buf"));
}

TEST(LibraryObjects, RefuseALineThatIsNoRule) {
  for (const char* line : {"lib.Conn | few | strong | conns | close them", "lib.Conn | 5 | sure | conns | close them",
                           "lib.Conn | 5 | strong | conns"})
    try {
      parse_library_objects(line, "my.txt");
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("my.txt, line 1: TYPE | MANY"));
    }
}

}  // namespace
}  // namespace holdfast::detect
