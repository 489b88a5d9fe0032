#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;

struct OneEnd {
  std::string_view type = "<-chan string";  // of the field in a registry
  bool is_named = false;
  bool other_end = false;     // a variable has it without a type
  bool waiter_has_it = true;  // the one that waits has both ends itself
  bool sends = false;
};

// A goroutine that waits for a channel, and an object of a package variable with a field that refers to it.
view::Report report_of_channel(const OneEnd& asked) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId channel = heap.type(asked.type, TypeKind::kChan, 8);
  heap.snapshot().types[channel.row].is_named = asked.is_named;
  const TypeId subscription = heap.structure("main.subscription", 16, {{"name", {}, 0}, {"news", channel, 8}});
  const auto registered = heap.object(16, subscription);
  const auto awaited = heap.leaf(96);
  heap.edge(registered, 8, awaited);
  heap.refer(heap.root(RootKind::kGlobal, "main.subscriptions"), registered);
  if (asked.other_end) heap.refer(heap.root(RootKind::kGlobal, "main.news"), awaited);
  const WaitReason reason = asked.sends ? WaitReason::kChanSend : WaitReason::kChanReceive;
  const RootId root = heap.root(RootKind::kGoroutine, "");
  if (asked.waiter_has_it) heap.refer(root, awaited);
  heap.refer(root, registered).refer(root, heap.leaf(64 << 10));
  const GoroutineId id = heap.goroutine(20, GoroutineState::kWaiting, reason, root, {"runtime.gopark", "main.listen"});
  heap::Snapshot snapshot = heap.build();
  snapshot.wake_ups = {{id, heap.id(awaited), {}, {}}};
  snapshot.channels = {{heap.id(awaited), 0, 0, false}};
  snapshot.channel_waits = {{id, ChannelId(0), asked.sends}};
  return report_of(snapshot);
}

TEST(OneWayChannels, FindsWhoWaitsForAnEndThatNobodyHas) {
  const view::Report report = report_of_channel({});
  const view::Finding* finding = find(report, "one-way-channels");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "1 goroutine blocked in chan receive at main.listen for ever");
  EXPECT_THAT(finding->because.full, HasSubstr("have its receiving end only"));
  EXPECT_EQ(finding->confidence, view::Confidence::kStrong);
  EXPECT_NE(find(report_of_channel({.type = "chan<- string", .sends = true}), "one-way-channels"), nullptr);
}

TEST(OneWayChannels, LeavesAloneWhoseOtherEndSomebodyMayHave) {
  EXPECT_EQ(find(report_of_channel({.type = "chan string"}), "one-way-channels"), nullptr);
  EXPECT_EQ(find(report_of_channel({.type = "<-chan string", .is_named = true}), "one-way-channels"), nullptr);
  EXPECT_EQ(find(report_of_channel({.other_end = true}), "one-way-channels"), nullptr);
  EXPECT_EQ(find(report_of_channel({.sends = true}), "one-way-channels"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
