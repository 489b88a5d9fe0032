#include "evidence/line_verdicts.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "evidence/elsewhere.h"
#include "evidence/line_table.h"
#include "graph/dominators.h"
#include "graph/reachability.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"
#include "profile/profile_for_tests.h"

namespace holdfast::evidence {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A program whose profiler records every object, so that all numbers are exact.
class Program {
 public:
  Program() {
    heap_.snapshot().profile.known = true;
    heap_.snapshot().profile.rate = 1;
    cache_ = heap_.root(RootKind::kGlobal, "main.cache");
    index_ = heap_.root(RootKind::kGlobal, "main.index");
  }

  HeapBuilder::Handle dead(std::string_view function) {
    const auto made = heap_.leaf(64);
    heap_.sample(made, {"runtime.mallocgc", function, "main.main"});
    return made;
  }
  void held_by_cache(std::string_view function) { heap_.refer(cache_, dead(function)); }
  void held_by_index(std::string_view function) { heap_.refer(index_, dead(function)); }

  // The n-th function that was named allocated and freed so many by the last collection.
  void record(std::uint32_t stack, std::uint64_t allocs, std::uint64_t frees) {
    records_.push_back({AllocationStackId(stack), 64, allocs, frees});
  }

  void switch_off() {
    heap_.snapshot().profile.switched_off = true;
    heap_.snapshot().profile.rate = 0;
  }

  LineVerdicts verdicts(const std::vector<const profile::Profile*>& others = {}) {
    snapshot_ = heap_.build();
    snapshot_.profile.records = records_;
    EXPECT_THAT(heap::problems(snapshot_), IsEmpty());
    const graph::Reachability reached = graph::reach(snapshot_);
    const graph::Dominators dominators = graph::dominators(snapshot_);
    const view::Groundwork groundwork(snapshot_, dominators);
    LineVerdicts out = line_verdicts(groundwork, reached);
    for (const profile::Profile* const other : others) put_beside(*other, "other.pb", groundwork, out);
    return out;
  }

