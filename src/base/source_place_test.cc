#include "base/source_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SourcePlace, EveryWayToBuildGivesOnePath) {
  for (const char* path :
       {"/root/go/pkg/mod/github.com/!burnt!sushi/toml@v1.3.2/decode.go", "github.com/BurntSushi/toml@v1.3.2/decode.go",
        "/home/me/app/vendor/github.com/BurntSushi/toml/decode.go", "vendor/github.com/BurntSushi/toml/decode.go"})
    EXPECT_EQ(canonical_path(path), "github.com/BurntSushi/toml/decode.go") << path;
  for (const char* path : {"/usr/local/go/src/fmt/print.go", "fmt/print.go", "C:\\go\\src\\fmt\\print.go",
                           "/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.27.4.linux-amd64/src/fmt/print.go"})
    EXPECT_EQ(canonical_path(path).substr(canonical_path(path).size() - 12), "fmt/print.go") << path;
  EXPECT_EQ(canonical_path("./x/a.go"), "x/a.go");
  EXPECT_EQ(canonical_path("/home/me/go/src/example.com/m/a.go"), "/home/me/go/src/example.com/m/a.go");
}

TEST(SourcePlace, OnlyWholeSegmentsAreCommon) {
  EXPECT_EQ(common_tail("/home/me/app/x/a.go", "x/a.go"), (CommonTail{true, 2}));
  EXPECT_EQ(common_tail("x/a.go", "/home/me/app/x/a.go"), (CommonTail{true, 2}));
  EXPECT_EQ(common_tail("/home/me/app/xx/a.go", "x/a.go"), (CommonTail{false, 1}));
  EXPECT_EQ(common_tail("/home/me/app/x/a.go", "../x/a.go"), (CommonTail{true, 2}));
  EXPECT_EQ(common_tail("a.go", "b.go"), CommonTail());
}

TEST(SourcePlace, FunctionsLoseTypeArgumentsAndPackages) {
  const FunctionName name = split_function("example.com/m/x%2ev2.(*Cart[go.shape.int,map[string]int]).add.func1");
  EXPECT_EQ(name.package, "example.com/m/x.v2");
  EXPECT_EQ(name.name, "(*Cart[...]).add.func1");
  EXPECT_EQ(split_function("(*Cart).add").name, "(*Cart).add");
  EXPECT_EQ(split_function("generic[example.com/m.T]").name, "generic[...]");
  EXPECT_TRUE(same_function(split_function("main.generic[...]"), split_function("generic[go.shape.int]")));
  EXPECT_FALSE(same_function(split_function("a/x.f"), split_function("b/x.f")));
}

TEST(PlaceIndex, TakesTheFileWithMostInCommon) {
  PlaceIndex index;
  index.add({"/home/me/app/one/util.go", 7}, 1);
  index.add({"/home/me/app/two/util.go", 7}, 2);
  EXPECT_THAT(index.find({"example.com/app/two/util.go", 7}), IsEmpty()) << "the module's name is not its folder";
  EXPECT_THAT(index.find({"example.com/m/util.go", 7, "main.f"}), IsEmpty());
  EXPECT_THAT(index.find({"two/util.go", 7}), ElementsAre(2));
  EXPECT_THAT(index.find({"util.go", 7}), ElementsAre(1, 2));
  EXPECT_THAT(index.find({"util.go", 8}), IsEmpty());
}

TEST(PlaceIndex, AFunctionDecidesBetweenFiles) {
  PlaceIndex index;
  index.add({"/home/me/app/one/util.go", 7, "example.com/app/one.f"}, 1);
  index.add({"/home/me/app/two/util.go", 7, "example.com/app/two.f"}, 2);
  EXPECT_THAT(index.find({"util.go", 7, "example.com/app/two.f"}), ElementsAre(2));
  EXPECT_THAT(index.find({"example.com/app/two/util.go", 7, "example.com/app/two.f"}), ElementsAre(2));
}

TEST(PlaceIndex, FollowsAFunctionThatWasMoved) {
  PlaceIndex index;
  index.add({"/home/me/app/a.go", 12, "main.f", 10}, 1);
  index.add({"/home/me/app/a.go", 22, "main.f", 20}, 2);
  index.add({"/home/me/app/a.go", 22, "main.g", 20}, 3);
  EXPECT_THAT(index.find({"/home/me/app/a.go", 12, "main.f", 10}), ElementsAre(1, 2));
  EXPECT_THAT(index.find({"/home/me/app/a.go", 32, "main.g", 30}), ElementsAre(3));
  EXPECT_THAT(index.find({"/home/me/app/a.go", 32, "main.g"}), IsEmpty());
}

}  // namespace
}  // namespace holdfast
