#include "collector/execution_trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>

#include "base/cancel.h"
#include "base/error.h"

namespace holdfast::collector {
namespace {

constexpr std::size_t kHeaderBytes = 16;
constexpr std::string_view kMagic = "go 1.";
constexpr std::uint64_t kFirstOfBatches = 22, kLast = 26;  // the format's number, which is that of a release

enum class Kind : std::uint8_t { kStopBegin, kStopEnd, kCycleBegin, kCycleEnd, kHeap, kGoal };

// Something that the collector did. `ticks` has a unit of the trace's own.
struct Event {
  std::uint64_t ticks = 0;
  std::uint64_t value = 0;  // bytes of the heap, of the goal
  Kind kind = Kind::kHeap;
};

struct Events {
  std::vector<Event> list;
  std::uint64_t ticks_per_second = 0;
  bool cut = false;
};

// Takes numbers from the front; the place is known for errors.
class TraceBytes {
 public:
  TraceBytes(std::span<const std::byte> bytes, std::size_t at, std::size_t end, const std::string& name)
      : bytes_(bytes), at_(at), end_(end), name_(name) {}

  bool empty() const { return at_ >= end_; }
  std::size_t at() const { return at_; }
  std::size_t left() const { return end_ - at_; }
  std::uint8_t byte() {
    if (empty()) fail(ErrorCode::kTruncated, "the trace {} ends at byte {}", name_, at_);
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t one = byte();
      value |= static_cast<std::uint64_t>(one & 0x7f) << shift;
      if (one < 0x80) return value;
    }
    fail(ErrorCode::kDamaged, "the trace {} has a number of more than 64 bits before byte {}", name_, at_);
  }
  void skip(std::uint64_t count) {
    if (count > left())
      fail(ErrorCode::kTruncated, "the trace {} ends at byte {}, {} bytes before a record does", name_, end_,
           count - left());
    at_ += static_cast<std::size_t>(count);
  }
  // The next `count` bytes, which are taken.
  TraceBytes part(std::uint64_t count) {
    const std::size_t begin = at_;
    skip(count);
    return {bytes_, begin, at_, name_};
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_, end_;
  const std::string& name_;
};

std::optional<std::uint64_t> format_of(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), kHeaderBytes);
  if (!text.starts_with(kMagic)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + kMagic.size(), end, number);
  if (error != std::errc() ||
      std::string_view(stop, end) != std::string_view(" trace\0\0\0\0", static_cast<std::size_t>(end - stop)))
    return std::nullopt;
  return number;
}

// What the kinds of records mean that are looked at: in batches (Go 1.22 and later), and before.
using KindOf = std::pair<std::uint8_t, Kind>;
constexpr std::array<KindOf, 6> kBatchKinds = {{{26, Kind::kStopBegin},
                                                {27, Kind::kStopEnd},
                                                {29, Kind::kCycleBegin},
                                                {30, Kind::kCycleEnd},
                                                {37, Kind::kHeap},
                                                {38, Kind::kGoal}}};
constexpr std::array<KindOf, 6> kRecordKinds = {{{7, Kind::kCycleBegin},
                                                 {8, Kind::kCycleEnd},
                                                 {9, Kind::kStopBegin},
                                                 {10, Kind::kStopEnd},
                                                 {33, Kind::kHeap},
                                                 {34, Kind::kGoal}}};

void add(Events& events, std::span<const KindOf> kinds, std::uint8_t kind, Event event) {
  const auto found = std::ranges::find(kinds, kind, &KindOf::first);
  if (found == kinds.end()) return;
  event.kind = found->second;
  events.list.push_back(event);
}

// How many numbers follow a record of batches, by its kind; the first is the time since the one before.
constexpr std::array<std::uint8_t, 49> kNumbers = {0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 1, 4, 3, 4, 2, 3,
                                                   1, 1, 3, 3, 4, 3, 1, 1, 4, 3, 1, 2, 3, 2, 2, 2, 3,
                                                   2, 2, 1, 2, 2, 2, 5, 3, 4, 4, 5, 3, 3, 4, 5};
// The same of records about single allocations, from 128 on.
constexpr std::array<std::uint8_t, 9> kAllocationNumbers = {4, 4, 2, 3, 3, 2, 3, 3, 2};
constexpr std::uint8_t kFirstAllocation = 128;

