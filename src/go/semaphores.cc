#include "go/semaphores.h"

#include <vector>

#include "go/library_layouts.h"
#include "go/record.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kSemTableRows = 251;  // runtime.semTabSize, Go 1.19-1.27
constexpr std::uint64_t kCacheLine = 64;

// The table is a hash of trees of addresses.
std::vector<Address> trees(const Runtime& runtime) {
  std::vector<Address> out;
  const auto treap = runtime.layouts.find("runtime.semaRoot", "treap");
  if (!runtime.vars.semtable || !treap) return out;
  const std::uint64_t stride =
      runtime.layouts.size_of("runtime.semTable").value_or(kSemTableRows * kCacheLine) / kSemTableRows;
  for (std::uint64_t i = 0; i < kSemTableRows; ++i) {
    const auto root = runtime.memory.try_pointer(runtime.vars.semtable + i * stride + treap->offset);
    if (root && *root) out.push_back(*root);
  }
  return out;
}

}  // namespace

// Left and right are `prev` and `next`; the waiters of one address form a list by `waitlink`.
void for_each_semaphore_waiter(const Runtime& runtime, std::uint64_t goroutines,
                               const std::function<void(const SemaphoreWaiter&)>& visit) {
  const auto layout = read_library_layouts(runtime.layouts).waiter;
  if (!layout) return;
  std::vector<Address> todo = trees(runtime);
  Record waiter(runtime.memory, layout->bytes);
  const auto pointer = [&](std::uint32_t offset) { return waiter.pointer(FieldLayout{offset, 8}); };
  for (std::uint64_t left = goroutines; !todo.empty() && left > 0; --left) {
    const Address sudog = todo.back();
    todo.pop_back();
    if (!waiter.read(sudog)) continue;
    const SemaphoreWaiter found{sudog, pointer(layout->goroutine), pointer(layout->elem)};
    for (const std::uint32_t link : {layout->previous, layout->next, layout->wait_link})
      if (const Address next = pointer(link)) todo.push_back(next);
    visit(found);
  }
}

}  // namespace holdfast::go
