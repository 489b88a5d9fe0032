#include "profile/call_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/call_graph.h"
#include "profile/profile_for_tests.h"

namespace holdfast::profile {
namespace {

using testing::ElementsAre;

// Functions a, b and c at locations 1, 2 and 3.
FilteredProfile profile_of(const std::vector<std::pair<std::vector<std::uint64_t>, std::int64_t>>& stacks) {
  ProfileWriter writer;
  writer.sample_type("inuse_space", "bytes");
  for (const char* name : {"a", "b", "c"}) {
    const std::uint64_t function = writer.function(name, "f.go");
    writer.location(function, function, {{function, 1}});
  }
  for (const auto& [stack, value] : stacks) writer.sample(stack, {value});
  return FilteredProfile(std::make_shared<const Profile>(writer.profile()));
}

// "a/b 3": paths from the top with what they have with all below them.
std::vector<std::string> paths(const CallTree& tree) {
  std::vector<std::string> names(tree.nodes.size()), out;
  const std::vector<std::int64_t> sums = values_below(tree);
  for (std::size_t i = 1; i < tree.nodes.size(); ++i) {
    names[i] = names[tree.nodes[i].parent] + "/" + tree.sites[tree.nodes[i].site].function;
    out.push_back(names[i] + " " + std::to_string(sums[i]));
  }
  return out;
}

TEST(CallTree, PutsEqualStacksIntoOnePath) {
  const std::vector<FilteredProfile> two = {profile_of({{{2, 1}, 3}, {{3, 1}, 4}}), profile_of({{{2, 1}, 10}})};
  const CallTree tree = call_tree(two, By::kFunction, 0, Combine::kSum);
  EXPECT_THAT(paths(part_of_tree(tree, 1, 1000, 10, 10)), ElementsAre("/a 17", "/a/b 13", "/a/c 4"));
}

TEST(CallTree, TakesTheFirstFromTheLastAndPartsWhatGrewFromWhatShrank) {
  const std::vector<FilteredProfile> two = {profile_of({{{2, 1}, 30}, {{3, 1}, 4}}),
                                            profile_of({{{2, 1}, 10}, {{3, 1}, 9}})};
  const CallTree tree = call_tree(two, By::kFunction, 0, Combine::kDifference);
  EXPECT_THAT(paths(part_of_tree(tree, 1, 1000, 10, 10)), ElementsAre("/a 5", "/a/c 5"));
  EXPECT_THAT(paths(part_of_tree(tree, -1, 1000, 10, 10)), ElementsAre("/a 20", "/a/b 20"));
}

TEST(CallTree, FoldsWhatIsSmallOrTooManyOrTooDeep) {
  const std::vector<FilteredProfile> one = {profile_of({{{1}, 100}, {{2}, 50}, {{3}, 1}, {{1, 2}, 7}})};
  const CallTree tree = call_tree(one, By::kFunction, 0, Combine::kSum);
  EXPECT_THAT(paths(part_of_tree(tree, 1, 10, 10, 10)),
              ElementsAre("/a 100", "/b 57", "/(smaller) 1", "/b/(smaller) 7"));
  EXPECT_THAT(paths(part_of_tree(tree, 1, 1000, 1, 10)), ElementsAre("/a 100", "/(smaller) 58"));
  EXPECT_THAT(paths(part_of_tree(tree, 1, 1000, 10, 1)), ElementsAre("/a 100", "/b 57", "/c 1", "/b/(smaller) 7"));
}

TEST(CallGraph, CountsEachSampleOnceOnAnEdgeAndNoCallOfItself) {
  // a calls b calls b calls a calls b, leaf first.
  const std::vector<FilteredProfile> one = {profile_of({{{2, 1, 2, 2, 1}, 10}, {{3, 1}, 1}})};
  const CallGraph graph = call_graph(one, By::kFunction, 0);
  std::vector<std::string> edges;
  for (const CallEdge& edge : graph.edges)
    edges.push_back(graph.sums.sites()[edge.caller].function + graph.sums.sites()[edge.callee].function +
                    std::to_string(edge.value));
  EXPECT_THAT(edges, testing::UnorderedElementsAre("ab10", "ba10", "ac1"));
}

}  // namespace
}  // namespace holdfast::profile
