#include "view/sentence.h"

#include <gtest/gtest.h>

namespace holdfast::view {
namespace {

TEST(Sentence, ShortensNamesAndNothingElse) {
  const Sentence s = sentence("{} in {}[{}] at {}, {} of 3/4", 7, named("map[string]*example.com/app/cart.Item"),
                              "\"a\"b/c\"", named(CodePlace{"example.com/app.(*Server).serve", "/src/a/x.go", 9}), 1);
  EXPECT_EQ(s.full,
            "7 in map[string]*example.com/app/cart.Item[\"a\"b/c\"] at example.com/app.(*Server).serve x.go:9, "
            "1 of 3/4");
  EXPECT_EQ(s.brief, "7 in map[string]*cart.Item[\"a\"b/c\"] at app.(*Server).serve x.go:9, 1 of 3/4");
}

TEST(Sentence, GrowsInBothForms) {
  Sentence s = sentence("in ");
  s += named("a.com/b.T");
  EXPECT_EQ(s, (Sentence{"in a.com/b.T", "in b.T"}));
}

TEST(Sentence, SaysOfAPlaceWhatIsKnown) {
  EXPECT_EQ(named(CodePlace{"a.com/b.f", "", 0}), (Sentence{"a.com/b.f", "b.f"}));
  EXPECT_TRUE(named(CodePlace()).empty());
}

}  // namespace
}  // namespace holdfast::view
