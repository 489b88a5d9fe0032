#include "detect/weigh.h"

#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using view::Confidence;
using view::Finding;

constexpr Detector kOne = {
    .facts = {.id = "first", .family = {}, .looks_for = {}, .needs = {}, .thresholds = {}, .change = {}},
    .run = nullptr};
constexpr Detector kOther = {
    .facts = {.id = "second", .family = {}, .looks_for = {}, .needs = {}, .thresholds = {}, .change = {}},
    .run = nullptr};

// A variable with a map-like object that has `count` leaves of a size; a second variable has the first `shared` too.
struct World {
  heap::Snapshot snapshot;
  RootId variable, other;
  ObjectId top;
  std::vector<ObjectId> leaves;
};

World make_world(int count, int shared) {
  HeapBuilder heap;
  World world;
  world.variable = heap.root(RootKind::kGlobal, "main.cache");
  world.other = heap.root(RootKind::kGlobal, "main.other");
  const auto top = heap.object(1024);
  heap.refer(world.variable, top);
  std::vector<HeapBuilder::Handle> leaves;
  for (int i = 0; i < count; ++i) {
    leaves.push_back(heap.leaf(1 << 20));
    heap.edge(top, 8 * static_cast<std::uint64_t>(i), leaves.back());
    if (i < shared) heap.refer(world.other, leaves.back());
  }
  world.snapshot = heap.build();
  world.top = heap.id(top);
  for (const auto leaf : leaves) world.leaves.push_back(heap.id(leaf));
  return world;
}

std::vector<Finding> weighed(const World& world, std::vector<Suspicion> suspicions) {
  const auto dominators = graph::dominators(world.snapshot);
  const view::Groundwork groundwork(world.snapshot, dominators);
  view::PlaceFinder places(groundwork);
  HeadedArrays arrays(world.snapshot, groundwork.names(), dominators, 1 << 20);
  const view::Report report;
  return weigh({.groundwork = groundwork,
                .names = groundwork.names(),
                .snapshot = world.snapshot,
                .dominators = dominators,
                .report = report,
                .places = places,
                .arrays = arrays,
                .live = 0,
                .smallest = 1 << 20},
               std::move(suspicions));
}

Suspicion& add(std::vector<Suspicion>& out, const Detector& detector, Confidence confidence,
               std::vector<graph::NodeId> nodes) {
  Suspicion& suspicion = suspect(out, detector, {"", {}}, confidence);
  suspicion.removal.nodes = std::move(nodes);
  return suspicion;
}

std::vector<std::string> ids(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const Finding& finding : findings) out.push_back(finding.id);
  return out;
}

TEST(Weigh, CountsWhatMendingFreesAndWhatOthersKeep) {
  const World world = make_world(10, 4);
  std::vector<Suspicion> suspicions;
  Suspicion& suspicion = add(suspicions, kOne, Confidence::kStrong, {world.variable});
  suspicion.needed = 1 << 20;
  suspicion.beyond = 512;
  const std::vector<Finding> found = weighed(world, std::move(suspicions));
  ASSERT_THAT(ids(found), ElementsAre("first"));
  EXPECT_EQ(found[0].exclusive_bytes, 1024 + (std::uint64_t{5} << 20));
  EXPECT_EQ(found[0].bytes, found[0].exclusive_bytes + 512);
  EXPECT_EQ(found[0].shared_bytes, std::uint64_t{4} << 20);
}

TEST(Weigh, RanksByWhatMendingFreesAndPossibleOnesLast) {
  const World world = make_world(10, 4);
  std::vector<Suspicion> suspicions;
  add(suspicions, kOne, Confidence::kStrong, {world.leaves[9]}).finding.bytes = 100 << 20;
  add(suspicions, kOther, Confidence::kStrong, {world.leaves[7], world.leaves[8]});
  add(suspicions, kOne, Confidence::kPossible, {world.leaves[4], world.leaves[5], world.leaves[6]});
  const std::vector<Finding> found = weighed(world, std::move(suspicions));
  EXPECT_THAT(ids(found), ElementsAre("second", "first", "first"));
  EXPECT_EQ(found[2].bytes, std::uint64_t{3} << 20);
}

TEST(Weigh, FoldsWhatSaysThatSomethingGathersIntoWhatSaysWhy) {
  const World world = make_world(40, 0);
  std::vector<Suspicion> suspicions;
  add(suspicions, kOne, Confidence::kPossible, {world.top}).is_general = true;
  const std::vector<graph::NodeId> nearly(world.leaves.begin() + 1, world.leaves.end());
  add(suspicions, kOther, Confidence::kPossible, nearly);
  std::vector<Finding> found = weighed(world, suspicions);
  ASSERT_THAT(ids(found), ElementsAre("second"));
  ASSERT_EQ(found[0].folded.size(), 1U);
  suspicions[1].is_general = true;
  found = weighed(world, suspicions);
  EXPECT_THAT(ids(found), ElementsAre("first")) << "neither says why";
}

