// Says how rows look in a .hold file: little-endian, field by field, without padding. Each structure is described once,
// and both writing and reading follow the description. Fields are only ever added, at the end of a description, and
// their default must mean "not known": a row that was written before a field existed ends before it, and a row of a
// newer holdfast goes on behind the last field that we know.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/byte_view.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

// The highest value of an enum that we know, and what a newer value is read as: the one that says least. If no value
// says so little, the part is left out or the file refused, since anything else would be a guess.
template <class Enum>
struct KnownValues {
  Enum last;
  std::optional<Enum> instead_of_newer;
};
constexpr KnownValues<TargetKind> known_values(TargetKind) {
  return {TargetKind::kCore, {}};
}
constexpr KnownValues<TypeKind> known_values(TypeKind) {
  return {TypeKind::kOpaque, TypeKind::kOpaque};
}
constexpr KnownValues<KnownBy> known_values(KnownBy) {
  return {KnownBy::kPart, KnownBy::kPart};
}
constexpr KnownValues<RootKind> known_values(RootKind) {
  return {RootKind::kThread, RootKind::kSpecial};
}
constexpr KnownValues<TypeRole> known_values(TypeRole) {
  return {TypeRole::kStringData, TypeRole::kNone};
}
constexpr KnownValues<MapRemovals> known_values(MapRemovals) {
  return {MapRemovals::kSomewhere, MapRemovals::kUnknown};
}
constexpr KnownValues<DeleteTraces> known_values(DeleteTraces) {
  return {DeleteTraces::kSome, DeleteTraces::kUnknown};
}
constexpr KnownValues<TimerKind> known_values(TimerKind) {
  return {TimerKind::kSleep, TimerKind::kOther};
}
constexpr KnownValues<LockKind> known_values(LockKind) {
  return {LockKind::kWaitGroup, LockKind::kUnknown};
}
constexpr KnownValues<LockHold> known_values(LockHold) {
  return {LockHold::kSurely, LockHold::kPerhaps};
}
constexpr KnownValues<Basis> known_values(Basis) {
  return {Basis::kNearness, Basis::kNone};
}
constexpr KnownValues<Section> known_values(Section) {
  return {Section::kBss, Section::kNone};
}
constexpr KnownValues<Relation> known_values(Relation) {
  return {Relation::kBehind, {}};
}
constexpr KnownValues<MarkCause> known_values(MarkCause) {
  return {MarkCause::kConservativeWord, {}};
}
constexpr KnownValues<CounterRule> known_values(CounterRule) {
  return {CounterRule::kMustMatch, {}};
}
constexpr KnownValues<WaitReason> known_values(WaitReason) {
  return {WaitReason::kTimerGoroutineIdle, WaitReason::kUnknown};
}
constexpr KnownValues<MappingUse> known_values(MappingUse) {
  return {MappingUse::kGoHeap, MappingUse::kOther};
}
constexpr KnownValues<HeaderBasis> known_values(HeaderBasis) {
  return {HeaderBasis::kNearness, HeaderBasis::kNearness};
}
constexpr KnownValues<SweepState> known_values(SweepState) {
  return {SweepState::kBeingSwept, SweepState::kUnknown};
}
constexpr KnownValues<ActorKind> known_values(ActorKind) {
  return {ActorKind::kTimerList, ActorKind::kThread};  // one actor more acquits
}
constexpr KnownValues<GoroutineState> known_values(GoroutineState) {
  return {GoroutineState::kDeadExtra, {}};
}

template <class Enum>
Enum known_value(std::underlying_type_t<Enum> stored, std::uint64_t& newer) {
  constexpr auto known = known_values(Enum{});
  if (stored <= static_cast<std::underlying_type_t<Enum>>(known.last)) return static_cast<Enum>(stored);
  if (!known.instead_of_newer)
    fail(ErrorCode::kUnsupported, "value {} where this holdfast knows 0 to {}: a newer one wrote it", +stored,
         +static_cast<std::underlying_type_t<Enum>>(known.last));
  if (stored != static_cast<std::underlying_type_t<Enum>>(*known.instead_of_newer)) ++newer;
  return *known.instead_of_newer;
}