class BatchReader {
 public:
  BatchReader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  Events read() {
    constexpr std::uint8_t kBatch = 1, kExperiment = 49, kEndOfGeneration = 52;
    TraceBytes in(bytes_, kHeaderBytes, bytes_.size(), name_);
    try {
      while (!in.empty()) {
        throw_if_cancelled();
        const std::uint8_t kind = in.byte();
        if (kind == kEndOfGeneration) continue;
        if (kind != kBatch && kind != kExperiment)
          fail(ErrorCode::kDamaged, "the trace {} has a record of kind {} at byte {}, where a batch begins", name_,
               kind, in.at() - 1);
        if (kind == kExperiment) in.number();
        in.number();  // generation
        in.number();  // thread
        const std::uint64_t time = in.number();
        TraceBytes batch = in.part(in.number());
        if (kind == kBatch) read_batch(batch, time);
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kTruncated) throw;
      events_.cut = true;
    }
    std::ranges::stable_sort(events_.list, {}, &Event::ticks);
    return std::move(events_);
  }

 private:
  // A table of stacks, strings or samples fills its batch.
  void read_batch(TraceBytes batch, std::uint64_t time) {
    constexpr std::uint8_t kFrequency = 8, kSync = 50;
    while (!batch.empty()) {
      const std::uint8_t kind = batch.byte();
      if (kind == kSync) continue;
      if (kind == kFrequency) {
        events_.ticks_per_second = batch.number();
        continue;
      }
      const std::uint8_t numbers = kind < kNumbers.size() ? kNumbers[kind]
                                   : kind >= kFirstAllocation && kind < kFirstAllocation + kAllocationNumbers.size()
                                       ? kAllocationNumbers[kind - kFirstAllocation]
                                       : 0;
      if (numbers == 0) return;
      time += batch.number();
      std::uint64_t value = 0;
      for (std::uint8_t i = 1; i < numbers; ++i) {
        const std::uint64_t number = batch.number();
        if (i == 1) value = number;
      }
      add(events_, kBatchKinds, kind, {time, value});
    }
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  Events events_;
};

// The format until Go 1.21: each record has its kind and how many numbers it has in one byte.
class RecordReader {
 public:
  RecordReader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  Events read() {
    TraceBytes in(bytes_, kHeaderBytes, bytes_.size(), name_);
    try {
      for (std::uint64_t count = 0; !in.empty(); ++count) {
        if (count % 65536 == 0) throw_if_cancelled();
        read_record(in);
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kTruncated) throw;
      events_.cut = true;
    }
    std::ranges::stable_sort(events_.list, {}, &Event::ticks);
    return std::move(events_);
  }

 private:
  void read_record(TraceBytes& in) {
    constexpr std::uint8_t kBatch = 1, kFrequency = 2, kString = 37, kUserLog = 48, kEnd = 50;
    const std::uint8_t first = in.byte();
    const std::uint8_t kind = first & 0x3f, more = first >> 6;
    if (kind == 0 || kind >= kEnd)
      fail(ErrorCode::kDamaged, "the trace {} has a record of kind {} at byte {}, which there is not", name_, kind,
           in.at() - 1);
    if (kind == kString) {
      in.number();
      return in.skip(in.number());
    }
    std::uint64_t numbers[2] = {0, 0};
    if (more < 3) {
      for (std::uint8_t i = 0; i <= more; ++i) {
        const std::uint64_t number = in.number();
        if (i < 2) numbers[i] = number;
      }
    } else {
      TraceBytes record = in.part(in.number());
      for (std::uint8_t i = 0; !record.empty(); ++i) {
        const std::uint64_t number = record.number();
        if (i < 2) numbers[i] = number;
      }
    }
    if (kind == kUserLog) return in.skip(in.number());
    if (kind == kFrequency) events_.ticks_per_second = numbers[0];
    if (kind == kBatch) {
      time_ = numbers[1];
      return;
    }
    // Stacks and the frequency have no time: what they have first is not one.
    constexpr std::uint8_t kStack = 3;
    if (kind == kFrequency || kind == kStack) return;
    time_ += numbers[0];
    add(events_, kRecordKinds, kind, {time_, numbers[1]});
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  Events events_;
  std::uint64_t time_ = 0;
};

// Puts cycles together. The last size of the heap before a cycle ends is what it found alive: the runtime notes that at
// the end of marking.
class CycleMaker {
 public:
  CycleMaker(const Events& events, Series& series) : events_(events), series_(series) {}

