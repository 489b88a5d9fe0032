#include "formats/held_profile.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "formats/gunzip_for_tests.h"
#include "formats/speedscope.h"

namespace holdfast::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// main.all (nothing of its own) has 2 nodes of 32 bytes, which have 100 bytes of text and something folded.
view::HeldTree tree() {
  view::HeldTree tree;
  tree.frames = {{view::HeldKind::kOwner, "main.all", "main.all", "", "", 0},
                 {view::HeldKind::kThing, "main.all.first app.node", "main.all.first example.com/app.node",
                  "example.com/app.node", "", 0},
                 {view::HeldKind::kThing, "[]uint8 \"x\"", "[]uint8 \"x\"", "[]uint8", "/src/a.go", 7},
                 {view::HeldKind::kSmaller, "(smaller)", "(smaller)", "", "", 0}};
  tree.nodes = {{0, 0, 0, 0}, {0, 0, 0, 0}, {1, 1, 64, 2}, {2, 2, 100, 1}, {2, 3, 8, 1}};
  tree.bytes = 172;
  tree.objects = 4;
  tree.folded_nodes = 3;
  tree.folded_bytes = 8;
  return tree;
}

TEST(HeldProfile, SaysWhatTheTreeSays) {
  heap::Snapshot snapshot;
  snapshot.target.exe = "/bin/app";
  const std::string profile = gunzip(held_profile(snapshot, tree()));
  for (const char* text : {"inuse_space", "/bin/app", "type:main.all.first example.com/app.node", "owner:main.all",
                           "folded:(smaller)", "8 B in 3 small places is not told apart"})
    EXPECT_THAT(profile, HasSubstr(text));
}

// Numbers of locations and functions count from 1 in the order of the file: the innermost frame of the first sample
// is the first.
TEST(HeldProfile, NumbersFramesInTheOrderOfTheFile) {
  const std::string profile = gunzip(held_profile({}, tree()));
  const std::size_t first = profile.find("\x22\x08\x08\x01\x10\x01\x22\x02\x08\x01");
  const std::size_t second = profile.find("\x22\x08\x08\x02\x10\x01\x22\x02\x08\x02");
  EXPECT_NE(first, std::string::npos);
  EXPECT_LT(first, second);
  EXPECT_THAT(profile, HasSubstr(std::string("\x0a\x02\x01\x02\x12\x02\x02\x40", 8))) << "2 objects, 64 bytes";
}

TEST(Speedscope, HasStacksFromTheOwnerOnWithTheirWeights) {
  std::string text;
  Stream out([&](std::string_view bytes) { text += bytes; });
  const view::HeldTree held = tree();
  const SpeedscopePart part = {"app by paths", &held};
  write_speedscope("app by paths", std::span(&part, 1), out);
  out.flush();
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["shared"]["frames"][2],
            nlohmann::json({{"name", "[]uint8 \"x\""}, {"file", "/src/a.go"}, {"line", 7}}));
  ASSERT_EQ(json["profiles"].size(), 2U);
  const auto& bytes = json["profiles"][0];
  EXPECT_EQ(bytes["endValue"], 172);
  EXPECT_EQ(bytes["unit"], "bytes");
  EXPECT_EQ(bytes["samples"], nlohmann::json::parse("[[0,1],[0,1,2],[0,1,3]]"));
  EXPECT_EQ(bytes["weights"], nlohmann::json::parse("[64,100,8]"));
  EXPECT_EQ(json["profiles"][1]["weights"], nlohmann::json::parse("[2,1,1]"));
}

}  // namespace
}  // namespace holdfast::formats
