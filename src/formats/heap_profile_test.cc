#include "formats/heap_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "formats/gunzip_for_tests.h"
#include "formats/gzip.h"
#include "formats/proto_writer.h"
#include "heap/sample_for_tests.h"

namespace holdfast::formats {
namespace {

using heap::testing::one_of_everything;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(const heap::Snapshot& snapshot) {
  try {
    heap_profile_pprof(snapshot);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    return error.what();
  }
  return "no refusal";
}

TEST(ProtoWriter, WritesWhatTheSpecificationShows) {
  ProtoWriter writer;
  writer.integer(1, 150);
  writer.integer(2, 0);
  writer.bytes(2, "testing");
  writer.packed(6, {3, 270, 86942});
  writer.entry(3, "");
  EXPECT_EQ(writer.text(), std::string("\x08\x96\x01\x12\x07testing\x32\x06\x03\x8e\x02\x9e\xa7\x05\x1a\x00", 22));
}

TEST(HeapProfile, EstimatesAsTheRuntimeDoes) {
  using Numbers = std::pair<std::uint64_t, std::uint64_t>;
  // Figures of scaleHeapSample of runtime/pprof.
  EXPECT_EQ(estimate(1, 512 << 10, 512 << 10), Numbers(1, 829411));
  EXPECT_EQ(estimate(3, 3 * 64, 4096), Numbers(193, 12384));
  EXPECT_EQ(estimate(7, 7 << 20, 1), Numbers(7, 7 << 20)) << "every object was sampled";
  EXPECT_EQ(estimate(0, 0, 4096), Numbers(0, 0));
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(estimate(~std::uint64_t{0}, 8, ~std::uint64_t{0}), Numbers(kMost, kMost)) << "damaged, and still a number";
}

TEST(HeapProfile, TextHasTheSamplesAsTheyAreTheLargestInUseFirst) {
  heap::Snapshot s = one_of_everything();
  s.frames[s.allocation_stacks[1].first_frame].pc = Address(0x401234);
  s.frames[s.allocation_stacks[1].first_frame + 1].pc = Address(0x405678);
  const std::string text = heap_profile_text(s);
  EXPECT_THAT(text, StartsWith("heap profile: 6: 144 [8: 192] @ heap/1048576\n"
                               "5: 120 [7: 168] @ 0x401234 0x405678\n"
                               "#\t0x401233\tmain.add\t"));
  EXPECT_LT(text.find("5: 120 ["), text.find("1: 24 ["));
}

TEST(HeapProfile, IsTheSameEveryTimeAndHoldsTheNames) {
  heap::Snapshot s = one_of_everything();
  std::uint64_t pc = 0x401000;
  for (heap::Frame& frame : s.frames) frame.pc = Address(pc += 16);
  const std::string profile = heap_profile_pprof(s);
  EXPECT_EQ(profile, heap_profile_pprof(s));
  const std::string message = gunzip(profile);
  for (const char* text : {"alloc_objects", "inuse_space", "main.add", "main.main", "/usr/bin/checkout", "abcdef"})
    EXPECT_THAT(message, HasSubstr(text));
}

TEST(HeapProfile, AsTreesHasEachSampleBelowItsCallers) {
  heap::Snapshot s = one_of_everything();
  s.profile.rate = 1;  // every object was sampled
  const AllocationTrees trees = allocation_trees(s);
  EXPECT_EQ(std::pair(trees.in_use.objects, trees.in_use.bytes), std::pair(std::uint64_t{6}, std::uint64_t{144}));
  EXPECT_EQ(std::pair(trees.allocated.objects, trees.allocated.bytes), std::pair(std::uint64_t{8}, std::uint64_t{192}));
  std::vector<std::string> rows;
  for (const view::HeldNode& node : trees.in_use.nodes) {
    if (node.bytes == 0) continue;
    std::string row = fmt::format("{} B", node.bytes);
    for (const view::HeldNode* at = &node; at != &trees.in_use.nodes[0]; at = &trees.in_use.nodes[at->parent])
      row = trees.in_use.frames[at->frame].name + " " + row;
    rows.push_back(row);
  }
  EXPECT_THAT(rows, testing::Contains("main.main main.add 120 B"));
  EXPECT_EQ(trees.allocated.frames.size(), trees.in_use.frames.size());
}

TEST(HeapProfile, SaysWhyThereIsNone) {
  heap::Snapshot s = one_of_everything();
  s.profile.records.clear();
  EXPECT_THAT(refusal(s), HasSubstr("no object was sampled yet: the profiler takes one for each 524288 bytes"));
  s.profile.rate = 0;
  EXPECT_THAT(refusal(s), HasSubstr("runtime.MemProfileRate is 0"));
  s.profile.switched_off = true;
  EXPECT_THAT(refusal(s), HasSubstr("the linker has switched the profiler off"));
  s.profile = {};
  EXPECT_THAT(refusal(s), HasSubstr("was not found"));
}

}  // namespace
}  // namespace holdfast::formats
