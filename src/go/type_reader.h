// Reads type descriptors: what reflect would say about a type, from outside. Every address, count and name offset comes
// from the target and is checked before it is used, so any address may be asked about (reference 6.1). Nothing throws.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "go/runtime.h"
#include "go/type_descriptor.h"

namespace holdfast::go {

struct TypeField {
  std::string name;
  Address type;
  std::uint64_t offset = 0;
  bool embedded = false;
};

// A method that an interface requires.
struct InterfaceMethod {
  std::string name;
  Address type;  // its func type; null if the linker dropped it
};

// A method that a type has.
struct TypeMethod {
  std::string name;
  Address type;  // the func type without the receiver; null if the linker dropped it
  Address code;  // the code that takes the receiver itself; null if dropped
};

// How the entries of a map lie in its group type (before swiss maps: its bucket type).
struct MapShape {
  static constexpr std::uint64_t kSlots = 8;  // per group or bucket, behind 8 control (tophash) bytes

  Address group;
  bool swiss = false;
  std::uint64_t group_bytes = 0;
  std::uint64_t keys_at = 0, key_stride = 0;         // key i at keys_at + i * key_stride
  std::uint64_t elems_at = 0, elem_stride = 0;       // value i likewise
  bool indirect_key = false, indirect_elem = false;  // the slot holds a pointer to the key or value
};

struct TypeDescriptor {
  Address address;
  TypeKind kind = TypeKind::kInvalid;
  std::uint64_t size = 0;
  std::uint64_t pointer_bytes = 0;
  std::uint32_t hash = 0;
  bool named = false;
  bool direct = false;         // an interface holds the value itself, not a pointer to it
  std::string text;            // as reflect's String() has it, with package names: "map[string]*cart.Item"
  std::string package;         // its path; empty for builtin and unnamed types
  Address elem;                // of array, chan, map, pointer, slice
  Address key;                 // of map
  std::uint64_t count = 0;     // of array
  std::uint64_t chan_dir = 3;  // 1 receive, 2 send, 3 both
  std::vector<TypeField> fields;
  std::vector<InterfaceMethod> interface_methods;
  std::vector<Address> in, out;  // of func
  bool variadic = false;
  std::optional<MapShape> map;

  // Returns a named type with its package path: "example.com/app/cart.Item"; any other type as `text` has it.
  std::string full_name() const;
};

// Returns the text of an unnamed type that is made of others, whose texts `name_of` gives; `type.text` if it is not.
std::string compose_type_name(const TypeDescriptor& type, const std::function<std::string(Address)>& name_of);

// Values that each value of a struct or array has within itself.
struct TypePart {
  Address type;              // not checked
  std::uint64_t offset = 0;  // of the first one
  std::uint64_t count = 1;   // so many lie one behind the other
  bool operator==(const TypePart&) const = default;
};

// It has no state, so several threads may use it.
class TypeReader {
 public:
  // `runtime` must outlive this.
  explicit TypeReader(const Runtime& runtime) : runtime_(runtime) {}

  // Returns nullopt if there is no sound descriptor at `type`.
  std::optional<TypeDescriptor> read(Address type) const;
  // Returns the methods of a type, exported ones first as in the table; empty if it has none or the table is damaged.
  std::vector<TypeMethod> methods(Address type) const;

  // Whether a descriptor can lie here, by alignment, header and name. Within [types, etypes) no false hit is known;
  // elsewhere (reflect's types) the test is weaker.
  bool is_type(Address type) const { return header(type).has_value(); }

  // Returns the sound header at `type`, without what the kind has behind it.
  std::optional<TypeHeader> header(Address type) const;

  // Appends the types that this one names: elements, fields, parameters, methods, the pointer to it. They are neither
  // sorted nor checked. False if there is no sound descriptor.
  bool references(Address type, std::vector<Address>& out) const;

  // Appends the fields of a struct, without their names, or the elements of an array; nothing of another kind. False if
  // the descriptor, whose header is given, is damaged.
  bool parts(Address type, const TypeHeader& header, std::vector<TypePart>& out) const;
  // What a pointer points to, and what slices, arrays and channels consist of; null if it cannot be read.
  Address elem(Address type) const { return runtime_.memory.try_pointer(type + kElemAt).value_or(Address()); }

  // Returns the bytes from the start of the descriptor to the end of its tables, as Go 1.27 lays them out one after the
  // other.
  std::optional<std::uint64_t> descriptor_bytes(Address type) const;

 private:
  struct Name {
    std::string text;
    bool embedded = false;
  };
  struct NamePlace {
    Address text;
    std::uint64_t bytes = 0;
    bool embedded = false;
  };
  struct Members {  // of a struct or interface
    Address data;
    std::uint64_t count = 0;
  };
  struct Uncommon {
    Address at;
    std::int32_t package = 0;
    std::uint16_t methods = 0;
    std::uint32_t methods_at = 0;  // from `at`
  };
  struct Signature {
    Address types;
    std::uint64_t in = 0, out = 0;
    bool variadic = false;
  };

  static std::optional<NamePlace> find_name(const MemorySource& memory, Address at);
  static std::optional<Name> read_name(const MemorySource& memory, Address at);
  // Of a field, wherever it lies.
  std::optional<Name> read_name(Address at) const;
  // Null if no name can lie there.
  static Address name_at(const Module& module, std::int32_t offset);
  std::optional<std::string> read_name(const Module& module, std::int32_t offset) const;
  bool has_name(const Module& module, std::int32_t offset) const;
  Address resolve(const Module* module, std::int32_t type_offset) const;
  std::optional<Members> members(Address type) const;
  std::optional<Signature> signature(Address type, const TypeHeader& header) const;
  std::optional<Uncommon> uncommon(Address type, const TypeHeader& header) const;
  std::uint64_t base_bytes(TypeKind kind) const;
  std::optional<MapShape> map_shape(Address type) const;
  bool read_kind(TypeDescriptor& out, const TypeHeader& header, const Module* module) const;
  bool read_fields(TypeDescriptor& out) const;
  bool read_interface_methods(TypeDescriptor& out, const Module* module) const;
  std::string package_of(Address type, const TypeHeader& header, const Module* module) const;
  std::optional<TypeDescriptor> read(Address type, int depth, int& budget) const;

  const Runtime& runtime_;
};

}  // namespace holdfast::go
