#include "view/why.h"

#include <gmock/gmock.h>

#include "graph/dominators.h"
#include "graph/reachability.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A registry with a list of sessions, one of which a cache has, too; one session is garbage.
class WhyTest : public testing::Test {
 protected:
  WhyTest() {
    session_ = heap_.structure("example.com/shop/main.Session", 64, {{"next", {}, 0}, {"user", {}, 8}});
    const TypeId user = heap_.structure("main.User", 32, {});
    const TypeId registry = heap_.structure("main.Registry", 32, {{"first", {}, 0}, {"other", {}, 8}});
    const auto top = heap_.object(32, registry);
    a_ = heap_.object(64, session_), b_ = heap_.object(64, session_), lost_ = heap_.object(64, session_);
    user_ = heap_.leaf(32, user);
    registry_ = heap_.root(RootKind::kGlobal, "main.registry");
    cache_ = heap_.root(RootKind::kGlobal, "main.cache");
    heap_.refer(registry_, top).refer(cache_, b_);
    heap_.edge(top, 0, a_).edge(a_, 0, b_).edge(b_, 8, user_);
    const RootId group = heap_.group(WaitReason::kChanSend, "main.work");
    goroutine_ = heap_.root(RootKind::kGoroutine, "", group);
    heap_.refer(goroutine_, heap_.leaf(16));
    const GoroutineId id =
        heap_.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kChanSend, goroutine_, {"main.work"});
    heap::Snapshot& built = heap_.snapshot();
    built.goroutine_labels.push_back({id, built.strings.add("tenant"), built.strings.add("blue")});
  }

  Why ask(std::string_view subject, const WhyLimits& limits = {}) {
    if (!finder_) {
      snapshot_ = heap_.build();
      EXPECT_THAT(heap::problems(*snapshot_), IsEmpty());
      dominators_.emplace(graph::dominators(*snapshot_));
      reached_ = graph::reach(*snapshot_);
      groundwork_.emplace(*snapshot_, heap::OwnerRules::built_in(), parse_subject(subject));
      finder_.emplace(*groundwork_, *dominators_, reached_);
    }
    return finder_->why(parse_subject(subject), limits);
  }
  std::string at(HeapBuilder::Handle object) {
    ask("global:main.cache");
    const heap::ObjectIndex index(*snapshot_);
    return fmt::format("{:#x}", index.address_of(heap_.id(object)).value);
  }
  static std::vector<std::string> texts(const std::vector<ChainStep>& chain) {
    std::vector<std::string> out;
    for (const ChainStep& step : chain) out.push_back(step.field + " " + step.text.full);
    return out;
  }

  HeapBuilder heap_;
  TypeId session_;
  HeapBuilder::Handle a_, b_, lost_, user_;
  RootId registry_, cache_, goroutine_;
  std::optional<heap::Snapshot> snapshot_;
  std::optional<graph::Dominators> dominators_;
  graph::Reachability reached_;
  std::optional<WhyGroundwork> groundwork_;
  std::optional<WhyFinder> finder_;
};

TEST_F(WhyTest, OneObjectHasAShortestWayAndWhatAllWaysShare) {
  const Why why = ask(at(user_));
  ASSERT_TRUE(why.object);
  EXPECT_THAT(texts(why.object->shortest),
              ElementsAre(" main.cache", " example.com/shop/main.Session", ".user main.User"));
  ASSERT_THAT(why.object->through, SizeIs(1)) << "two variables lead to the session";
  EXPECT_EQ(why.object->through.front().step.node, graph::NodeId(heap_.id(b_)));
  EXPECT_EQ(why.object->through.front().retained_bytes, 96U);
  EXPECT_EQ(why.object->bytes, 32U);
}

// What is free in a pool is dropped by the collector, and a goroutine that runs is through with it soon.
TEST_F(WhyTest, AWayFromWhoHoldsForLongIsBetterThanAShorterOne) {
  const auto list = heap_.object(32, heap_.pointer_type("*sync.Pool", heap_.structure("sync.Pool", 64, {})));
  heap_.refer(heap_.root(RootKind::kGlobal, "sync.allPools"), list).edge(list, 0, user_).edge(list, 8, lost_);
  heap_.refer(heap_.root(RootKind::kGoroutine, ""), user_);
  const Why why = ask(at(user_));
  ASSERT_TRUE(why.object);
  EXPECT_THAT(texts(why.object->shortest),
              ElementsAre(" main.cache", " example.com/shop/main.Session", ".user main.User"));
  ASSERT_THAT(why.object->passing, SizeIs(2));
  EXPECT_THAT(why.object->passing.front().text.full, HasSubstr("goroutine"));
  const Why pooled = ask(at(lost_));
  ASSERT_TRUE(pooled.object);
  EXPECT_EQ(pooled.object->shortest.front().text.full, "sync.allPools") << "nobody else holds it";
  EXPECT_THAT(pooled.object->passing, IsEmpty());
}