 private:
  HeapBuilder heap_;
  heap::Snapshot snapshot_;
  RootId cache_, index_;
  std::vector<heap::ProfileRecord> records_;
};

TEST(LineVerdicts, SayWhatIsAliveAndWhoHasIt) {
  Program program;
  for (int i = 0; i < 3; ++i) program.held_by_cache("main.add");
  program.held_by_index("main.add");
  program.held_by_index("main.list");
  program.record(0, 10, 6);
  program.record(1, 1, 0);
  const LineVerdicts verdicts = program.verdicts();
  EXPECT_TRUE(verdicts.has_estimates);
  EXPECT_EQ(verdicts.all_alive.bytes.value, 5u * 64);
  EXPECT_EQ(verdicts.all_alive.bytes.value, verdicts.reached_bytes) << "every object was recorded";
  ASSERT_EQ(verdicts.lines.size(), 2u);
  const LineVerdict& add = verdicts.lines[0];
  EXPECT_EQ(add.place.function, "main.add");
  EXPECT_EQ(add.allocated.bytes, (heap::EstimatedNumber{640, 640, 640}));
  EXPECT_EQ(add.in_use.objects.value, 4u);
  EXPECT_EQ(add.alive.bytes, (heap::EstimatedNumber{256, 256, 256}));
  EXPECT_TRUE(add.differences.none());
  ASSERT_EQ(add.held.size(), 2u);
  EXPECT_EQ(add.held[0].who.full, "main.cache");
  EXPECT_EQ(add.held[0].bytes, 192u);
  EXPECT_DOUBLE_EQ(add.held[0].share, 0.75);
  EXPECT_EQ(add.held[1].who.full, "main.index");
  EXPECT_EQ(verdicts.lines[1].place.function, "main.list");
}

// The profile has four in use. Two of these are dead, and a third one was freed; one is not in it yet.
TEST(LineVerdicts, NameEachDifferenceOfProfileAndGraph) {
  Program program;
  program.held_by_cache("main.add");
  program.dead("main.add");
  program.dead("main.add");
  program.held_by_cache("main.later");
  program.record(0, 9, 5);
  const LineVerdicts verdicts = program.verdicts();
  ASSERT_EQ(verdicts.lines.size(), 2u);
  const auto of = [&](std::string_view function) -> const LineVerdict& {
    return *std::ranges::find(verdicts.lines, function, [](const LineVerdict& line) { return line.place.function; });
  };
  EXPECT_EQ(of("main.add").differences.dead, 2u);
  EXPECT_EQ(of("main.add").differences.freed, 1u);
  EXPECT_EQ(of("main.add").differences.newer, 0u);
  EXPECT_EQ(agreement_word(of("main.add").differences), "dead, freed");
  EXPECT_EQ(of("main.later").differences.newer, 1u);
  EXPECT_EQ(of("main.later").allocated.objects.value, 1u) << "it was allocated, whatever the profile knows yet";
  EXPECT_EQ(agreement_word(of("main.later").differences), "newer");
  EXPECT_THAT(sentences_of(of("main.add"), verdicts),
              ElementsAre(HasSubstr("held by main.cache"), HasSubstr("has freed them: 2 objects"),
                          HasSubstr("freed already, and in the profile until the next collection: 1 object")));
}

profile::Profile elsewhere(const std::string& function, std::int64_t objects) {
  profile::ProfileWriter writer;
  for (const char* type : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"})
    writer.sample_type(type, std::string_view(type).ends_with("space") ? "bytes" : "count");
  writer.period("space", "bytes", 1);
  writer.location(1, 0x1000, {{writer.function(function, ""), 0}});
  writer.sample({1}, {objects, objects * 64, objects, objects * 64}, 64);
  return writer.profile();
}

TEST(LineVerdicts, PutAProfileFromElsewhereBeside) {
  for (const auto& [objects, fits] : {std::pair(2, true), std::pair(7, false)}) {
    Program program;
    program.held_by_cache("main.add");
    program.held_by_cache("main.add");
    program.record(0, 2, 0);
    const profile::Profile other = elsewhere("main.add", objects);
    const LineVerdicts verdicts = program.verdicts({&other});
    ASSERT_EQ(verdicts.lines.size(), 1u);
    ASSERT_TRUE(verdicts.lines[0].elsewhere);
    EXPECT_EQ(verdicts.lines[0].elsewhere->in_use.objects.value, static_cast<std::uint64_t>(objects));
    EXPECT_EQ(verdicts.lines[0].elsewhere->fits, fits);
  }
}

TEST(LineVerdicts, SeveralProfilesAreASeries) {
  Program program;
  program.held_by_cache("main.add");
  program.record(0, 1, 0);
  const profile::Profile first = elsewhere("main.add", 3), second = elsewhere("main.add", 5),
                         third = elsewhere("main.add", 9), gone = elsewhere("main.gone", 2);
  const LineVerdicts verdicts = program.verdicts({&gone, &first, &second, &third});
  ASSERT_EQ(verdicts.lines.size(), 2u);
  ASSERT_TRUE(verdicts.lines[0].elsewhere);
  const ProfiledElsewhere& add = *verdicts.lines[0].elsewhere;
  EXPECT_EQ(add.in_use.objects.value, 9u);
  ASSERT_EQ(add.earlier.size(), 3u);
  EXPECT_EQ(add.earlier[0].objects.value, 0u) << "the first profile does not have the line";
  EXPECT_EQ(add.earlier[2].objects.value, 5u);
  EXPECT_THAT(sentences_of(verdicts.lines[0], verdicts),
              testing::Contains(HasSubstr("in use by the 4 profiles in turn: 0 B, 192 B, 320 B, 576 B: it rises")));
  ASSERT_TRUE(verdicts.lines[1].elsewhere);
  EXPECT_EQ(verdicts.lines[1].elsewhere->in_use.samples, 0u) << "the last one does not have it";
  EXPECT_EQ(verdicts.lines[1].elsewhere->earlier.size(), 3u);
}

TEST(LineVerdicts, KeepLinesThatOnlyTheOtherProfileHas) {
  Program program;
  program.held_by_cache("main.add");
  program.record(0, 1, 0);
  const profile::Profile other = elsewhere("main.gone", 3);
  const LineVerdicts verdicts = program.verdicts({&other});
  ASSERT_EQ(verdicts.lines.size(), 2u);
  EXPECT_FALSE(verdicts.lines[0].elsewhere);
  EXPECT_EQ(verdicts.lines[1].place.function, "main.gone");
  EXPECT_EQ(verdicts.lines[1].alive.samples, 0u);
}

TEST(LineVerdicts, SayWhyThereAreNone) {
  Program program;
  program.held_by_cache("runtime.init");  // recorded before the program set its rate
  program.record(0, 1, 0);
  program.switch_off();
  EXPECT_THAT([&] { program.verdicts(); },
              testing::ThrowsMessage<Error>(HasSubstr("no code of the program reads it, so the linker has switched")));
}

TEST(LineVerdicts, RefuseAProfileOfSomethingElse) {
  Program program;
  program.held_by_cache("main.add");
  program.record(0, 1, 0);
  profile::ProfileWriter writer;
  writer.sample_type("goroutine", "count");
  const profile::Profile other = writer.profile();
  EXPECT_THROW(program.verdicts({&other}), Error);
}

}  // namespace
}  // namespace holdfast::evidence
