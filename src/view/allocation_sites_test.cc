#include "view/allocation_sites.h"

#include <gmock/gmock.h>

#include <random>

#include "graph/audit.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"
#include "view/report.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::IsEmpty;

// Takes what sampling at the rate would have taken; 1 takes everything.
class Sampler {
 public:
  Sampler(HeapBuilder& heap, std::uint64_t rate, std::uint64_t seed = 7) : heap_(heap), rate_(rate), random_(seed) {
    heap.snapshot().profile.known = true;
    heap.snapshot().profile.rate = rate;
  }
  HeapBuilder::Handle leaf(std::uint64_t size, std::string_view place, TypeId type = {}) {
    return sampled(heap_.leaf(size, type), size, place);
  }
  HeapBuilder::Handle object(std::uint64_t size, std::string_view place, TypeId type = {}) {
    return sampled(heap_.object(size, type), size, place);
  }

 private:
  HeapBuilder::Handle sampled(HeapBuilder::Handle made, std::uint64_t size, std::string_view place) {
    if (std::uniform_real_distribution<double>()(random_) < heap::sampling_probability(size, rate_))
      heap_.sample(made, {"runtime.mallocgc", place, "main.main"});
    return made;
  }

  HeapBuilder& heap_;
  std::uint64_t rate_;
  std::mt19937_64 random_;
};

Report report_of(const heap::Snapshot& snapshot) {
  EXPECT_THAT(heap::problems(snapshot), IsEmpty());
  const auto reached = graph::reach(snapshot);
  const auto dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  return make_report(groundwork, reached, graph::audit(snapshot, reached));
}

std::uint64_t bytes_of(const std::optional<AllocationSites>& sites) {
  EXPECT_TRUE(sites && sites->estimate);
  return sites && sites->estimate ? sites->estimate->bytes.value : 0;
}

// Where every object is sampled, the samples of a holder, of a type and of what goroutines hold must be all of its
// bytes: so each object is joined to the right ones.
TEST(AllocationSites, OfEverythingAreAllOfIt) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    Sampler sampler(heap, 1);
    std::vector<TypeId> types(1);
    for (int t = 0; t < 4; ++t) types.push_back(heap.structure(fmt::format("main.T{}", t), 64, {{"f", {}, 0}}));
    std::vector<HeapBuilder::Handle> all;
    for (std::uint64_t i = 0; i < 20 + random() % 300; ++i) {
      const TypeId type = types[random() % types.size()];
      all.push_back(random() % 3 == 0 ? sampler.leaf(64 + random() % 3 * 8, "main.leaf", type)
                                      : sampler.object(64, "main.object", type));
    }
    for (std::size_t i = 1; i < all.size(); ++i) {
      const HeapBuilder::Handle from = all[random() % i];
      if (from.has_pointers) heap.edge(from, random() % 8 * 8, all[i]);
    }
    const RootId place = heap.group(WaitReason::kChanSend, "main.work", "/src/pool.go", 17);
    for (std::uint64_t r = 0; r < 8; ++r) {
      const RootId goroutine = heap.root(RootKind::kGoroutine, "", r % 2 == 0 ? place : RootId());
      heap.goroutine(r + 1, heap::GoroutineState::kWaiting, WaitReason::kChanSend, goroutine, {"main.work"});
      const RootId frame = heap.root(RootKind::kFrame, "main.work", goroutine);
      heap.refer(r < 4 ? frame : heap.root(RootKind::kGlobal, fmt::format("main.g{}", r)), all[random() % all.size()]);
    }
    const Report report = report_of(heap.build());
    for (const Holder& holder : report.holders)
      EXPECT_EQ(bytes_of(holder.allocated_at), holder.bytes) << seed << " " << holder.what.full;
    for (const TypeTotals& row : report.types) EXPECT_EQ(bytes_of(row.allocated_at), row.bytes) << seed << row.type;
    for (const GoroutineRow& row : report.goroutines) EXPECT_EQ(bytes_of(row.allocated_at), row.retained_bytes) << seed;
    EXPECT_FALSE(report.profile.rate_has_changed);
  }
}

// Twenty lists under twenty variables, each of a size of its own.
Report report_of_lists(std::uint64_t seed, std::uint64_t rate) {
  HeapBuilder heap;
  Sampler sampler(heap, rate, seed);
  for (int v = 0; v < 20; ++v) {
    const std::string name = fmt::format("main.list{}", v);
    const RootId root = heap.root(RootKind::kGlobal, name);
    const std::uint64_t size = 32 * (static_cast<std::uint64_t>(v) + 1);
    const TypeId type = heap.structure(fmt::format("main.T{}", v), size, {{"next", {}, 0}});
    HeapBuilder::Handle last = sampler.object(size, name, type);
    heap.refer(root, last);
    for (int i = 0; i < 5 * (v + 1); ++i) {
      const auto next = sampler.object(size, name, type);
      heap.edge(last, 0, next);
      last = next;
    }
  }
  return report_of(heap.build());
}

TEST(AllocationSites, EstimateWhatTheGraphKnows) {
  std::uint64_t rows = 0, missed = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Report report = report_of_lists(seed, 1024);
    EXPECT_FALSE(report.profile.rate_has_changed) << report.profile.sampled << " " << report.profile.expected;
    for (const TypeTotals& row : report.types) {
      const heap::EstimatedNumber& bytes = row.allocated_at->estimate->bytes;
      ++rows;
      missed += row.bytes < bytes.least || row.bytes > bytes.most;
    }
  }
  EXPECT_EQ(rows, 800U);
  EXPECT_LE(missed, 60U) << "5 % are 40; six of a thousand of such draws miss more";
}

