// Writes the seeds of fuzz_hold: make_hold_seeds tests/fuzz/seeds
#include <filesystem>

#include "heap/heap_builder_for_tests.h"
#include "heap/hold_file.h"

namespace {

void write(const holdfast::heap::Snapshot& snapshot, const std::filesystem::path& path) {
  holdfast::OutputFile file(path, holdfast::OutputFile::Access::kUsual);
  write_hold(snapshot, file);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace holdfast::heap;
  if (argc != 2) return 2;
  const std::filesystem::path folder = std::filesystem::path(argv[1]) / "fuzz_hold";
  std::filesystem::create_directories(folder);
  write(testing::HeapBuilder().build(), folder / "empty");

  testing::HeapBuilder heap;
  const auto text = heap.string_type();
  const auto node = heap.structure("main.Node", 24, {{"name", text, 0}, {"next", {}, 16}});
  const auto nodes = heap.type("[3]main.Node", TypeKind::kArray, 72, node, 3);
  const auto a = heap.object(24, node);
  heap.free_slot(true, 24);
  const auto b = heap.object(80, nodes);
  const auto large = heap.object(1 << 16);
  heap.edge(a, 16, b).edge(b, 64, a).edge(large, 40000, heap.leaf(64)).mark(a);
  const auto goroutine = heap.root(RootKind::kGoroutine, "", heap.group(holdfast::WaitReason::kChanSend, "main.send"));
  heap.goroutine(1, GoroutineState::kWaiting, holdfast::WaitReason::kChanSend, goroutine, {"main.send", "main.main"});
  heap.refer(goroutine, large).refer(heap.root(RootKind::kGlobal, "main.head", {}, node), a);
  heap.sample(a, {"main.add", "main.main"});
  heap.snapshot().absent = {{holdfast::Address(0xc000000000), holdfast::Address(0xc000001000)}};
  heap.snapshot().content.ranges = {{holdfast::Address(64), holdfast::Address(72)}};
  heap.snapshot().content.bytes = holdfast::HugeArray<std::uint8_t>(8);
  write(heap.build(), folder / "small");
}
