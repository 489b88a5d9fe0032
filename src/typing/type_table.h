// The types of one program as rows: from descriptors, each read once, and for structures that have no descriptor (map
// headers and tables, channels, closures; reference 6.1 to 6.7). For each row there is a short flat program, which the
// propagation (typing/propagate.h) runs over a value's words: where it holds pointers, and to what. Offsets and sizes
// in bytes. Damaged descriptors give no row; nothing throws.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/ids.h"
#include "base/string_table.h"
#include "go/library_layouts.h"
#include "go/type_index.h"
#include "go/type_reader.h"
#include "go/type_universe.h"
#include "heap/type_kind.h"
#include "heap/type_role.h"

namespace holdfast::typing {

using heap::TypeKind;
using heap::TypeRole;

struct Type {
  StringId name = {};  // with package paths; of closures the function; none where role and `of` tell it
  TypeKind kind = TypeKind::kInvalid;
  TypeRole role = TypeRole::kNone;
  bool is_named = false;   // declared with a name
  std::uint64_t size = 0;  // bytes of one value; 0 also for closures, whose size only their object knows
  std::uint64_t pointer_bytes = 0;
  TypeId elem = {}, key = {};
  TypeId of = {};                 // that the role belongs to: a map type, the elements of a channel
  std::uint64_t count = 0;        // of array
  std::uint32_t first_field = 0;  // TypeTable::fields()[first_field .. + field_count)
  std::uint32_t field_count = 0;
  Address descriptor = {};  // null for what has none
  Address code = {};        // of closures: where the function begins
  bool direct = false;      // an interface holds the value itself
};

struct Field {
  StringId name;
  TypeId type;
  std::uint64_t offset = 0;
};

// What the words at Step::offset of a value tell about the object that they point to.
enum class Action : std::uint8_t {
  kPointer,    // -> one value of `type`
  kArray,      // -> values of `type` up to the end of the object
  kSlice,      // pointer, length, capacity -> capacity values of `type`
  kString,     // pointer, length -> text
  kInterface,  // descriptor or itab, data word -> one value of the type that the first word names
  kReflected,  // a reflect.Value: descriptor, word, flags -> one value of the type, or the word is the value itself
  kDirectory,  // of a swiss map, length at `extra` -> if 0 one group `type`, else pointers to tables `other`
  kInline,     // `extra` values of `type` lie here
};

// One instruction of such a program.
struct Step {
  std::uint32_t offset = 0;  // bytes
  Action action = Action::kPointer;
  bool library = false;  // follows from a rule about a library structure (types from code, 6)
  TypeId type = {};
  TypeId other = {};
  std::uint32_t extra = 0;
};

// The name of the function that begins at a code address; empty if none begins there.
using FunctionAt = std::function<std::string(Address code)>;

// Grows as it is asked, so it is for one thread. TypeIds stay valid; references are valid until the next call that may
// add a row.
class TypeTable {
 public:
  // All must outlive this; names go to `strings`.
  TypeTable(const go::Runtime& runtime, const go::TypeReader& reader, const go::TypeUniverse& universe,
            const go::LibraryLayouts& layouts, StringTable& strings, FunctionAt function_at);

  // The row of the descriptor; none if no sound one lies there.
  TypeId intern(Address descriptor);
  // The row of the type with this full name ("sync.poolLocal", "map[string]*example.com/app/cart.Item"); none if the
  // program has no descriptor for it.
  TypeId by_name(std::string_view full_name);
  // The type of the value in an interface whose first word this is; none for null and for words that cannot be one.
  TypeId interface_value(Address word);
  // Whether a word that nothing is known about can be the first of an interface.
  bool is_interface_word(Address word) const { return static_cast<bool>(universe_.interface_type(word)); }

  // The type of the object behind a value of map or channel type; none if the layouts do not have it.
  TypeId map_header(TypeId map);
  // The map type that such groups or buckets tell. Maps with names of their own may have the same ones, and which of
  // them is meant nobody can see: then the type without a name is told, as a row without a descriptor if the program
  // has none. None if the type is of no groups.
  TypeId map_of(TypeId groups);
  TypeId channel_header(TypeId channel) { return channel_of(types_[channel.row].elem); }
  // The same of a channel with such elements.
  TypeId channel_of(TypeId elem);
  // The type of a closure whose first word is `code`; none if no function begins there.
  TypeId closure(Address code);
  // Closures that run `code` have the layout of this struct type: the code address and what is captured. It must be set
  // before closure() is called for that code.
  void set_closure_layout(Address code, Address descriptor) { closure_layouts_.emplace(code, descriptor); }
  // Stands for whichever closure the first word of the object names.
  TypeId any_closure() const { return any_closure_; }
  // One byte of the text of a string.
  TypeId text() const { return text_; }
  // A structure of the runtime of which only name and size are known.
  TypeId opaque(std::string_view name, std::uint64_t bytes);
  // A type that has no descriptor; no object is taken for one.
  TypeId describe(Type type, std::span<const Field> fields);
  // runtime.sudog, an entry in the queue of a channel or semaphore; none if the layouts do not have it.
  TypeId waiter();

  // Whether the type stands for one of several, which resolve() finds by the first word of the object.
  bool is_dynamic(TypeId type) const { return flags_[type.row].dynamic; }
  TypeId resolve(TypeId type, std::uint64_t first_word);

  // Whether size and pointers of an object need not fit the type. Structures of the runtime may be longer than their
  // layout (a channel with its buffer), and some are allocated as pointer-free (a channel of pointer-free elements).
  bool is_loose(TypeId type) const { return flags_[type.row].loose; }

