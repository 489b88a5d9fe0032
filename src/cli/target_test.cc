#include "cli/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::cli {
namespace {

using ::testing::HasSubstr;

TEST(FindTarget, WhatIsNotThereIsCalledWhatItLooksLike) {
  const auto why = [](const std::string& target) -> std::string {
    try {
      Options options;
      options.target = target;
      find_target(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kNotFound);
      return error.what();
    }
    return "found";
  };
  EXPECT_THAT(why("audti"), HasSubstr("if the verb was meant: holdfast audit TARGET"));
  EXPECT_THAT(why("./core.17"), HasSubstr("there is no file ./core.17"));
  EXPECT_THAT(why(::testing::TempDir()), HasSubstr("is a directory"));
  EXPECT_THAT(why("nobody-has-this-name"), HasSubstr("no process is called nobody-has-this-name"));
}

}  // namespace
}  // namespace holdfast::cli