TEST_F(WhyTest, IndependentHoldersAreOfWhatTheyShare) {
  const Why why = ask(at(user_));
  ASSERT_TRUE(why.object && why.object->shared);
  EXPECT_EQ(why.object->shared->node, graph::NodeId(heap_.id(b_)));
  ASSERT_THAT(why.object->holders, SizeIs(2));
  EXPECT_TRUE(why.object->all_holders);
  EXPECT_EQ(why.object->holders[0].who.full, "main.cache");
  EXPECT_EQ(why.object->holders[0].alone_bytes, 0U);
  EXPECT_EQ(why.object->holders[1].who.full, "main.registry");
  EXPECT_EQ(why.object->holders[1].alone_bytes, 96U) << "the registry and the first session";
  EXPECT_FALSE(ask(at(user_), {.holders = 1}).object->all_holders);
  EXPECT_THAT(ask(at(a_)).object->holders, IsEmpty()) << "one variable holds it";
}

TEST_F(WhyTest, ManyObjectsHaveTheirWaysMerged) {
  const Why why = ask("type:example.com/shop/main.Session");
  EXPECT_EQ(why.subjects, 2U);
  EXPECT_EQ(why.garbage, 1U);
  EXPECT_EQ(why.bytes, 128U);
  ASSERT_THAT(why.merged, SizeIs(5));
  EXPECT_EQ(why.merged[0].objects + why.merged[3].objects, 2U) << "each subject once";
  for (const MergedWay& way : why.merged) EXPECT_EQ(way.bytes, 64U);
  EXPECT_EQ(why.merged[0].text.full, "main.registry");
  EXPECT_EQ(why.merged[2].text.full, ".first example.com/shop/main.Session");
  EXPECT_TRUE(why.merged[2].is_end);
  EXPECT_EQ(why.merged[3].text.full, "main.cache");
  EXPECT_EQ(why.merged[4].text.full, "example.com/shop/main.Session") << "the same type, on another way";
  const Why cut = ask("type:example.com/shop/main.Session", {.branches = 1});
  ASSERT_FALSE(cut.merged.empty());
  EXPECT_EQ(cut.merged.back().branches, 1U);
  EXPECT_EQ(cut.merged.back().bytes, 64U) << "what is left out has its sum";
}

TEST_F(WhyTest, RootsNeedNoWay) {
  EXPECT_EQ(ask("global:main.registry").root_bytes, 96U);
  EXPECT_EQ(ask("goroutine:7").root_bytes, 16U);
  EXPECT_EQ(ask("label:tenant=blue").what.full, "1 goroutine with the label tenant=blue");
}

TEST_F(WhyTest, ShortNamesDoIfTheyAreUnambiguous) {
  EXPECT_EQ(ask("type:main.Session").subjects, 2U);
  const auto message = [&](std::string_view subject) {
    try {
      ask(subject);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message("type:Sess"), HasSubstr("there is example.com/shop/main.Session"));
  EXPECT_THAT(message("global:main.reg"), HasSubstr("there is main.registry"));
  EXPECT_THAT(message("goroutine:8"), HasSubstr("no goroutine 8 among 1 goroutine"));
  EXPECT_THAT(message("label:tenant=red"), HasSubstr("there is tenant=blue"));
  EXPECT_THAT(message("0x10"), HasSubstr("neither the heap nor a goroutine's stack"));
  EXPECT_THAT(message(at(lost_)), HasSubstr("it is garbage"));
}

TEST(Subject, IsRefusedIfItNamesNothing) {
  for (const char* text : {"", "0x", "0xg", "main.cache", "type:", "goroutine:x", "label:tenant", "object:7"})
    EXPECT_THROW(parse_subject(text), Error) << text;
  EXPECT_EQ(parse_subject("0xC000"), (Subject{.address = Address(0xc000), .name = {}, .value = {}}));
  EXPECT_EQ(parse_subject("alloc:server.go:88").name, "server.go:88");
  EXPECT_EQ(parse_subject("label:a=b=c").value, "b=c");
}

}  // namespace
}  // namespace holdfast::view
