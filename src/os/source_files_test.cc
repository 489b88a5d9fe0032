#include "os/source_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

class SourceFilesTest : public testing::Test {
 protected:
  SourceFilesTest() : root(fs::temp_directory_path() / ("holdfast-sources-" + std::to_string(getpid()))) {
    write("shop/pkg/cart.go");
    write("mod/github.com/!azure/x@v1.2.3/z.go");
    write("go/src/fmt/print.go");
    setenv("GOMODCACHE", (root / "mod").c_str(), 1);
    setenv("GOROOT", (root / "go").c_str(), 1);
  }
  ~SourceFilesTest() override {
    unsetenv("GOMODCACHE");
    unsetenv("GOROOT");
    fs::remove_all(root);
  }
  void write(const char* path) const {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << "package p\n\nfunc f() {}\r\n";
  }
  // Where it was found, below `root`.
  std::string found(const std::string& path) const {
    SourceFiles files({(root / "shop").string()});
    const SourceFile* const file = files.find(path);
    return file == nullptr ? "" : fs::relative(file->path, root).string();
  }
  fs::path root;
};

TEST_F(SourceFilesTest, FindsWhatWasCompiledElsewhere) {
  EXPECT_EQ(found((root / "shop/pkg/cart.go").string()), "shop/pkg/cart.go");
  EXPECT_EQ(found("/elsewhere/src/shop/pkg/cart.go"), "shop/pkg/cart.go");
  EXPECT_EQ(found("example.com/shop/pkg/cart.go"), "shop/pkg/cart.go");
  EXPECT_EQ(found("github.com/Azure/x@v1.2.3/z.go"), "mod/github.com/!azure/x@v1.2.3/z.go");
  EXPECT_EQ(found("/home/ci/go/pkg/mod/github.com/!azure/x@v1.2.3/z.go"), "mod/github.com/!azure/x@v1.2.3/z.go");
  EXPECT_EQ(found("fmt/print.go"), "go/src/fmt/print.go");
  EXPECT_EQ(found("$GOROOT/src/fmt/print.go"), "go/src/fmt/print.go");
}

TEST_F(SourceFilesTest, TakesNoOtherFileOfThatName) {
  write("shop/cart.go");
  EXPECT_EQ(found("/elsewhere/shop/cart.go"), "shop/cart.go") << "the folder is called so, too";
  EXPECT_EQ(found("/elsewhere/cart.go"), "");
  EXPECT_EQ(found("/elsewhere/other/cart.go"), "");
  EXPECT_EQ(found("github.com/Azure/x@v1.2.4/z.go"), "");
}

TEST_F(SourceFilesTest, KnowsTheModuleThatAFolderIs) {
  write("shop/main.go");
  std::ofstream(root / "shop/go.mod") << "module example.com/renamed\n\ngo 1.26\n";
  EXPECT_EQ(found("example.com/renamed/main.go"), "shop/main.go");
  EXPECT_EQ(found("example.com/other/main.go"), "");
}

TEST_F(SourceFilesTest, GivesLinesWithoutTheirEnds) {
  SourceFiles files({(root / "shop").string()});
  const SourceFile* const file = files.find("shop/pkg/cart.go");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(file->lines.size(), 3U);
  EXPECT_EQ(file->lines[2], "func f() {}");
}

}  // namespace
}  // namespace holdfast::os
