// Type descriptors as the compiler lays them out (runtime._type up to Go 1.20, internal/abi.Type since). Their layout
// is the same from Go 1.17 to 1.27 (reference 6.1), so it is written down here instead of looked up; only the meaning
// of a few flags depends on the release.
#pragma once

#include <cstdint>
#include <optional>

#include "base/memory_source.h"
#include "base/wire.h"
#include "go/version.h"

namespace holdfast::go {

// The numbers of reflect.Kind.
enum class TypeKind : std::uint8_t {
  kInvalid = 0,
  kBool = 1,
  kInt = 2,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kUintptr,
  kFloat32,
  kFloat64,
  kComplex64,
  kComplex128,
  kArray = 17,
  kChan,
  kFunc,
  kInterface,
  kMap,
  kPointer,
  kSlice,
  kString,
  kStruct,
  kUnsafePointer = 26,
};

struct TypeHeader {
  le64 size;           // bytes of one value
  le64 pointer_bytes;  // the beginning that can hold pointers; 0 = there are none
  le32 hash;
  std::uint8_t tflag;
  std::uint8_t align;
  std::uint8_t field_align;
  std::uint8_t kind_byte;
  le64 equal;
  le64 gc_data;
  les32 name;  // from moduledata.types; negative: the name of a type that reflect made
  les32 pointer_to_this;

  TypeKind kind() const { return static_cast<TypeKind>(kind_byte & 31); }
  bool has_uncommon() const { return (tflag & 1) != 0; }
  bool has_extra_star() const { return (tflag & 2) != 0; }
  bool is_named() const { return (tflag & 4) != 0; }
  // Whether the data word of an interface is the value itself: in tflag since Go 1.26, in the kind byte before.
  bool is_direct(const GoVersion& version) const {
    return version.pure_kind_byte() ? (tflag & 32) != 0 : (kind_byte & 32) != 0;
  }
  // Whether gc_data is a GC program behind a 4-byte length (up to Go 1.23).
  bool has_gc_program(const GoVersion& version) const {
    return version.gc_programs_in_types() && (kind_byte & 64) != 0;
  }
  // Whether gc_data leads to a mask that is built when it is first needed (since Go 1.24). In 1.22 and 1.23 the same
  // flag marks a nameless type whose program the runtime has expanded: there gc_data is a plain mask.
  bool has_mask_on_demand(const GoVersion& version) const {
    return !version.gc_programs_in_types() && (tflag & 16) != 0;
  }
};
static_assert(sizeof(TypeHeader) == 48 && WireStruct<TypeHeader>);

constexpr std::uint64_t kTypeHeaderBytes = sizeof(TypeHeader);

// Places behind the header, by kind (reference 6.1).
constexpr std::uint64_t kElemAt = 48;          // array, chan, pointer, slice: *type
constexpr std::uint64_t kArrayLengthAt = 64;   // u64
constexpr std::uint64_t kChanDirAt = 56;       // u64: 1 receive, 2 send, 3 both
constexpr std::uint64_t kFuncInAt = 48;        // u16
constexpr std::uint64_t kFuncOutAt = 50;       // u16, top bit: variadic
constexpr std::uint64_t kFieldPackageAt = 48;  // struct, interface: name bytes of the package path
constexpr std::uint64_t kFieldsAt = 56;  // struct: slice of {name, type, offset}; interface: of {i32 name, i32 type}
constexpr std::uint64_t kFieldBytes = 24;
constexpr std::uint64_t kInterfaceMethodBytes = 8;
constexpr std::uint64_t kMapKeyAt = 48;
constexpr std::uint64_t kMapElemAt = 56;
constexpr std::uint64_t kMapGroupAt = 64;  // the bucket type before swiss maps

// The bound for counts in descriptors: fields of a struct, methods, parameters. The largest seen are in the thousands.
constexpr std::uint64_t kMostMembers = 1 << 16;

// Returns the header at `type`; nullopt if it cannot be read.
std::optional<TypeHeader> read_type_header(const MemorySource& memory, Address type);

}  // namespace holdfast::go
