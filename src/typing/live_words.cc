#include "typing/live_words.h"

#include <algorithm>
#include <utility>

#include "base/loss.h"
#include "base/parallel.h"
#include "go/frame_roots.h"

namespace holdfast::typing {
namespace {

constexpr unsigned kParts = 32;

// Calls visit(frame, conservative, slots) for each frame of the stack that has live words.
template <typename Visit>
void for_each_live_frame(const go::Stack& stack, std::vector<go::StackRoot> roots, const Visit& visit) {
  const auto part = [](const go::StackRoot& root) { return std::pair(root.frame, root.conservative); };
  std::erase_if(roots, [](const go::StackRoot& root) { return !root.slot || root.frame == go::StackRoot::kNoFrame; });
  std::ranges::sort(roots, {}, [&](const go::StackRoot& root) { return std::pair(part(root), root.slot); });
  for (std::size_t i = 0; i < roots.size();) {
    const auto [frame, conservative] = part(roots[i]);
    std::vector<Address> slots;
    for (; i < roots.size() && part(roots[i]) == std::pair(frame, conservative); ++i)
      if (slots.empty() || slots.back() != roots[i].slot) slots.push_back(roots[i].slot);
    visit(stack.frames[frame], conservative, std::move(slots));
  }
}

}  // namespace

bool LiveFrame::has_live_word(const AddressRange& range) const {
  const auto slot = std::ranges::lower_bound(slots, range.begin);
  return slot != slots.end() && *slot < range.end;
}

LiveWords::LiveWords(const go::Runtime& runtime, const go::FunctionTables& functions, const go::Scheduler& scheduler,
                     std::span<const go::ThreadRegisters> threads) {
  struct Found {
    std::vector<LiveFrame> frames, doubtful;
    std::vector<std::vector<Address>> slots;
  };
  LossLedger losses;  // dropped: the pass that makes roots of these words counts them
  const go::Unwinder unwinder(runtime, functions, scheduler, threads);
  const go::StackRootFinder finder(runtime, functions, losses);
  std::vector<Found> parts(kParts);
  for_each_part(scheduler.goroutines.size(), kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i) {
      const go::Goroutine& goroutine = scheduler.goroutines[i];
      if (goroutine.dead()) continue;
      const go::Stack stack = unwinder.unwind(goroutine);
      for_each_live_frame(
          stack, finder.roots(goroutine, stack),
          [&](const go::StackFrame& frame, bool conservative, std::vector<Address> slots) {
            const auto code = functions.function(frame.function);
            if (!code) return;
            Found& found = parts[part];
            found.slots.push_back(std::move(slots));
            (conservative ? found.doubtful : found.frames).push_back({frame, code->function.entry, found.slots.back()});
          });
    }
  });
  for (Found& part : parts) {
    frames_.insert(frames_.end(), part.frames.begin(), part.frames.end());
    doubtful_frames_.insert(doubtful_frames_.end(), part.doubtful.begin(), part.doubtful.end());
    slots_.insert(slots_.end(), std::move_iterator(part.slots.begin()), std::move_iterator(part.slots.end()));
  }
}

std::vector<Address> LiveWords::functions() const {
  std::vector<Address> all;
  for (const auto* frames : {&frames_, &doubtful_frames_})
    for (const LiveFrame& frame : *frames) all.push_back(frame.function);
  std::ranges::sort(all);
  const auto rest = std::ranges::unique(all);
  all.erase(rest.begin(), rest.end());
  return all;
}

}  // namespace holdfast::typing
