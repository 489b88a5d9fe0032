// Looks at a goroutine whose stack, stack maps, lists of stack objects, masks and deferred calls are any bytes:
// unwinding and the search for roots must end and read nothing outside. fuzz_stack.h says what each part of the input
// is.
#include "fuzz_stack.h"

#include <array>

#include "go/frame_roots.h"
#include "go/stack_image_for_tests.h"

namespace {

using namespace holdfast;
using namespace holdfast::go;

// A process of one release. Whatever the input decides is written anew each time.
struct Target {
  explicit Target(int minor) : image(minor) {
    goexit = image.function("runtime.goexit", 0, binary::kFlagTopFrame);
    entries = {image.function({.name = "main.f",
                               .sp = {{0x40, 0x40}},
                               .pcdata = {{}, {{8, 1}, {0x20, 2}, {0x30, 0}, {0x40, -1}}},
                               .funcdata = {fuzz::kArgumentsMap, fuzz::kLocalsMap, fuzz::kStackObjects},
                               .args = 24,
                               .deferreturn = 0x30}),
               image.function("runtime.asyncPreempt", 0x20),
               image.function({.name = "reflect.makeFuncStub",
                               .sp = {{0x40, 0x140}},
                               .pcdata = {{}, {{0x40, 0}}},
                               .funcdata = {~0U, fuzz::kLocalsMap},
                               .args = binary::kArgsUnknown}),
               image.function("runtime.sigpanic", 8)};
    g = image.make("runtime.g");
    image.runtime();
  }
  // Writes the next `room` bytes of the input, and zeros behind its end.
  void write(Address at, std::span<const std::uint8_t>& input, std::size_t room) {
    for (std::size_t i = 0; i < room; ++i) image.put<std::uint8_t>(at + i, i < input.size() ? input[i] : 0);
    input = input.subspan(std::min(room, input.size()));
  }

  StackImage image;
  Address goexit, g;
  std::array<Address, 4> entries;
};

Target& target_of(int minor) {
  static std::array<std::unique_ptr<Target>, kNewestMinor + 1> targets;
  auto& target = targets.at(static_cast<std::size_t>(minor));
  if (!target) target = std::make_unique<Target>(minor);
  return *target;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span input(data, size);
  if (size < fuzz::kHeader) return 0;
  const auto choice = input.first(fuzz::kHeader);
  input = input.subspan(fuzz::kHeader);
  Target& target = target_of(kOldestMinor + choice[0] % (kNewestMinor - kOldestMinor + 1));
  StackImage& image = target.image;
  const Address defers = StackImage::kData + 0x4000;
  const Address top = StackImage::kStackEnd - fuzz::kAboveTop;
  target.write(StackImage::kGofunc, input, fuzz::kGofuncBytes);
  target.write(StackImage::kRodata, input, fuzz::kRodataBytes);
  target.write(defers, input, fuzz::kDeferBytes);
  target.write(StackImage::kStackEnd - fuzz::kStackBytes, input, fuzz::kStackBytes);
  image.put(top - 8, target.goexit + 1);

  Goroutine g;
  g.g = target.g;
  g.status = static_cast<GoroutineStatus>(choice[1] & 7);
  g.async_safe_point = (choice[1] & 8) != 0;
  g.stack = {StackImage::kStack, StackImage::kStackEnd};
  g.stack_top_sp = top;
  g.sched_pc = target.entries[choice[2] % target.entries.size()] + choice[2] / 4;
  g.sched_sp = top - 8 - std::uint64_t{choice[3]} * 8;
  if ((choice[1] & 16) != 0) g.defers = defers;
  Scheduler scheduler;
  std::vector<ThreadRegisters> threads;
  if (g.status == GoroutineStatus::kRunning) {
    g.m = Address(0x2000);
    Machine machine;
    machine.m = g.m;
    machine.curg = g.g;
    machine.thread_id = 5;
    scheduler.machines = {machine};
    ThreadRegisters thread{5, {}};
    thread.registers.pc = g.sched_pc;
    thread.registers.general[kArchitecture.stack_pointer] = g.sched_sp.value;
    threads = {thread};
  }
  const Stack stack = Unwinder(image.runtime(), image.functions(), scheduler, threads).unwind(g);
  for (const StackRoot& root : StackRootFinder(image.runtime(), image.functions(), image.losses).roots(g, stack)) {
    HOLDFAST_CHECK(root.value);
    HOLDFAST_CHECK(!g.stack.contains(root.value));
    HOLDFAST_CHECK(root.frame == StackRoot::kNoFrame || root.frame < stack.frames.size());
  }
  return 0;
}
