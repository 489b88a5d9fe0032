#include "heap/validate.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "base/architecture.h"
#include "base/error.h"
#include "heap/column_checks.h"

namespace holdfast::heap {
namespace {

constexpr std::uint64_t kAddressEnd = std::uint64_t{1} << 47;  // of linux/amd64

class Check {
 public:
  explicit Check(const Snapshot& snapshot) : snapshot_(snapshot) {}

  std::vector<std::string> run() {
    check_spans();
    check_columns();
    check_types();
    check_labels();
    check_roots();
    check_goroutines();
    check_goroutine_labels();
    check_channels();
    check_map_fills();
    check_timers();
    check_awaited_locks();
    check_lock_holders();
    check_closed_files();
    check_wake_ups();
    check_span_records();
    check_frame_headers();
    check_large_headers(snapshot_.large_headers, "large header");
    check_large_headers(snapshot_.element_pointers, "element pointer");
    check_stale_words();
    check_samples();
    check_mappings();
    check_rest();
    return std::move(problems_);
  }

 private:
  template <typename... Args>
  void problem(fmt::format_string<Args...> format, Args&&... args) {
    ++found_;
    if (problems_.size() < kMostProblems) problems_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  bool is_row(std::uint32_t row, std::size_t rows) const { return row == StringId::kNone || row < rows; }
  void check_string(StringId id, const char* what, std::size_t row) {
    if (!is_row(id.row, snapshot_.strings.size()))
      problem("{} {} names string {} of {}", what, row, id.row, snapshot_.strings.size());
  }
  void check_type(TypeId id, const char* what, std::size_t row) {
    if (!is_row(id.row, snapshot_.types.size()))
      problem("{} {} names type {} of {}", what, row, id.row, snapshot_.types.size());
  }
  void check_range(std::uint64_t first, std::uint64_t count, std::size_t rows, const char* what, std::size_t row) {
    if (first + count > rows) problem("{} {} has rows {} .. {} of {}", what, row, first, first + count, rows);
  }

  void check_spans() {
    Address end;
    std::uint64_t next[2] = {0, snapshot_.pointerful};
    for (std::size_t s = 0; s < snapshot_.spans.size(); ++s) {
      const Span& span = snapshot_.spans[s];
      const std::uint64_t base = span.base.value;
      if (base < end.value || base % kGoPage != 0 || base >= kAddressEnd || span.bytes() > kAddressEnd - base)
        problem("span {} of {} pages lies at {:#x}, the one before it ends at {:#x}", s, span.pages, base, end.value);
      if (span.slot_size == 0 || span.slot_size % 8 != 0 ||
          (span.slots > 0 && span.slot_size > span.bytes() / span.slots))
        problem("span {} has {} slots of {} bytes in {} pages", s, span.slots, span.slot_size, span.pages);
      if (span.slots > 1 && span.bytes() > std::uint64_t{4} << 30)
        problem("span {} has {} slots in {} bytes", s, span.slots, span.bytes());
      std::uint64_t& first = next[span.has_pointers ? 0 : 1];
      if (span.objects > 0 && span.first_object != first)
        problem("span {} begins with object {} instead of {}", s, span.first_object, first);
      first += span.objects;
      check_bits(s);
      end = Address(std::max(end.value, base + span.bytes()));
    }
    if (next[0] != snapshot_.pointerful || next[1] != snapshot_.objects)
      problem("the spans have {} objects with pointers of {} in all, not {} of {}", next[0], next[1],
              snapshot_.pointerful, snapshot_.objects);
  }

  void check_bits(std::size_t s) {
    const Span& span = snapshot_.spans[s];
    const std::uint64_t words = (std::uint64_t{span.slots} + 63) / 64;
    if (span.bits_at + words > snapshot_.allocated.size()) {
      problem("span {} has bit words {} .. {} of {}", s, span.bits_at, span.bits_at + words,
              snapshot_.allocated.size());
      return;
    }
    std::uint64_t count = 0;
    for (std::uint64_t w = 0; w < words; ++w)
      count += static_cast<unsigned>(std::popcount(snapshot_.allocated[span.bits_at + w]));
    if (count != span.objects) problem("span {} has {} bits for {} objects", s, count, span.objects);
    if (span.slots % 64 != 0 && snapshot_.allocated[span.bits_at + words - 1] >> (span.slots % 64) != 0)
      problem("span {} has bits behind its {} slots", s, span.slots);
  }

  // Columns that are still packed are checked by whoever unpacks them.
  void check_columns() {
    take(wrong_sizes(snapshot_));
    check_column(snapshot_.object_type, check_of_types);
    if (!edges_fit(snapshot_)) return;
    const std::uint64_t found_before = found_;
    check_column(snapshot_.edges.row_begin, check_of_rows);
    check_column(snapshot_.edges.target, check_of_targets);
    if (found_ == found_before) check_column(snapshot_.edges.step, check_of_steps);
  }

  template <typename T>
  void check_column(const Column<T>& column, ColumnCheck<T> (*check_of)(const Snapshot&)) {
    if (!column.empty() && !column.is_packed()) take(check_of(snapshot_)(column.span()));
  }
  void take(std::vector<std::string> found) {
    for (std::string& each : found) problem("{}", each);
  }

  void check_types() {
    for (std::size_t t = 0; t < snapshot_.types.size(); ++t) {
      const Type& type = snapshot_.types[t];
      check_string(type.name, "type", t);
      check_type(type.elem, "type", t);
      check_type(type.key, "type", t);
      check_type(type.of, "type", t);
      check_string(type.file, "type", t);
      check_range(type.first_field, type.field_count, snapshot_.fields.size(), "type", t);
      if (type.kind > TypeKind::kOpaque) problem("type {} is of kind {}", t, static_cast<int>(type.kind));
      if (type.role > TypeRole::kStringData) problem("type {} has role {}", t, static_cast<int>(type.role));
    }
    for (std::size_t f = 0; f < snapshot_.fields.size(); ++f) {
      check_string(snapshot_.fields[f].name, "field", f);
      check_type(snapshot_.fields[f].type, "field", f);
    }
  }

  void check_labels() {
    for (std::size_t l = 0; l < snapshot_.labels.size(); ++l) {
      const Label& label = snapshot_.labels[l];
      for (const StringId id :
           {label.code.function, label.code.file, label.variable, label.data.module, label.user, label.other_user})
        check_string(id, "label", l);
      if (label.basis > Basis::kNearness || label.members > RootKind::kThread || label.data.section > Section::kBss ||
          label.relation > Relation::kBehind)
        problem("label {} has basis {}, members {}, section {}, relation {}", l, static_cast<int>(label.basis),
                static_cast<int>(label.members), static_cast<int>(label.data.section),
                static_cast<int>(label.relation));
      const bool has_holder = label.behind.row < snapshot_.labels.size() && !snapshot_.labels[label.behind.row].behind;
      if (label.relation == Relation::kBehind ? !has_holder : static_cast<bool>(label.behind))
        problem("label {} is behind label {} of {}", l, label.behind.row, snapshot_.labels.size());
    }
  }

  void check_roots() {
    for (std::size_t r = 0; r < snapshot_.roots.size(); ++r) {
      const Root& root = snapshot_.roots[r];
      if (root.kind > RootKind::kThread) problem("root {} is of kind {}", r, static_cast<int>(root.kind));
      if (root.parent && root.parent.row >= r) problem("root {} has parent {}", r, root.parent.row);
      if (!is_row(root.label.row, snapshot_.labels.size()))
        problem("root {} names label {} of {}", r, root.label.row, snapshot_.labels.size());
      check_type(root.type, "root", r);
      if (!is_row(root.goroutine.row, snapshot_.goroutines.size()))
        problem("root {} belongs to goroutine {} of {}", r, root.goroutine.row, snapshot_.goroutines.size());
      if (!is_row(root.about.row, snapshot_.objects))
        problem("root {} is about object {} of {}", r, root.about.row, snapshot_.objects);
      if (!is_row(root.frame.row, snapshot_.frames.size()))
        problem("root {} is of frame {} of {}", r, root.frame.row, snapshot_.frames.size());
      check_range(root.first_target, root.target_count, snapshot_.root_targets.size(), "root", r);
    }
    for (std::size_t t = 0; t < snapshot_.root_targets.size(); ++t)
      if (snapshot_.root_targets[t].object.row >= snapshot_.objects)
        problem("root target {} is object {} of {}", t, snapshot_.root_targets[t].object.row, snapshot_.objects);
  }

  void check_goroutines() {
    for (std::size_t g = 0; g < snapshot_.goroutines.size(); ++g) {
      const Goroutine& goroutine = snapshot_.goroutines[g];
      if (goroutine.state > GoroutineState::kDeadExtra)
        problem("goroutine {} is in state {}", g, static_cast<int>(goroutine.state));
      for (const StringId id : {goroutine.created_by, goroutine.created_file}) check_string(id, "goroutine", g);
      if (!is_row(goroutine.root.row, snapshot_.roots.size()))
        problem("goroutine {} has root {} of {}", g, goroutine.root.row, snapshot_.roots.size());
      check_range(goroutine.first_frame, goroutine.frame_count, snapshot_.frames.size(), "goroutine", g);
      if (!is_row(goroutine.largest_frame.row, snapshot_.frames.size()))
        problem("goroutine {} has frame {} of {}", g, goroutine.largest_frame.row, snapshot_.frames.size());
    }
    for (std::size_t f = 0; f < snapshot_.frames.size(); ++f)
      for (const StringId id : {snapshot_.frames[f].function, snapshot_.frames[f].file}) check_string(id, "frame", f);
  }

  void check_goroutine_labels() {
    const auto& all = snapshot_.goroutine_labels;
    for (std::size_t l = 0; l < all.size(); ++l) {
      if (all[l].goroutine.row >= snapshot_.goroutines.size() || (l > 0 && all[l].goroutine < all[l - 1].goroutine))
        problem("goroutine label {} is of goroutine {} of {}, out of order", l, all[l].goroutine.row,
                snapshot_.goroutines.size());
      for (const StringId id : {all[l].key, all[l].value})
        if (id.row >= snapshot_.strings.size())
          problem("goroutine label {} names string {} of {}", l, id.row, snapshot_.strings.size());
    }
  }

  void check_channels() {
    const auto& channels = snapshot_.channels;
    for (std::size_t c = 0; c < channels.size(); ++c) {
      if (channels[c].object.row >= snapshot_.objects || (c > 0 && channels[c].object <= channels[c - 1].object))
        problem("channel {} is object {} of {}, out of order", c, channels[c].object.row, snapshot_.objects);
      if (channels[c].length > channels[c].capacity)
        problem("channel {} has {} elements in room for {}", c, channels[c].length, channels[c].capacity);
    }
    const auto& waits = snapshot_.channel_waits;
    for (std::size_t w = 0; w < waits.size(); ++w)
      if (waits[w].goroutine.row >= snapshot_.goroutines.size() || waits[w].channel.row >= channels.size() ||
          (w > 0 && waits[w] <= waits[w - 1]))
        problem("wait {} is of goroutine {} of {} for channel {} of {}, out of order", w, waits[w].goroutine.row,
                snapshot_.goroutines.size(), waits[w].channel.row, channels.size());
  }

  void check_map_fills() {
    const auto& fills = snapshot_.map_fills;
    for (std::size_t f = 0; f < fills.size(); ++f) {
      if (fills[f].header.row >= snapshot_.objects || (f > 0 && fills[f].header <= fills[f - 1].header))
        problem("map {} is object {} of {}, out of order", f, fills[f].header.row, snapshot_.objects);
      if (fills[f].entries > fills[f].slots)
        problem("map {} has {} entries in room for {}", f, fills[f].entries, fills[f].slots);
    }
  }

  void check_timers() {
    const auto& timers = snapshot_.timers;
    const auto is_object = [&](ObjectId object) { return !object || object.row < snapshot_.objects; };
    for (std::size_t t = 0; t < timers.size(); ++t) {
      const Timer& timer = timers[t];
      if (!is_object(timer.object) || !is_object(timer.argument) ||
          (timer.goroutine && timer.goroutine.row >= snapshot_.goroutines.size()) || (t > 0 && timer < timers[t - 1]))
        problem("timer {} is object {} with object {} for goroutine {}; out of range or order", t, timer.object.row,
                timer.argument.row, timer.goroutine.row);
      for (const StringId id : {timer.function, timer.calls}) check_string(id, "timer", t);
    }
  }

  void check_awaited_locks() {
    const auto& locks = snapshot_.awaited_locks;
    for (std::size_t l = 0; l < locks.size(); ++l) {
      const AwaitedLock& lock = locks[l];
      if ((lock.object && lock.object.row >= snapshot_.objects) ||
          (lock.label && lock.label.row >= snapshot_.labels.size()) ||
          (l > 0 && lock.semaphore <= locks[l - 1].semaphore))
        problem("lock {} lies in object {} of {}, with label {} of {}; out of range or order", l, lock.object.row,
                snapshot_.objects, lock.label.row, snapshot_.labels.size());
    }
  }

  void check_lock_holders() {
    const auto& holders = snapshot_.lock_holders;
    for (std::size_t h = 0; h < holders.size(); ++h) {
      const LockHolder& holder = holders[h];
      if (holder.goroutine.row >= snapshot_.goroutines.size() ||
          (holder.frame && holder.frame.row >= snapshot_.frames.size()) || (h > 0 && holder <= holders[h - 1]))
        problem("lock holder {} is goroutine {} of {} at frame {} of {}; out of range or order", h,
                holder.goroutine.row, snapshot_.goroutines.size(), holder.frame.row, snapshot_.frames.size());
    }
  }

  void check_closed_files() {
    const auto& files = snapshot_.closed_files;
    for (std::size_t f = 0; f < files.size(); ++f)
      if (files[f].object.row >= snapshot_.objects || (f > 0 && files[f] <= files[f - 1]))
        problem("closed file {} is object {} of {}; out of range or order", f, files[f].object.row, snapshot_.objects);
  }

  void check_wake_ups() {
    const auto& wake_ups = snapshot_.wake_ups;
    const auto is_object = [&](ObjectId object) { return !object || object.row < snapshot_.objects; };
    const auto is_goroutine = [&](GoroutineId goroutine) { return goroutine.row < snapshot_.goroutines.size(); };
    for (std::size_t w = 0; w < wake_ups.size(); ++w) {
      const WakeUp& each = wake_ups[w];
      if (!is_goroutine(each.goroutine) || (each.stack && !is_goroutine(each.stack)) || !is_object(each.object) ||
          !is_object(each.record) || each.stack == each.goroutine || (w > 0 && each <= wake_ups[w - 1]))
        problem("wake-up {} is of goroutine {}, by object {} or the stack of {}, record {}; out of range or order", w,
                each.goroutine.row, each.object.row, each.stack.row, each.record.row);
    }
    const auto& actors = snapshot_.actors;
    for (std::size_t a = 0; a < actors.size(); ++a)
      if (actors[a].object.row >= snapshot_.objects || (a > 0 && actors[a] <= actors[a - 1]))
        problem("actor {} is object {} of {}, out of order", a, actors[a].object.row, snapshot_.objects);
  }

  void check_span_records() {
    const auto& records = snapshot_.span_records;
    if (!records.empty() && records.size() != snapshot_.spans.size())
      problem("{} records of {} spans", records.size(), snapshot_.spans.size());
    for (std::size_t s = 0; s < std::min(records.size(), snapshot_.spans.size()); ++s)
      if (records[s].free_index > snapshot_.spans[s].slots)
        problem("span {} has a free index of {} with {} slots", s, records[s].free_index, snapshot_.spans[s].slots);
  }

  void check_frame_headers() {
    const auto& headers = snapshot_.frame_headers;
    for (std::size_t h = 0; h < headers.size(); ++h) {
      const FrameHeader& header = headers[h];
      if (h > 0 && header.at <= headers[h - 1].at)
        problem("frame header {} at {:#x} is out of order", h, header.at.value);
      if (!header.type || header.type.row >= snapshot_.types.size())
        problem("frame header {} is of type {} of {}", h, header.type.row, snapshot_.types.size());
      check_string(header.variable, "frame header", h);
      if (header.length && header.capacity && *header.length > *header.capacity)
        problem("frame header {} has length {} and capacity {}", h, *header.length, *header.capacity);
    }
  }

  void check_large_headers(const std::vector<LargeHeader>& headers, const char* what) {
    for (std::size_t h = 0; h < headers.size(); ++h) {
      const LargeHeader& header = headers[h];
      if (h > 0 && place_of(header) <= place_of(headers[h - 1])) problem("{} {} is out of order", what, h);
      if (header.object ? header.variable || header.object.row >= snapshot_.pointerful
                        : !header.variable || header.variable.row >= snapshot_.roots.size())
        problem("{} {} lies in object {} of {}, or root {} of {}", what, h, header.object.row, snapshot_.pointerful,
                header.variable.row, snapshot_.roots.size());
      if (header.into.row >= snapshot_.objects || !header.type || header.type.row >= snapshot_.types.size())
        problem("{} {} is of type {} of {}, for object {} of {}", what, h, header.type.row, snapshot_.types.size(),
                header.into.row, snapshot_.objects);
      if (header.length > header.capacity || header.capacity > ~header.begin)
        problem("{} {} has length {} and capacity {} from {}", what, h, header.length, header.capacity, header.begin);
    }
  }

  void check_stale_words() {
    const auto& words = snapshot_.stale_words;
    if (words.size() > kMostStaleWords) problem("{} stale words, of {} at most", words.size(), kMostStaleWords);
    for (std::size_t w = 0; w < words.size(); ++w) {
      if (words[w].object.row >= snapshot_.pointerful)
        problem("stale word {} lies in object {} of {}", w, words[w].object.row, snapshot_.pointerful);
      if (w > 0 && std::tie(words[w].object, words[w].at) <= std::tie(words[w - 1].object, words[w - 1].at))
        problem("stale word {} is out of order", w);
    }
  }

  void check_samples() {
    const auto& stacks = snapshot_.allocation_stacks;
    for (std::size_t s = 0; s < stacks.size(); ++s)
      check_range(stacks[s].first_frame, stacks[s].frame_count, snapshot_.frames.size(), "allocation stack", s);
    ObjectId last;
    for (std::size_t i = 0; i < snapshot_.sampled.size(); ++i) {
      const SampledObject& sample = snapshot_.sampled[i];
      if (sample.object.row >= snapshot_.objects || sample.stack.row >= stacks.size())
        problem("sample {} is of object {} of {} and stack {} of {}", i, sample.object.row, snapshot_.objects,
                sample.stack.row, stacks.size());
      else if (last && sample.object <= last)
        problem("sample {} is of object {}, the one before it of {}", i, sample.object.row, last.row);
      last = sample.object;
    }
    for (std::size_t r = 0; r < snapshot_.profile.records.size(); ++r) {
      const ProfileRecord& record = snapshot_.profile.records[r];
      if (record.stack.row >= stacks.size())
        problem("profile record {} is of stack {} of {}", r, record.stack.row, stacks.size());
      if (record.frees > record.allocs)
        problem("profile record {} has {} objects freed, {} allocated", r, record.frees, record.allocs);
    }
    check_ranges_of_code();
  }

  void check_ranges_of_code() {
    for (const CodeMapping& mapping : snapshot_.profile.mappings)
      if (mapping.range.end < mapping.range.begin)
        problem("the code of {} lies at [{:#x}, {:#x})", mapping.file, mapping.range.begin.value,
                mapping.range.end.value);
  }

  void check_mappings() {
    Address end;
    for (std::size_t m = 0; m < snapshot_.mappings.size(); ++m) {
      const Mapping& mapping = snapshot_.mappings[m];
      if (mapping.range.begin < end || mapping.range.end < mapping.range.begin)
        problem("mapping {} [{:#x}, {:#x}) is out of order", m, mapping.range.begin.value, mapping.range.end.value);
      if (mapping.use > MappingUse::kGoHeap) problem("mapping {} is for {}", m, static_cast<int>(mapping.use));
      check_string(mapping.name, "mapping", m);
      end = mapping.range.end;
    }
    std::uint32_t last = 0;
    for (std::size_t h = 0; h < snapshot_.mapping_holders.size(); ++h) {
      const MappingHolder& holder = snapshot_.mapping_holders[h];
      if (holder.mapping < last || holder.mapping >= snapshot_.mappings.size() ||
          !is_row(holder.object.row, snapshot_.objects) || !is_row(holder.variable.row, snapshot_.labels.size()))
        problem("holder {} of mapping {} of {} is object {} of {} or label {} of {}", h, holder.mapping,
                snapshot_.mappings.size(), holder.object.row, snapshot_.objects, holder.variable.row,
                snapshot_.labels.size());
      last = holder.mapping;
    }
  }

  void check_order(const std::vector<AddressRange>& ranges, const char* what) {
    Address end;
    for (const AddressRange& range : ranges) {
      if (range.begin < end || range.end < range.begin)
        problem("{} [{:#x}, {:#x}) is out of order", what, range.begin.value, range.end.value);
      end = range.end;
    }
  }

  void check_rest() {
    if (snapshot_.target.kind > TargetKind::kCore)
      problem("the target is of kind {}", static_cast<int>(snapshot_.target.kind));
    for (std::size_t i = 0; i < snapshot_.audit.excuses.size(); ++i) {
      const MarkExcuse& excuse = snapshot_.audit.excuses[i];
      if (excuse.cause > MarkCause::kConservativeWord)
        problem("mark excuse {} has cause {}", i, static_cast<int>(excuse.cause));
      if (excuse.object.row >= snapshot_.objects)
        problem("mark excuse {} is about object {} of {}", i, excuse.object.row, snapshot_.objects);
      if (!is_row(excuse.frame.row, snapshot_.frames.size()))
        problem("mark excuse {} rests on frame {} of {}", i, excuse.frame.row, snapshot_.frames.size());
    }
    check_order(snapshot_.absent, "absent memory");
    check_order(snapshot_.content.ranges, "content");
    check_named_words();
    std::uint64_t bytes = 0;
    for (const AddressRange& range : snapshot_.content.ranges) bytes += range.size();
    // Of content that is still in its file the reader of that knows how much there is.
    if (snapshot_.content.source != nullptr) return;
    if (bytes != snapshot_.content.bytes.size())
      problem("{} bytes of content for ranges of {} bytes", snapshot_.content.bytes.size(), bytes);
  }

  void check_named_words() {
    for (std::size_t w = 0; w < snapshot_.named_words.size(); ++w) {
      const NamedWord& named = snapshot_.named_words[w];
      if (w > 0 && named.word <= snapshot_.named_words[w - 1].word)
        problem("named word {} {:#x} is out of order", w, named.word.value);
      if (!is_row(named.type.row, snapshot_.types.size()))
        problem("named word {} is of type {} of {}", w, named.type.row, snapshot_.types.size());
      check_string(named.function, "named word", w);
    }
  }

  const Snapshot& snapshot_;
  std::uint64_t found_ = 0;
  std::vector<std::string> problems_;  // the first few, up to kMostProblems
};

}  // namespace

std::vector<std::string> problems(const Snapshot& snapshot) {
  return Check(snapshot).run();
}

}  // namespace holdfast::heap
