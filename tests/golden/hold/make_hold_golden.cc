// Writes a .hold file with one thing of every kind: make_hold_golden tests/golden/hold/NAME.hold
// Each run gives the same bytes. The files that are there were written by the holdfast that first had their format and
// stay as they are; heap/hold_golden_test.cc says what is in them.
#include "heap/heap_builder_for_tests.h"
#include "heap/hold_file.h"

namespace {

using namespace holdfast;
using namespace holdfast::heap;

void add_objects(testing::HeapBuilder& heap) {
  const TypeId text = heap.string_type();
  const TypeId node = heap.structure("main.Node", 24, {{"name", text, 0}, {"next", {}, 16}});
  heap.snapshot().types[node.row].is_named = true;
  const auto a = heap.object(24, node);
  heap.free_slot(true, 24);
  const auto b = heap.object(24, node, KnownBy::kPropagated);
  const auto large = heap.object(1 << 20);
  const auto bytes = heap.leaf(64, text, KnownBy::kCode);
  heap.edge(a, 0, bytes).edge(a, 16, b).edge(b, 16, a).edge(large, 0, a).edge(large, 80000, b).mark(a).mark_fresh(b);

  const RootId group = heap.group(WaitReason::kChanSend, "main.send", "/src/main.go", 17);
  const RootId goroutine = heap.root(RootKind::kGoroutine, Label(), group);
  heap.refer(goroutine, large, 16);
  heap.goroutine(7, GoroutineState::kWaiting, WaitReason::kChanSend, goroutine, {"main.send", "main.main"});
  Snapshot& s = heap.snapshot();
  s.goroutines[0].waiting_ns = 90000000000;
  s.goroutine_labels.push_back({GoroutineId(0), s.strings.add("tenant"), s.strings.add("acme")});
  s.channels.push_back({heap.id(bytes), 3, 4, true});
  s.channel_waits.push_back({GoroutineId(0), ChannelId(0), true});
  s.wake_ups.push_back({GoroutineId(0), heap.id(bytes), {}, heap.id(large)});
  s.actors = {{heap.id(a), ActorKind::kTimerList}, {heap.id(b), ActorKind::kThread}};
  heap.refer(heap.root(RootKind::kGlobal, "main.head", {}, node), a);
  heap.sample(a, {"main.add", "main.main"});
  heap.snapshot().audit.excuses.push_back({heap.id(b), MarkCause::kConservativeWord, FrameId(1)});
  const RootId finalizer = heap.root(RootKind::kFinalizer, "main.close");
  heap.snapshot().roots[finalizer.row].about = heap.id(large);
}

// Says what is not in the graph of the heap.
void add_memory(Snapshot& s) {
  s.goroutines[0].stack = {Address(0xc000100000), Address(0xc000102000)};
  s.goroutines[0].stack_used = 640;
  s.goroutines[0].largest_frame = FrameId(1);
  s.goroutines[0].largest_frame_bytes = 512;
  s.account.free = 9 << 20;
  s.account.free_pages = 8 << 20;
  s.account.released_resident = 6 << 20;
  s.account.huge = 2 << 20;
  s.pace = {true, 100, 1 << 30, 9 << 20, 1048688, 4, 1795886402000000000, 3, 6000000000, 0.125, 5000000, 2000000000};
  s.c_heap = {true, 30, 50000, 4096, 4, 16384, 2, 62288, 1, 4096};
  const StringId file = s.strings.add("/data/pages.db");
  s.mappings = {
      {{Address(0x7f0000000000), Address(0x7f0000400000)}, MappingUse::kFile, file, 1 << 20, 0, true, true, 2},
      {{Address(0x7f0000800000), Address(0x7f0000a00000)}, MappingUse::kOther, {}, 2 << 20, 2 << 20, true, false, 0}};
  s.mapping_holders = {{0, ObjectId(1), {}, 8, Address(0x7f0000000000)},
                       {0, {}, s.roots[2].label, 0, Address(0x7f0000001000)}};
}

void add_rest(Snapshot& s) {
  s.target.pid = 4711;
  s.target.name = "checkout";
  s.target.exe = "/usr/bin/checkout";
  s.target.go_version = "go1.26.8";
  s.target.goarch = "amd64";
  s.target.has_symbols = true;
  s.target.threads = 5;
  s.target.memory_limit = 4ULL << 30;
  s.target.captured_at_ns = 1795886403000000000;
  s.target.host = "vm";
  s.target.kernel = "6.1.0";
  s.target.captured_with = "0.1.0";
  s.target.release_given = true;
  s.target.build_modules = {{"example.com/app", "(devel)"}, {"golang.org/x/net", "v0.17.0"}};
  s.target.runtimes = {{"/usr/lib/a.so", "go1.26.8", 1048688, true}, {"/usr/lib/b.so", "", std::nullopt, false}};
  s.pause = {35, 38, 6 << 20};
  s.account.known = true;
  s.account.rss = 64 << 20;
  s.account.live = 2 << 20;
  s.mem_stats = {{"HeapAlloc", 1048688}};
  s.audit.gc_cycles = 3;
  s.audit.not_unwound = {7};
  s.audit.counters.push_back({"HeapAlloc", 1048688, 1048680, CounterRule::kInFlight, 8});
  s.span_records = {{2, SweepState::kSwept, 3}, {1, SweepState::kWaits, SpanRecord::kNobody}, {}};
  s.roots[1].frame = FrameId(0);
  s.frame_headers = {{Address(0xc000100008), Address(0xc000000040), TypeId(0), 3, std::nullopt, HeaderBasis::kVariable,
                      s.strings.add("buffer")},
                     {Address(0xc000100020), Address(0xc000000040), TypeId(0), std::nullopt, std::nullopt,
                      HeaderBasis::kNearness, StringId()}};
  s.map_fills = {{ObjectId(1), 5, 64, 1024, DeleteTraces::kNone, 3}};
  s.types[1].removals = MapRemovals::kNever;
  s.timers = {{ObjectId(0), ObjectId(1), GoroutineId(0), TimerKind::kFunction, false, true,
               s.strings.add("time.goFunc"), s.strings.add("main.expire"), -1000, 5000}};
  s.awaited_locks = {
      {Address(0xc00000000c), Address(0xc000000000), ObjectId(0), {}, LockKind::kRwMutex, true, true, 2, 0},
      {Address(0xc000000028), Address(0xc000000020), ObjectId(1), {}, LockKind::kWaitGroup, true, false, 0, 3}};
  s.lock_holders = {{Address(0x500000), GoroutineId(0), FrameId(1), LockHold::kSurely}};
  s.closed_files = {{ObjectId(0)}, {ObjectId(1)}};
  s.large_headers = {{ObjectId(0), {}, ObjectId(2), TypeId(0), 0, 1000, 8, 8},
                     {{}, RootId(2), ObjectId(2), TypeId(0), 8, 0, 16, 1 << 20}};
  s.element_pointers = {{ObjectId(1), {}, ObjectId(2), TypeId(1), 8, 4800, 24, 24}};
  s.stale_words = {{ObjectId(0), 8, Address(0xc000000018), false}, {ObjectId(1), 16, Address(0xc000000018), true}};
  s.audit.stale_numbers = 1;
  s.account.lazy_free = 1 << 20;
  s.target.c_handles_made = 5000;
  s.absent = {{Address(0xc000002000), Address(0xc000003000)}};
  s.profile = {true, 512 << 10, true, 3, 300, {{AllocationStackId(0), 24, 7, 2}}, {}};
  s.profile.mappings = {{{Address(0x400000), Address(0x500000)}, 4096, "/usr/bin/checkout", "abcdef"}};
  s.content.ranges = {{Address(0xc000000000), Address(0xc000000008)}};
  s.content.bytes = HugeArray<std::uint8_t>(8);
  s.content.bytes[7] = 9;
  s.named_words = {{Address(0x500000), TypeId(1), true, {}},
                   {Address(0x500010), {}, false, s.strings.add("main.send")}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  testing::HeapBuilder heap;
  add_objects(heap);
  Snapshot snapshot = heap.build();
  add_rest(snapshot);
  add_memory(snapshot);
  OutputFile file(argv[1], OutputFile::Access::kUsual);
  write_hold(snapshot, file);
}