// Replaces the values of a column that only a newer holdfast knows by those that we know; returns how many there were.
template <class T>
std::uint64_t settle(HugeArray<T>&) {
  return 0;
}
inline std::uint64_t settle(HugeArray<ObjectType>& types) {
  constexpr auto last = known_values(KnownBy{}).last;
  std::uint64_t newer = 0;
  for (ObjectType& type : types) {
    if (type.known_by() <= last) continue;
    type = {type.type(), known_value<KnownBy>(static_cast<std::uint8_t>(type.known_by()), newer)};
  }
  return newer;
}

// Only the counts; every other member has a section of its own.
template <class Archive>
void describe(Archive& a, Snapshot& x) {
  a(x.pointerful, x.objects);
}
// Without the runtimes and the modules of the build, which are sections of their own.
template <class Archive>
void describe(Archive& a, TargetInfo& x) {
  a(x.kind, x.pid, x.name, x.exe, x.go_version, x.goarch, x.main_module, x.build_id, x.layout_source, x.has_symbols,
    x.has_dwarf, x.modules, x.threads, x.memory_limit, x.captured_at_ns, x.host, x.kernel, x.captured_with,
    x.core_written_ns, x.release_given, x.c_handles_made);
}
template <class Archive>
void describe(Archive& a, GoRuntime& x) {
  a(x.image, x.go_version, x.heap_bytes, x.chosen);
}
template <class Archive>
void describe(Archive& a, BuildModule& x) {
  a(x.path, x.version);
}
template <class Archive>
void describe(Archive& a, Pause& x) {
  a(x.predicted_ms, x.measured_ms, x.bytes_read, x.predicted_least_ms, x.predicted_most_ms);
}
template <class Archive>
void describe(Archive& a, Account& x) {
  a(x.rss, x.swapped, x.live, x.garbage, x.free, x.released, x.stacks, x.runtime, x.globals, x.c_heap, x.mappings,
    x.files, x.rest, x.known, x.next_gc, x.heap_sys, x.free_pages, x.released_resident, x.huge, x.of_mappings,
    x.lazy_free);
}
template <class Archive>
void describe(Archive& a, Pace& x) {
  a(x.known, x.gc_percent, x.memory_limit, x.counted, x.marked, x.processors, x.last_collection_at, x.recent_intervals,
    x.recent_ns, x.share_since_start, x.last_work_ns, x.last_cycle_ns);
}
template <class Archive>
void describe(Archive& a, CHeap& x) {
  a(x.recognised, x.used_blocks, x.used_bytes, x.largest, x.free_blocks, x.free_bytes, x.arenas, x.heap_bytes,
    x.large_blocks, x.large_bytes);
}
template <class Archive>
void describe(Archive& a, Counter& x) {
  std::string sentence;  // older files have one in place of in_flight
  a(x.name, x.runtime, x.ours, x.rule, sentence, x.in_flight);
}
// Without counters and excuses, which have sections of their own.
template <class Archive>
void describe(Archive& a, AuditInput& x) {
  a(x.gc_phase, x.gc_cycles, x.alloc_count_mismatches, x.mismatched_spans, x.pointers_to_free_slots,
    x.free_slot_pointers, x.goroutines_checked, x.not_unwound, x.sweep_generation, x.world_stopped, x.stale_numbers);
}
// Without records and mappings, which have sections of their own.
template <class Archive>
void describe(Archive& a, MemoryProfile& x) {
  a(x.known, x.rate, x.switched_off, x.allocs_since, x.alloc_bytes_since);
}
template <class Archive>
void describe(Archive& a, CodeMapping& x) {
  a(x.range, x.file_offset, x.file, x.build_id);
}
template <class Archive>
void describe(Archive& a, Loss& x) {
  a(x.kind, x.count, x.first, x.detail);
}
template <class Archive>
void describe(Archive& a, AddressRange& x) {
  a(x.begin, x.end);
}
template <class Archive, class A, class B>
void describe(Archive& a, std::pair<A, B>& x) {
  a(x.first, x.second);
}

