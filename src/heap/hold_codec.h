// How rows look in a .hold file: little-endian, field by field, without padding. Each structure is described once;
// writing and reading follow the description.
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

template <class Archive>
void describe(Archive& a, TargetInfo& x) {
  a(x.kind, x.pid, x.name, x.exe, x.go_version, x.goarch, x.main_module, x.build_id, x.layout_source, x.has_symbols,
    x.has_dwarf, x.modules, x.threads, x.memory_limit);
}
template <class Archive>
void describe(Archive& a, Pause& x) {
  a(x.predicted_ms, x.measured_ms, x.bytes_read);
}
template <class Archive>
void describe(Archive& a, Account& x) {
  a(x.rss, x.swapped, x.live, x.garbage, x.free, x.released, x.stacks, x.runtime, x.globals, x.c_heap, x.mappings,
    x.files, x.rest, x.known, x.next_gc, x.heap_sys);
}
template <class Archive>
void describe(Archive& a, Counter& x) {
  a(x.name, x.runtime, x.ours, x.must_match, x.note);
}
// Without the excuses, which are a table.
template <class Archive>
void describe(Archive& a, AuditInput& x) {
  a(x.gc_phase, x.gc_cycles, x.alloc_count_mismatches, x.mismatched_spans, x.pointers_to_free_slots,
    x.free_slot_pointers, x.goroutines_checked, x.not_unwound, x.counters);
}
template <class Archive>
void describe(Archive& a, Loss& x) {
  a(x.kind, x.meaning, x.count, x.first);
}
template <class Archive>
void describe(Archive& a, AddressRange& x) {
  a(x.begin, x.end);
}
template <class Archive, class A, class B>
void describe(Archive& a, std::pair<A, B>& x) {
  a(x.first, x.second);
}

// Rows of tables: only fields of fixed size.
template <class Archive>
void describe(Archive& a, Span& x) {
  a(x.base, x.slot_size, x.pages, x.slots, x.alloc_count, x.objects, x.first_object, x.bits_at, x.size_class, x.header,
    x.has_pointers, x.user_arena, x.has_marks);
}
template <class Archive>
void describe(Archive& a, Type& x) {
  a(x.name, x.kind, x.role, x.is_named, x.size, x.pointer_bytes, x.elem, x.key, x.of, x.count, x.first_field,
    x.field_count, x.file, x.line);
}
template <class Archive>
void describe(Archive& a, Field& x) {
  a(x.name, x.type, x.offset);
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
  a(x.kind, x.parent, x.label, x.type, x.goroutine, x.where, x.first_target, x.target_count, x.conservative);
}
template <class Archive>
void describe(Archive& a, RootTarget& x) {
  a(x.object, x.offset);
}
template <class Archive>
void describe(Archive& a, Goroutine& x) {
  a(x.goid, x.parent_goid, x.state, x.system, x.locked_to_thread, x.unwound, x.wait_reason, x.waiting_ns, x.stack, x.g,
    x.waits_on, x.created_by, x.created_file, x.created_line, x.root, x.first_frame, x.frame_count);
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
void describe(Archive& a, MarkExcuse& x) {
  a(x.object, x.cause);
}

// Appends to a byte vector.
class RowWriter {
 public:
  explicit RowWriter(std::vector<std::byte>& to) : to_(to) {}

  template <class... Values>
  void operator()(Values&... values) {
    (put(values), ...);
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
  // Of fixed size, present or not.
  void put(std::optional<std::uint64_t>& value) {
    put_integer(static_cast<std::uint8_t>(value.has_value()));
    put_integer(value.value_or(0));
  }
  void put(std::string& text) {
    put_integer(std::uint64_t{text.size()});
    const auto bytes = std::as_bytes(std::span(text));
    to_.insert(to_.end(), bytes.begin(), bytes.end());
  }
  template <class T>
  void put(std::vector<T>& values) {
    put_integer(std::uint64_t{values.size()});
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

// Reads the same. Fails with kTruncated when bytes end early and kDamaged when a value cannot be.
class RowReader {
 public:
  explicit RowReader(ByteView bytes) : cursor_(std::move(bytes)) {}

  template <class... Values>
  void operator()(Values&... values) {
    (get(values), ...);
  }
  bool at_end() const { return cursor_.at_end(); }

 private:
  template <class T>
  void get(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(cursor_.integer<std::underlying_type_t<T>>());  // its range is checked by validate.h
    } else if constexpr (std::is_same_v<T, bool>) {
      const auto byte = cursor_.integer<std::uint8_t>();
      if (byte > 1) fail(ErrorCode::kDamaged, "{} is neither true nor false", byte);
      value = byte == 1;
    } else if constexpr (std::is_integral_v<T>) {
      value = cursor_.integer<T>();
    } else if constexpr (std::is_same_v<T, double>) {
      value = std::bit_cast<double>(cursor_.integer<std::uint64_t>());
    } else {
      describe(*this, value);
    }
  }
  void get(Address& address) { address = Address(cursor_.integer<std::uint64_t>()); }
  template <class Tag>
  void get(Id<Tag>& id) {
    id = Id<Tag>(cursor_.integer<std::uint32_t>());
  }
  void get(std::optional<std::uint64_t>& value) {
    bool present = false;
    get(present);
    const auto number = cursor_.integer<std::uint64_t>();
    value = present ? std::optional(number) : std::nullopt;
  }
  void get(std::string& text) {
    const auto bytes = cursor_.bytes(cursor_.integer<std::uint64_t>());
    text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  // An element takes a byte at least, so a count that cannot be true is found before anything is allocated for it.
  template <class T>
  void get(std::vector<T>& values) {
    const auto count = cursor_.integer<std::uint64_t>();
    if (count > cursor_.left()) fail(ErrorCode::kTruncated, "{} elements in the last {} bytes", count, cursor_.left());
    values.clear();
    for (std::uint64_t i = 0; i < count; ++i) get(values.emplace_back());
  }

  Cursor cursor_;
};

// Bytes of one row of a table.
template <class Row>
std::uint32_t wire_size() {
  std::vector<std::byte> bytes;
  RowWriter writer(bytes);
  Row row{};
  describe(writer, row);
  return static_cast<std::uint32_t>(bytes.size());
}

}  // namespace holdfast::heap