TEST(AllocationSites, AllPlacesAddUpToTheHeap) {
  HeapBuilder heap;
  Sampler sampler(heap, 1);
  const RootId root = heap.root(RootKind::kGlobal, "main.all");
  constexpr int kPlaces = 9;  // more than a list for people has
  for (int place = 0; place < kPlaces; ++place)
    for (int i = 0; i <= place; ++i)
      heap.refer(root, sampler.leaf(64, "main.make" + std::to_string(place)), static_cast<std::uint32_t>(i * 8));
  const auto of_runtime = heap.leaf(128), lost = heap.leaf(64);
  heap.refer(root, of_runtime, 800);
  heap.sample(of_runtime, {"runtime.mallocgc", "runtime.doInit"});
  heap.sample(lost, {"runtime.mallocgc", "main.lost", "main.main"});
  const heap::Snapshot snapshot = heap.build();
  const auto dominators = graph::dominators(snapshot);
  const heap::ObjectIndex index(snapshot);
  const Names names(snapshot, index);
  const AllocationSamples samples(names, dominators.columns().sizes);
  const auto places = samples.places([&](ObjectId object) { return dominators.reachable(object); });
  ASSERT_TRUE(places);
  std::uint64_t bytes = 0;
  for (const AllocationPlace& place : places->places) {
    bytes += place.estimate->bytes.value;
    EXPECT_NE(place.place.function, "main.lost");
    EXPECT_TRUE(!place.place.empty() || place.estimate->bytes.value == 128U);
  }
  EXPECT_EQ(places->places.size(), kPlaces + 1U);
  EXPECT_EQ(bytes, dominators.retained_bytes(graph::NodeId::super_root()));
}

TEST(AllocationSites, OfThingsWithoutASampleHaveABound) {
  HeapBuilder heap;
  Sampler sampler(heap, 512 << 10);
  heap.refer(heap.root(RootKind::kGlobal, "main.one"), heap.leaf(64));
  const Report report = report_of(heap.build());
  const auto& sites = report.holders[0].allocated_at;
  ASSERT_TRUE(sites.has_value());
  EXPECT_EQ(sites->sampled, 0U);
  EXPECT_EQ(sites->agreed(), nullptr);
  EXPECT_EQ(sites->estimate->bytes.value, 0U);
  EXPECT_NEAR(static_cast<double>(sites->estimate->bytes.most), 3.6889 * (512 << 10), 100);
}

TEST(AllocationSites, EstimateNothingIfTheRateHasChanged) {
  HeapBuilder heap;
  Sampler sampler(heap, 4096);
  const auto list = sampler.leaf(1 << 20, "main.large");
  heap.refer(heap.root(RootKind::kGlobal, "main.list"), list);
  for (int i = 0; i < 10000; ++i) heap.leaf(64);  // allocated before the program chose this rate
  const Report report = report_of(heap.build());
  EXPECT_TRUE(report.profile.rate_has_changed);
  EXPECT_EQ(report.profile.sampled, 1U);
  EXPECT_EQ(report.profile.expected, 156U);
  ASSERT_TRUE(report.holders[0].allocated_at.has_value());
  EXPECT_FALSE(report.holders[0].allocated_at->estimate.has_value());
  EXPECT_EQ(report.holders[0].allocated_at->places[0].place.function, "main.large");
}

TEST(AllocationSites, SayNothingIfTheProfilerIsOff) {
  HeapBuilder heap;
  Sampler sampler(heap, 0);
  heap.refer(heap.root(RootKind::kGlobal, "main.list"), sampler.leaf(1 << 20, "main.large"));
  const Report report = report_of(heap.build());
  EXPECT_FALSE(report.holders[0].allocated_at.has_value());
  EXPECT_FALSE(report.types[0].allocated_at.has_value());
  EXPECT_FALSE(report.profile.rate_has_changed);
}

TEST(AllocationSites, KeepOfVeryManySamplesWhatAHigherRateWouldHave) {
  constexpr std::uint32_t kSmall = 100'000, kLarge = 20;
  HeapBuilder heap;
  Sampler sampler(heap, 1);
  for (std::uint32_t i = 0; i < kSmall; ++i) heap.leaf(16);
  for (std::uint32_t i = 1; i < kLarge; ++i) heap.leaf(1 << 20);
  sampler.leaf(1 << 20, "main.large");
  heap::Snapshot snapshot = heap.build();
  snapshot.sampled.clear();
  for (std::uint32_t i = 0; i < kSmall + kLarge; ++i) snapshot.sampled.push_back({ObjectId(i), AllocationStackId(0)});
  const heap::ObjectIndex index(snapshot);
  const Names names(snapshot, index);
  const graph::ObjectSizes sizes(snapshot);
  const AllocationSamples samples(names, sizes);
  EXPECT_EQ(samples.facts().sampled, kSmall + kLarge);
  EXPECT_FALSE(samples.facts().rate_has_changed);
  const auto groups = samples.by_group(2, [&](ObjectId object) { return sizes.size_of(object) > 16 ? 1U : 0U; });
  EXPECT_EQ(groups[1]->sampled, kLarge) << "large ones stay";
  EXPECT_LT(groups[0]->sampled, 70'000U);
  const heap::EstimatedNumber& bytes = groups[0]->estimate->bytes;
  EXPECT_LE(bytes.least, kSmall * 16U);
  EXPECT_GE(bytes.most, kSmall * 16U);
  EXPECT_LT(bytes.most - bytes.least, kSmall * 16U / 50) << "as good as the samples allow";
}

}  // namespace
}  // namespace holdfast::view