// The following are rows of tables and only have fields of fixed size.
template <class Archive>
void describe(Archive& a, Span& x) {
  a(x.base, x.slot_size, x.pages, x.slots, x.alloc_count, x.objects, x.first_object, x.bits_at, x.size_class, x.header,
    x.has_pointers, x.user_arena, x.has_marks);
}
template <class Archive>
void describe(Archive& a, SpanRecord& x) {
  a(x.free_index, x.sweep, x.processor);
}
template <class Archive>
void describe(Archive& a, FrameHeader& x) {
  a(x.at, x.data, x.type, x.length, x.capacity, x.basis, x.variable);
}
template <class Archive>
void describe(Archive& a, Type& x) {
  a(x.name, x.kind, x.role, x.is_named, x.size, x.pointer_bytes, x.elem, x.key, x.of, x.count, x.first_field,
    x.field_count, x.file, x.line, x.removals);
}
template <class Archive>
void describe(Archive& a, Field& x) {
  a(x.name, x.type, x.offset);
}
template <class Archive>
void describe(Archive& a, NamedWord& x) {
  a(x.word, x.type, x.direct, x.function);
}
template <class Archive>
void describe(Archive& a, PlaceInData& x) {
  a(x.section, x.module, x.offset);
}
template <class Archive>
void describe(Archive& a, PlaceInCode& x) {
  a(x.function, x.offset, x.pc, x.file, x.line);
}
template <class Archive>
void describe(Archive& a, Label& x) {
  a(x.basis, x.code, x.members, x.wait_reason, x.variable, x.data, x.relation, x.distance, x.user, x.other_user,
    x.behind);
}
template <class Archive>
void describe(Archive& a, Root& x) {
  a(x.kind, x.parent, x.label, x.type, x.goroutine, x.where, x.first_target, x.target_count, x.conservative, x.about,
    x.type_offset, x.frame);
}
template <class Archive>
void describe(Archive& a, RootTarget& x) {
  a(x.object, x.offset);
}
template <class Archive>
void describe(Archive& a, Goroutine& x) {
  a(x.goid, x.parent_goid, x.state, x.system, x.locked_to_thread, x.unwound, x.wait_reason, x.waiting_ns, x.stack, x.g,
    x.waits_on, x.created_by, x.created_file, x.created_line, x.root, x.first_frame, x.frame_count, x.stack_used,
    x.largest_frame, x.largest_frame_bytes);
}
template <class Archive>
void describe(Archive& a, GoroutineLabel& x) {
  a(x.goroutine, x.key, x.value);
}
template <class Archive>
void describe(Archive& a, Channel& x) {
  a(x.object, x.length, x.capacity, x.closed);
}
template <class Archive>
void describe(Archive& a, ChannelWait& x) {
  a(x.goroutine, x.channel, x.sends);
}
template <class Archive>
void describe(Archive& a, MapFill& x) {
  a(x.header, x.entries, x.slots, x.bytes, x.deletes, x.nan_keys);
}
template <class Archive>
void describe(Archive& a, LargeHeader& x) {
  a(x.object, x.variable, x.into, x.type, x.at, x.begin, x.length, x.capacity);
}
template <class Archive>
void describe(Archive& a, AwaitedLock& x) {
  a(x.semaphore, x.at, x.object, x.label, x.kind, x.known, x.locked, x.readers, x.missing);
}
template <class Archive>
void describe(Archive& a, LockHolder& x) {
  a(x.lock, x.goroutine, x.frame, x.hold);
}
template <class Archive>
void describe(Archive& a, ClosedFile& x) {
  a(x.object);
}
template <class Archive>
void describe(Archive& a, StaleWord& x) {
  a(x.object, x.at, x.value, x.is_pointer);
}
template <class Archive>
void describe(Archive& a, Timer& x) {
  a(x.object, x.argument, x.goroutine, x.kind, x.stopped, x.due_known, x.function, x.calls, x.due_in_ns, x.period_ns);
}
template <class Archive>
void describe(Archive& a, WakeUp& x) {
  a(x.goroutine, x.object, x.stack, x.record);
}
template <class Archive>
void describe(Archive& a, Actor& x) {
  a(x.object, x.kind);
}
template <class Archive>
void describe(Archive& a, Frame& x) {
  a(x.pc, x.function, x.file, x.line, x.inlined);
}
template <class Archive>
void describe(Archive& a, AllocationStack& x) {
  a(x.first_frame, x.frame_count);
}
template <class Archive>
void describe(Archive& a, SampledObject& x) {
  a(x.object, x.stack);
}
template <class Archive>
void describe(Archive& a, ProfileRecord& x) {
  a(x.stack, x.object_size, x.allocs, x.frees);
}
template <class Archive>
void describe(Archive& a, MarkExcuse& x) {
  a(x.object, x.cause, x.frame);
}
template <class Archive>
void describe(Archive& a, Mapping& x) {
  a(x.range, x.use, x.name, x.resident, x.huge, x.writable, x.shared, x.pointers);
}
template <class Archive>
void describe(Archive& a, MappingHolder& x) {
  a(x.mapping, x.object, x.variable, x.offset, x.value);
}

