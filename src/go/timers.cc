#include "go/timers.h"

#include <optional>

#include "base/architecture.h"
#include "go/record.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kMostTimers = std::uint64_t{1} << 32;
constexpr std::uint64_t kBehindChannel = kWord;  // time.Timer.r and time.Ticker.r, up to Go 1.22

struct TimerLayout {
  std::uint64_t bytes = 0;
  std::uint64_t list = 0;      // in runtime.p: a slice
  std::uint64_t stride = 0;    // of its elements, which begin with the address of a timer
  std::uint64_t in_value = 0;  // where that timer lies in what package time gave out
  FieldLayout period, function, argument, due;
  MaybeField due_when_modified;  // up to Go 1.22
  MaybeField state;
};

std::optional<TimerLayout> timer_layout(const Runtime& runtime) {
  const LayoutSource& layouts = runtime.layouts;
  const bool embedded = runtime.version.timers_are_embedded();
  const auto bytes = layouts.size_of("runtime.timer");
  const auto of_timer = [&](const char* field) { return layouts.find("runtime.timer", field); };
  const auto period = of_timer("period"), function = of_timer("f"), argument = of_timer("arg"), due = of_timer("when");
  const auto list = layouts.find("runtime.p", embedded ? "timers" : "timers.heap");
  const auto stride = embedded ? std::optional(kWord) : layouts.size_of("runtime.timerWhen");
  const auto in_value = embedded ? std::nullopt : layouts.find("runtime.timeTimer", "timer");
  if (!bytes || !period || !function || !argument || !due || !list || !stride || (!embedded && !in_value))
    return std::nullopt;
  return TimerLayout{.bytes = *bytes,
                     .list = list->offset,
                     .stride = *stride,
                     .in_value = in_value ? in_value->offset : kBehindChannel,
                     .period = *period,
                     .function = *function,
                     .argument = {argument->offset + static_cast<std::uint32_t>(kWord), kWord},
                     .due = *due,
                     .due_when_modified = of_timer("nextwhen"),
                     .state = of_timer(embedded ? "status" : "state")};
}

class TimerReader {
 public:
  TimerReader(const Runtime& runtime, const TimerLayout& layout)
      : memory_(runtime.memory),
        layout_(layout),
        is_old_(runtime.version.timers_are_embedded()),
        zombie_(runtime.layouts.constant("runtime.timerZombie").value_or(0)),
        deleted_(runtime.layouts.constant("runtime.timerDeleted").value_or(kNoState)),
        removed_(runtime.layouts.constant("runtime.timerRemoved").value_or(kNoState)),
        earlier_(runtime.layouts.constant("runtime.timerModifiedEarlier").value_or(kNoState)),
        later_(runtime.layouts.constant("runtime.timerModifiedLater").value_or(kNoState)),
        record_(runtime.memory, layout.bytes) {}

  // Appends the timers in the list of a processor. Returns where the list is; null if not all of it could be read.
  Address add_list(const Processor& p, std::vector<Timer>& timers) {
    const auto list = memory_.try_pointer(p.p + layout_.list);
    const auto count = memory_.try_integer<std::uint64_t>(p.p + layout_.list + kWord);
    if (!list || !count || *count > kMostTimers) return {};
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto timer = memory_.try_pointer(*list + i * layout_.stride);
      if (!timer) return {};
      timers.push_back(read(*timer));
    }
    return *list;
  }

 private:
  static constexpr std::int64_t kNoState = -1;

  Timer read(Address at) {
    Timer timer{.record = at};
    if (!record_.read(at)) return timer;
    timer.closure = record_.pointer(layout_.function);
    timer.argument = record_.pointer(layout_.argument);
    timer.stopped = is_stopped();
    const auto code = memory_.try_pointer(timer.closure);
    if (!code) return timer;
    timer.function = *code;
    timer.value = Address(at.value - layout_.in_value);
    timer.due = static_cast<std::int64_t>(record_.number(is_modified() ? layout_.due_when_modified : layout_.due));
    timer.period = record_.number(layout_.period);
    return timer;
  }

  // One that changes at this moment is not.
  bool is_stopped() const {
    const auto state = static_cast<std::int64_t>(record_.number(layout_.state));
    if (!layout_.state) return false;
    return is_old_ ? state == deleted_ || state == removed_ : (state & zombie_) != 0;
  }

  // Up to Go 1.22, a timer that was given another time has it beside the one by which it lies in its heap.
  bool is_modified() const {
    const auto state = static_cast<std::int64_t>(record_.number(layout_.state));
    return is_old_ && layout_.due_when_modified && (state == earlier_ || state == later_);
  }

  const MemorySource& memory_;
  const TimerLayout& layout_;
  bool is_old_;
  std::int64_t zombie_, deleted_, removed_, earlier_, later_;
  Record record_;
};

}  // namespace

Timers read_timers(const Runtime& runtime, std::span<const Processor> processors) {
  Timers out;
  const auto layout = timer_layout(runtime);
  if (!layout) return out;
  TimerReader reader(runtime, *layout);
  for (const Processor& p : processors)
    if (const Address list = reader.add_list(p, out.all)) out.lists.push_back(list);
  return out;
}

}  // namespace holdfast::go