TEST(Weigh, FoldsWhatABetterOneExplains) {
  const World world = make_world(10, 0);
  std::vector<Suspicion> suspicions;
  add(suspicions, kOne, Confidence::kStrong, {world.top});
  add(suspicions, kOther, Confidence::kStrong, {world.leaves[0], world.leaves[1]});
  Suspicion& part = suspect(suspicions, kOther, {"", {}}, Confidence::kStrong);
  part.about = {world.leaves[2]};
  part.finding.bytes = 1 << 20;
  const std::vector<Finding> found = weighed(world, std::move(suspicions));
  ASSERT_THAT(ids(found), ElementsAre("first"));
  ASSERT_EQ(found[0].folded.size(), 2U);
  EXPECT_EQ(found[0].folded[0].bytes, std::uint64_t{2} << 20);
  EXPECT_EQ(found[0].folded[1].bytes, std::uint64_t{1} << 20);
}

TEST(Weigh, PrefersTheSurerOfTwoThatFreeTheSame) {
  const World world = make_world(10, 0);
  std::vector<Suspicion> suspicions;
  add(suspicions, kOne, Confidence::kStrong, {world.variable});
  add(suspicions, kOther, Confidence::kProven, {world.top});
  const std::vector<Finding> found = weighed(world, std::move(suspicions));
  ASSERT_THAT(ids(found), ElementsAre("second"));
  EXPECT_EQ(found[0].folded.size(), 1U);
}

TEST(Weigh, LeavesOutWhatIsPossibleAndSmall) {
  const World world = make_world(1, 1);
  std::vector<Suspicion> suspicions;
  add(suspicions, kOne, Confidence::kPossible, {world.top});
  EXPECT_THAT(weighed(world, suspicions), IsEmpty());
  suspicions[0].finding.confidence = Confidence::kStrong;
  EXPECT_THAT(ids(weighed(world, suspicions)), ElementsAre("first"));
}

TEST(Weigh, KeepsTheEstimatesOfMoreThanItCanAskFor) {
  const World world = make_world(100, 0);
  std::vector<Suspicion> suspicions;
  for (std::size_t i = 0; i < world.leaves.size(); ++i)
    add(suspicions, kOne, Confidence::kStrong, {world.leaves[i]}).finding.bytes = 1000 - i;
  const std::vector<Finding> found = weighed(world, std::move(suspicions));
  ASSERT_EQ(found.size(), 100U);
  EXPECT_EQ(found[63].bytes, std::uint64_t{1} << 20);
  EXPECT_EQ(found[64].bytes, 1000U - 64);
}

TEST(MarkExplained, MarksHoldersWhoseChainAFindingPoints) {
  const World world = make_world(2, 0);
  std::vector<Finding> findings(1);
  findings[0].fingerprint = "f";
  findings[0].confidence = Confidence::kStrong;
  findings[0].chain.emplace_back().node = world.top;
  std::vector<view::Holder> holders(2);
  holders[0].chain.emplace_back().node = world.variable;
  holders[0].chain.emplace_back().node = world.top;
  holders[1].chain.emplace_back().node = world.other;
  mark_explained(findings, holders);
  EXPECT_EQ(holders[0].explained_by, "f");
  EXPECT_EQ(holders[1].explained_by, "");
}

TEST(Weigh, PutsWhatOthersWaitForBeforeThese) {
  const World world = make_world(8, 0);
  std::vector<Suspicion> all;
  add(all, kOne, Confidence::kProven, {world.leaves[0], world.leaves[1], world.leaves[2]});
  add(all, kOther, Confidence::kProven, {world.leaves[3], world.leaves[4]});
  Finding& cause = add(all, kOther, Confidence::kProven, {world.leaves[5]}).finding;
  cause.fingerprint = "cause";
  all[0].finding.waits_for = "cause";
  all[1].finding.waits_for = "somebody who is not told";
  const std::vector<Finding> findings = weighed(world, std::move(all));
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].fingerprint, "cause");
  EXPECT_EQ(findings[1].bytes, 3U << 20);
  EXPECT_EQ(findings[2].bytes, 2U << 20);
}

TEST(Weigh, PutsTheCauseOfACauseFirstOfAll) {
  const World world = make_world(8, 0);
  std::vector<Suspicion> all;
  add(all, kOne, Confidence::kProven, {world.leaves[0], world.leaves[1], world.leaves[2]}).finding.fingerprint = "a";
  add(all, kOther, Confidence::kProven, {world.leaves[3], world.leaves[4]}).finding.fingerprint = "b";
  add(all, kOther, Confidence::kProven, {world.leaves[5]}).finding.fingerprint = "c";
  all[0].finding.waits_for = "b";
  all[1].finding.waits_for = "c";
  const auto names = [&](std::vector<Suspicion> suspicions) {
    std::string out;
    for (const Finding& each : weighed(world, std::move(suspicions))) out += each.fingerprint;
    return out;
  };
  EXPECT_EQ(names(all), "cba");
  all[2].finding.waits_for = "a";  // nobody is first
  EXPECT_EQ(names(all).size(), 3U);
}

// What holds nothing but stacks is the same if the same goes.
TEST(Weigh, FoldsWhatFreesNothingByWhatGoes) {
  World world = make_world(1, 0);
  world.snapshot.roots[world.other.row].target_count = 0;
  std::vector<Suspicion> all;
  for (const Detector* detector : {&kOne, &kOther}) {
    Suspicion& suspicion = add(all, *detector, Confidence::kProven, {world.other});
    suspicion.is_general = detector == &kOne;
    suspicion.beyond = 2 << 20;
  }
  const std::vector<Finding> findings = weighed(world, std::move(all));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "second");
  ASSERT_EQ(findings[0].folded.size(), 1U);
  EXPECT_EQ(findings[0].folded[0].id, "first");
}

}  // namespace
}  // namespace holdfast::detect