// Appends rows to a byte vector, which it neither owns nor clears.
class RowWriter {
 public:
  explicit RowWriter(std::vector<std::byte>& to) : to_(to) {}

  template <class... Values>
  void operator()(Values&... values) {
    (put(values), ...);
  }
  template <class Row>
  void row(const Row& row) {
    // A description also serves reading, which fills the fields; writing only looks at them.
    describe(*this, const_cast<Row&>(row));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }
  // Writes a row of any size behind its length.
  template <class Record>
  void record(const Record& record) {
    const std::size_t begin = to_.size();
    put_integer(std::uint32_t{0});
    row(record);
    const le32 size(static_cast<std::uint32_t>(to_.size() - begin - sizeof(le32)));
    std::memcpy(to_.data() + begin, &size, sizeof(size));
  }
  void text(std::string_view text) {
    put_integer(static_cast<std::uint32_t>(text.size()));
    const auto bytes = std::as_bytes(std::span(text));
    to_.insert(to_.end(), bytes.begin(), bytes.end());
  }

 private:
  template <class T>
  void put(T& value) {
    if constexpr (std::is_enum_v<T>) {
      put_integer(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_same_v<T, bool>) {
      put_integer(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_integral_v<T>) {
      put_integer(value);
    } else if constexpr (std::is_same_v<T, double>) {
      put_integer(std::bit_cast<std::uint64_t>(value));
    } else {
      describe(*this, value);
    }
  }
  void put(Address& address) { put_integer(address.value); }
  template <class Tag>
  void put(Id<Tag>& id) {
    put_integer(id.row);
  }
  // An optional number has the same size whether or not it is present.
  void put(std::optional<std::uint64_t>& value) {
    put_integer(static_cast<std::uint8_t>(value.has_value()));
    put_integer(value.value_or(0));
  }
  void put(std::string& value) { text(value); }
  // Vectors hold plain values, which cannot grow; what has fields has a section of its own.
  template <class T>
  void put(std::vector<T>& values) {
    put_integer(static_cast<std::uint32_t>(values.size()));
    for (T& value : values) put(value);
  }
  template <std::integral T>
  void put_integer(T value) {
    const WireInt<T, std::endian::little> wire(value);
    const auto bytes = std::as_bytes(std::span(&wire, 1));
    to_.insert(to_.end(), bytes.begin(), bytes.end());
  }

  std::vector<std::byte>& to_;
};

// Reads what RowWriter has written. Fails with kDamaged when a row ends within a field or a value is impossible, and
// with kUnsupported when only a newer holdfast knows the value.
class RowReader {
 public:
  explicit RowReader(ByteView bytes) : cursor_(std::move(bytes)) {}

  // Reads the next `size` bytes into the row. Fields behind their end keep their values; bytes behind the last field
  // are skipped.
  template <class Row>
  void row(std::uint64_t size, Row& row) {
    if (size > cursor_.left()) fail(ErrorCode::kDamaged, "a row of {} bytes in the last {}", size, cursor_.left());
    end_ = cursor_.offset() + size;
    describe(*this, row);
    cursor_.skip(row_left());
  }
  template <class Record>
  void record(Record& record) {
    row(size_of_next(), record);
  }
  std::string_view text() {
    const auto bytes = cursor_.bytes(size_of_next());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  bool at_end() const { return cursor_.at_end(); }
  std::uint64_t left() const { return cursor_.left(); }
  // How many values were of kinds that we do not know.
  std::uint64_t newer_values() const { return newer_; }

  // For describe().
  template <class... Values>
  void operator()(Values&... values) {
    ((row_left() == 0 ? void() : get(values)), ...);
  }

 private:
  std::uint64_t row_left() const { return end_ - cursor_.offset(); }
  std::uint32_t size_of_next() {
    if (cursor_.left() < sizeof(le32)) fail(ErrorCode::kDamaged, "a record in the last {} bytes", cursor_.left());
    return cursor_.integer<std::uint32_t>();
  }
  void need(std::uint64_t bytes) const {
    if (bytes > row_left())
      fail(ErrorCode::kDamaged, "a value of {} bytes in the last {} of its row", bytes, row_left());
  }

  template <class T>
  void get(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = known_value<T>(integer<std::underlying_type_t<T>>(), newer_);
    } else if constexpr (std::is_same_v<T, bool>) {
      const auto byte = integer<std::uint8_t>();
      if (byte > 1) fail(ErrorCode::kDamaged, "{} is neither true nor false", byte);
      value = byte == 1;
    } else if constexpr (std::is_integral_v<T>) {
      value = integer<T>();
    } else if constexpr (std::is_same_v<T, double>) {
      value = std::bit_cast<double>(integer<std::uint64_t>());
    } else {
      describe(*this, value);
    }
  }
  void get(Address& address) { address = Address(integer<std::uint64_t>()); }
  template <class Tag>
  void get(Id<Tag>& id) {
    id = Id<Tag>(integer<std::uint32_t>());
  }
  void get(std::optional<std::uint64_t>& value) {
    bool present = false;
    get(present);
    const auto number = integer<std::uint64_t>();
    value = present ? std::optional(number) : std::nullopt;
  }
  void get(std::string& value) {
    const auto size = integer<std::uint32_t>();
    need(size);
    const auto bytes = cursor_.bytes(size);
    value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  // Each element takes at least a byte, so an impossible count is found before anything is allocated for it.
  template <class T>
  void get(std::vector<T>& values) {
    static_assert(std::is_integral_v<T> || std::is_same_v<T, Address>, "what has fields is a section of its own");
    const auto count = integer<std::uint32_t>();
    need(count);
    values.clear();
    for (std::uint32_t i = 0; i < count; ++i) get(values.emplace_back());
  }
  template <std::integral T>
  T integer() {
    need(sizeof(T));
    return cursor_.integer<T>();
  }

  Cursor cursor_;
  std::uint64_t end_ = 0;    // of the row that is read
  std::uint64_t newer_ = 0;  // values of kinds that we do not know
};

// Returns how many bytes one row of a table takes.
template <class Row>
std::uint32_t wire_size() {
  std::vector<std::byte> bytes;
  RowWriter writer(bytes);
  writer.row(Row{});
  return static_cast<std::uint32_t>(bytes.size());
}

}  // namespace holdfast::heap