  void make() {
    for (const Event& event : events_.list) take(event);
  }

 private:
  // A damaged trace may have times that are further apart than ns can say.
  Ns ns(std::uint64_t from, std::uint64_t to) const {
    constexpr double kMost = 9e18;
    if (to <= from) return 0;
    const double apart = static_cast<double>(to - from) * 1e9 / static_cast<double>(events_.ticks_per_second);
    return static_cast<Ns>(std::min(apart, kMost));
  }

  void take(const Event& event) {
    switch (event.kind) {
      case Kind::kStopBegin:
        stop_begin_ = event.ticks;
        if (running_) heap_at_stop_ = heap_;
        return;
      case Kind::kStopEnd:
        return end_stop(event.ticks);
      case Kind::kCycleBegin:
        return begin(event.ticks);
      case Kind::kCycleEnd:
        return end(event.ticks);
      case Kind::kHeap:
        heap_ = event.value;
        return;
      case Kind::kGoal:
        // Without one the runtime has a number near 2^63.
        goal_ = event.value < std::uint64_t{1} << 60 ? std::optional(event.value) : std::nullopt;
        return;
    }
  }

  void begin(std::uint64_t ticks) {
    cycle_ = {};
    running_ = true;
    begin_ = ticks;
    mark_begin_.reset();
    ended_.reset();
    heap_at_stop_.reset();
    cycle_.since_start = ns(events_.list.front().ticks, ticks);
    cycle_.heap_at_start = heap_;
    cycle_.goal = goal_;
  }

  // The first stop in a cycle is the one before marking; the one behind ends after the cycle does.
  void end_stop(std::uint64_t ticks) {
    if (!stop_begin_) return;
    const Ns took = ns(*stop_begin_, ticks);
    if (running_ && !cycle_.sweep_stop) {
      cycle_.sweep_stop = took;
      mark_begin_ = ticks;
    } else if (!running_ && ended_ && *stop_begin_ <= *ended_) {
      add_last_stop(took);
    }
    stop_begin_.reset();
  }

  void add_last_stop(Ns took) {
    Cycle& last = series_.cycles.back();
    last.mark_stop = took;
    last.paused = last.sweep_stop.value_or(0) + took;
    if (last.mark) last.mark = *last.mark - std::min(*last.mark, last_overlap_);
    ended_.reset();
  }

  void end(std::uint64_t ticks) {
    if (!running_) return;
    running_ = false;
    cycle_.number = series_.cycles.size() + 1;
    cycle_.live = heap_;
    cycle_.heap_at_end = heap_at_stop_ ? heap_at_stop_ : heap_;
    const std::uint64_t mark_begin = mark_begin_.value_or(begin_);
    cycle_.mark = ns(std::min(mark_begin, ticks), ticks);
    // The last stop runs already: what of it lies in the cycle is no marking.
    last_overlap_ = stop_begin_ ? ns(std::min(*stop_begin_, ticks), ticks) : 0;
    mark_begin_.reset();
    ended_ = ticks;
    series_.cycles.push_back(cycle_);
  }

  const Events& events_;
  Series& series_;
  Cycle cycle_;
  bool running_ = false;
  std::uint64_t begin_ = 0;
  Ns last_overlap_ = 0;
  std::optional<std::uint64_t> stop_begin_, mark_begin_, ended_;
  std::optional<Bytes> heap_, heap_at_stop_, goal_;
};

}  // namespace

bool is_execution_trace(std::span<const std::byte> bytes) {
  return format_of(bytes).has_value();
}

void read_execution_trace(std::span<const std::byte> bytes, const std::string& name, Series& series) {
  const std::uint64_t format = format_of(bytes).value_or(0);
  if (format > kLast)
    fail(ErrorCode::kUnsupported, "{} is an execution trace of format 1.{}, and 1.{} is the last one known", name,
         format, kLast);
  const Events events = format >= kFirstOfBatches ? BatchReader(bytes, name).read() : RecordReader(bytes, name).read();
  if (events.ticks_per_second == 0)
    fail(ErrorCode::kTruncated, "the trace {} ends before it says what its times mean", name);
  CycleMaker(events, series).make();
  series.remark = "Times and numbers are counted from the beginning of the trace.";
  if (events.cut) series.remark += " The trace is cut off.";
}

}  // namespace holdfast::collector
