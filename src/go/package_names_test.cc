#include "go/package_names.h"

#include <gtest/gtest.h>

namespace holdfast::go {
namespace {

TEST(PackageNames, EndBeforeTheFirstDotBehindTheLastSlash) {
  EXPECT_EQ(package_of("main.main"), "main");
  EXPECT_EQ(package_of("main.(*Registry).Open.func1"), "main");
  EXPECT_EQ(package_of("example.com/app/cart.(*Cart[go.shape.int]).Add"), "example.com/app/cart");
  EXPECT_EQ(package_of("gopkg.in/yaml%2ev3.Marshal"), "gopkg.in/yaml%2ev3");
  EXPECT_EQ(package_of("slices.Sort[go.shape.[]example.com/app.Item,go.shape.int]"), "slices");
}

TEST(PackageNames, AreEmptyForWhatTheLinkerMade) {
  EXPECT_EQ(package_of("type:.eq.main.Item"), "");
  EXPECT_EQ(package_of("go:buildid"), "");
  EXPECT_EQ(package_of("gcWriteBarrier"), "");
  EXPECT_EQ(package_of(""), "");
}

TEST(PackageNames, TellTheStandardLibraryByTheFirstElement) {
  for (const char* package : {"runtime", "net/http", "internal/runtime/maps", "vendor/golang.org/x/net/idna", ""})
    EXPECT_TRUE(is_standard_library(package)) << package;
  for (const char* package : {"main", "golang.org/x/net/idna", "service/net/http", "runtimes", "go.uber.org/zap"})
    EXPECT_FALSE(is_standard_library(package)) << package;
}

TEST(PackageNames, TellInitialisers) {
  for (const char* function : {"main.init", "main.init.0", "main.init.12", "example.com/app.map.init.3"})
    EXPECT_TRUE(is_initialiser(function)) << function;
  for (const char* function : {"main.main", "main.initialise", "main.init.func1", "main.init.0.func1", "main.(*T).init",
                               "main.map.init", "main.init.", ""})
    EXPECT_FALSE(is_initialiser(function)) << function;
}

TEST(PackageNames, AreShownAsTheSourceSpellsThem) {
  EXPECT_EQ(unescaped("github.com/eclipse/paho%2emqtt%2egolang.(*client).Connect"),
            "github.com/eclipse/paho.mqtt.golang.(*client).Connect");
  EXPECT_EQ(unescaped("main.box[gopkg.in/yaml%2ev3.Node]"), "main.box[gopkg.in/yaml.v3.Node]");
  EXPECT_EQ(unescaped("main.serve"), "main.serve");
  EXPECT_EQ(unescaped("a%"), "a%");
  EXPECT_EQ(unescaped("a%2"), "a%2");
  EXPECT_EQ(unescaped("a%zz%2e"), "a%zz.");
  StringTable strings;
  EXPECT_EQ(strings[add_name(strings, "gopkg.in/yaml%2ev3.cache")], "gopkg.in/yaml.v3.cache");
  EXPECT_EQ(strings[add_name(strings, "struct { N int \"fmt:\\\"%2e\\\"\" }")], "struct { N int \"fmt:\\\"%2e\\\"\" }");
}

}  // namespace
}  // namespace holdfast::go