  // Whether it is the shape by which generic code knows its types: the layout is right, the name stands for several.
  bool is_shape(TypeId type) const { return flags_[type.row].shape; }
  // Whether both have the same kind, size and offsets of fields.
  bool lies_like(TypeId a, TypeId b) const;
  // Whether both are the same part of a map, and only one says of which map.
  bool names_only_one_map(TypeId a, TypeId b) const;
  // Whether values of one are values of the other under another name, so that Go converts pointers to them. Of
  // functions and interfaces it is not known, and false.
  bool have_one_underlying_type(TypeId a, TypeId b) const;

  // Whether `a` is better for an object that both are claimed for with equal evidence: the larger type is; of two of
  // one size a name rather than a shape, then the type that contains the other.
  bool is_better(TypeId a, TypeId b);
  // Whether a value of `outer` begins with one of `inner`.
  bool begins_with(TypeId outer, TypeId inner) const;

  // The program over one value: step(first) .. step(first + count - 1). The numbers stay valid.
  struct Program {
    std::uint32_t first = 0, count = 0;
  };
  Program program(TypeId type) {
    if (!flags_[type.row].compiled) compile(type);
    return flags_[type.row].program;
  }
  const Step& step(std::uint32_t number) const { return steps_[number]; }

  const Type& operator[](TypeId type) const { return types_[type.row]; }
  std::string_view name(TypeId type) const { return strings_[types_[type.row].name]; }
  const std::vector<Type>& types() const { return types_; }
  const std::vector<Field>& fields() const { return fields_; }

 private:
  struct Flags {
    bool dynamic = false;  // to be resolved by the first word
    bool loose = false;
    bool shape = false;
    bool compiled = false;
    Program program;
    std::uint64_t overflow_at = 0;  // of a bucket: where the next bucket's address is; 0 = no bucket
    std::uint16_t depth = 0;        // values at offset 0 in one another, + 1; 0 = not counted yet
  };

  TypeId add_row(Type type);
  TypeId add_made(TypeRole role, TypeId of, std::uint64_t size, std::vector<Step> steps);
  void complete(TypeId row, const go::TypeDescriptor& descriptor);
  void complete_pending();
  void complete_map(TypeId row, const go::TypeDescriptor& descriptor);
  TypeId told_by_groups(TypeId groups, TypeId map, const go::TypeDescriptor& descriptor);
  TypeId map_without_name(TypeId map, go::TypeDescriptor descriptor);
  void index_maps();
  void add_fields(TypeId row, const go::TypeDescriptor& descriptor);
  std::string name_of(const go::TypeDescriptor& descriptor, int depth);
  void name_places(TypeId made, std::initializer_list<std::pair<std::string_view, std::uint64_t>> places);
  TypeId hash_map_header(TypeId map);
  TypeId swiss_map_header(TypeId map);
  TypeId new_closure(Address code);

  void compile(TypeId type);
  TypeId allocated_for(TypeId pointee);
  void compile_into(std::vector<Step>& out, TypeId type, std::uint64_t offset, int depth);
  void compile_struct(std::vector<Step>& out, TypeId type, std::uint64_t offset, int depth);
  void compile_array(std::vector<Step>& out, TypeId type, std::uint64_t offset, int depth);
  void compile_by_rule(std::vector<Step>& out, TypeId type, std::uint64_t offset);
  const Field* field(TypeId type, std::string_view name) const;
  void index_names(std::unordered_map<std::string, Address>& index, bool composed);
  TypeId find_interface_value(Address word);
  TypeId new_interface_value(Address word);
  TypeId first_part(TypeId type) const;
  unsigned depth(TypeId type);

  const go::Runtime& runtime_;
  const go::TypeReader& reader_;
  const go::TypeUniverse& universe_;
  const go::LibraryLayouts& layouts_;
  StringTable& strings_;
  FunctionAt function_at_;

  std::vector<Type> types_;
  std::vector<Flags> flags_;
  std::vector<std::optional<go::MapShape>> shapes_;  // by type; of maps
  std::vector<Field> fields_;
  std::vector<Step> steps_;
  go::TypeIndex rows_;                                          // descriptor -> row, kNone = no sound one
  std::vector<std::pair<TypeId, go::TypeDescriptor>> pending_;  // rows without their parts
  bool completing_ = false;
  std::map<std::pair<TypeRole, std::uint32_t>, TypeId> made_;
  std::unordered_map<std::string_view, TypeId> opaque_;
  go::TypeIndex words_;     // first words of interfaces outside the universe -> row, kNone = refused
  go::TypeIndex closures_;  // code -> row, kNone = no function begins there
  std::unordered_map<Address, Address> closure_layouts_;  // code -> descriptor
  // The last answers of interface_value(), which is asked tens of millions of times about few different words.
  struct Recent {
    Address word;
    TypeId type;
  };
  std::array<Recent, 1024> recent_ = {};
  // The map types of the universe that have one type of groups: the one without a name, or else any of them.
  struct MapsOfGroups {
    Address map;
    bool is_named = false;
    bool are_several = false;  // named ones
  };
  std::unordered_map<Address, MapsOfGroups> maps_of_groups_;  // by the groups' descriptor, filled when first needed
  bool maps_indexed_ = false;
  // Full name -> descriptor, filled when first needed: for named types and interfaces, and for all others.
  std::unordered_map<std::string, Address> names_, composed_names_;
  TypeId text_, waiter_, any_closure_;
};

}  // namespace holdfast::typing
