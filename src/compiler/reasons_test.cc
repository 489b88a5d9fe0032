#include "compiler/reasons.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::compiler {
namespace {

TEST(Reasons, EachHasANameOfItsOwnAndASentence) {
  std::set<std::string_view> names;
  for (const Reason& reason : reasons().subspan(1)) {
    EXPECT_TRUE(names.insert(reason.name).second) << reason.name;
    EXPECT_FALSE(reason.meaning.empty()) << reason.name;
    EXPECT_EQ(&reasons()[find_reason(reason.name)], &reason);
  }
  EXPECT_EQ(find_reason("no such reason"), 0U);
}

}  // namespace
}  // namespace holdfast::compiler
