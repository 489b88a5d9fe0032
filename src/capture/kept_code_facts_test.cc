#include "capture/kept_code_facts.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "go/type_image_for_tests.h"

namespace holdfast::capture {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::byte kOne{1}, kTwo{2};

class KeptCodeFactsTest : public testing::Test {
 protected:
  KeptCodeFactsTest() {
    std::string name = (fs::temp_directory_path() / "holdfast-kept-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  KeptCodeFacts open(const std::string& build_id = "build") {
    return {image_.runtime(), build_id, os::PrivateCache::open(folder_)};
  }

  go::TypeImage image_{26};
  fs::path folder_;
};

TEST_F(KeptCodeFactsTest, AreThereInTheNextRunOnTheSameProgram) {
  KeptCodeFacts first = open();
  EXPECT_THAT(first.bytes(), IsEmpty());
  first.keep({kOne, kTwo});
  EXPECT_THAT(first.bytes(), ElementsAre(kOne, kTwo));
  EXPECT_THAT(open().bytes(), ElementsAre(kOne, kTwo));
}

TEST_F(KeptCodeFactsTest, StayWhenNothingNewWasLearnt) {
  open().keep({kOne});
  open().keep({});
  EXPECT_THAT(open().bytes(), ElementsAre(kOne));
}

TEST_F(KeptCodeFactsTest, AreNotThoseOfAnotherProgram) {
  open().keep({kOne});
  EXPECT_THAT(open("another build").bytes(), IsEmpty());
  image_.modules[0].etext += 16;
  EXPECT_THAT(open().bytes(), IsEmpty()) << "other code with the same build id";
}

TEST_F(KeptCodeFactsTest, AreNotKeptForAProgramThatCannotBeTold) {
  open("").keep({kOne});
  EXPECT_THAT(open("").bytes(), IsEmpty());
}

TEST_F(KeptCodeFactsTest, AreNotKeptWithoutACache) {
  KeptCodeFacts facts(image_.runtime(), "build", std::nullopt);
  facts.keep({kOne});
  EXPECT_THAT(facts.bytes(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::capture
