#include "typing/type_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "go/package_names.h"

namespace holdfast::typing {
namespace {

constexpr int kDeepestName = 32;             // of unnamed types in one another, when their names are composed
constexpr std::size_t kMostWords = 1 << 20;  // remembered words; more come from wrong claims or damage
// The common head of entry and indirect of a hash trie; its first byte tells which one it is. There are tries of the
// packages internal/concurrent (Go 1.23), internal/sync (1.24+) and unique (1.25+).
constexpr std::array<std::string_view, 3> kNodes = {"internal/concurrent.node[", "internal/sync.node[", "unique.node["};
bool is_node(std::string_view name) {
  return std::ranges::any_of(kNodes, [&](std::string_view node) { return name.starts_with(node); });
}

// Whether the type's text is made of the names of other types.
bool is_composed(const go::TypeDescriptor& descriptor) {
  if (descriptor.named) return false;
  switch (descriptor.kind) {
    case go::TypeKind::kArray:
    case go::TypeKind::kChan:
    case go::TypeKind::kMap:
    case go::TypeKind::kPointer:
    case go::TypeKind::kSlice:
      return true;
    default:
      return false;
  }
}

// Structures of maps that have descriptors: the compiler's, which it calls after the map, and the runtime's own.
TypeRole role_of(std::string_view name) {
  if (name.starts_with("map.group[")) return TypeRole::kMapGroup;
  if (name.starts_with("map.bucket[")) return TypeRole::kMapBucket;
  if (name == "internal/runtime/maps.Map") return TypeRole::kMapHeader;
  if (name == "internal/runtime/maps.table") return TypeRole::kMapTable;
  if (name == "*internal/runtime/maps.table") return TypeRole::kMapDirectory;
  return TypeRole::kNone;
}

TypeId from_row(std::uint32_t row) {
  return row == TypeId::kNone ? TypeId() : TypeId(row);
}

}  // namespace

TypeTable::TypeTable(const go::Runtime& runtime, const go::TypeReader& reader, const go::TypeUniverse& universe,
                     const go::LibraryLayouts& layouts, StringTable& strings, FunctionAt function_at)
    : runtime_(runtime),
      reader_(reader),
      universe_(universe),
      layouts_(layouts),
      strings_(strings),
      function_at_(std::move(function_at)) {
  text_ = add_row({.kind = TypeKind::kOpaque, .role = TypeRole::kStringData, .size = 1});
  any_closure_ = add_row({.kind = TypeKind::kClosure, .role = TypeRole::kClosure});
  flags_[any_closure_.row].dynamic = true;
}

// Uses the descriptor if the program has one. Most do, since the runtime allocates waiters by themselves.
TypeId TypeTable::waiter() {
  if (waiter_ || !layouts_.waiter) return waiter_;
  waiter_ = by_name("runtime.sudog");
  if (waiter_) return waiter_;
  waiter_ = opaque("runtime.sudog", layouts_.waiter->bytes);
  flags_[waiter_.row].compiled = true;
  flags_[waiter_.row].program = {static_cast<std::uint32_t>(steps_.size()), 2};
  for (const std::uint32_t link : {layouts_.waiter->next, layouts_.waiter->previous})
    steps_.push_back({.offset = link, .action = Action::kPointer, .library = true, .type = waiter_});
  return waiter_;
}

TypeId TypeTable::add_row(Type type) {
  types_.push_back(type);
  flags_.emplace_back();
  shapes_.emplace_back();
  return TypeId(static_cast<std::uint32_t>(types_.size() - 1));
}

TypeId TypeTable::intern(Address descriptor) {
  if (!descriptor) return {};
  if (const auto row = rows_.find(descriptor)) return from_row(*row);
  auto read = reader_.read(descriptor);
  if (!read) {
    if (rows_.size() < kMostWords) rows_.insert(descriptor, TypeId::kNone);
    return {};
  }
  const TypeId row = add_row({.kind = static_cast<TypeKind>(read->kind),
                              .is_named = read->named,
                              .size = read->size,
                              .pointer_bytes = read->pointer_bytes,
                              .count = read->count,
                              .descriptor = descriptor,
                              .direct = read->direct});
  rows_.insert(descriptor, row.row);
  const std::string full_name = name_of(*read, 0);
  types_[row.row].name = go::add_name(strings_, full_name);
  types_[row.row].role = role_of(full_name);
  flags_[row.row].dynamic = is_node(full_name);
  flags_[row.row].loose = full_name == "runtime.hchan";
  flags_[row.row].shape = full_name.find("go.shape.") != std::string::npos;
  pending_.emplace_back(row, std::move(*read));
  complete_pending();
  return row;
}

// A loop instead of a recursion, because types may refer to one another in chains of any length.
void TypeTable::complete_pending() {
  if (completing_) return;
  completing_ = true;
  while (!pending_.empty()) {
    const auto [row, descriptor] = std::move(pending_.back());
    pending_.pop_back();
    complete(row, descriptor);
  }
  completing_ = false;
}

void TypeTable::complete(TypeId row, const go::TypeDescriptor& descriptor) {
  const TypeId elem = intern(descriptor.elem);
  const TypeId key = intern(descriptor.key);
  types_[row.row].elem = elem;
  types_[row.row].key = key;
  add_fields(row, descriptor);
  if (descriptor.map) complete_map(row, descriptor);
}

void TypeTable::complete_map(TypeId row, const go::TypeDescriptor& descriptor) {
  shapes_[row.row] = descriptor.map;
  const TypeId groups = intern(descriptor.map->group);
  if (!groups) return;
  types_[groups.row].role = descriptor.map->swiss ? TypeRole::kMapGroup : TypeRole::kMapBucket;
  types_[groups.row].of = told_by_groups(groups, row, descriptor);
  if (!descriptor.map->swiss && descriptor.map->group_bytes >= 16)
    flags_[groups.row].overflow_at = descriptor.map->group_bytes - 8;
}

// The answer must not depend on which of the maps is read first.
TypeId TypeTable::told_by_groups(TypeId groups, TypeId map, const go::TypeDescriptor& descriptor) {
  index_maps();
  const auto found = maps_of_groups_.find(types_[groups.row].descriptor);
  if (found == maps_of_groups_.end()) return map;  // reflect has made it
  if (!found->second.are_several) return intern(found->second.map);
  const TypeId known = types_[groups.row].of;
  return known ? known : map_without_name(map, descriptor);
}

TypeId TypeTable::map_without_name(TypeId map, go::TypeDescriptor descriptor) {
  descriptor.named = false;
  Type type = types_[map.row];
  type.name = go::add_name(strings_, name_of(descriptor, 0));
  type.is_named = false;
  type.descriptor = {};
  const TypeId row = add_row(type);
  shapes_[row.row] = descriptor.map;
  return row;
}

TypeId TypeTable::map_of(TypeId groups) {
  index_maps();
  const auto found = maps_of_groups_.find(types_[groups.row].descriptor);
  if (found != maps_of_groups_.end()) intern(found->second.map);
  return types_[groups.row].of;
}

void TypeTable::index_maps() {
  if (std::exchange(maps_indexed_, true)) return;
  for (const Address type : universe_.types()) {
    const auto header = reader_.header(type);
    if (!header || header->kind() != go::TypeKind::kMap) continue;
    const auto read = reader_.read(type);
    if (!read || !read->map) continue;
    const auto [known, is_new] = maps_of_groups_.try_emplace(read->map->group, type, read->named, false);
    if (is_new) continue;
    MapsOfGroups& maps = known->second;
    if (!read->named)
      maps = {type, false, false};
    else if (maps.is_named)
      maps.are_several = true;
  }
}

void TypeTable::add_fields(TypeId row, const go::TypeDescriptor& descriptor) {
  std::vector<Field> fields;
  fields.reserve(descriptor.fields.size());
  for (const go::TypeField& field : descriptor.fields)
    fields.push_back({strings_.add(field.name), intern(field.type), field.offset});
  types_[row.row].first_field = static_cast<std::uint32_t>(fields_.size());
  types_[row.row].field_count = static_cast<std::uint32_t>(fields.size());
  fields_.insert(fields_.end(), fields.begin(), fields.end());
}

std::string TypeTable::name_of(const go::TypeDescriptor& descriptor, int depth) {
  if (!is_composed(descriptor) || depth > kDeepestName) return descriptor.full_name();
  return go::compose_type_name(descriptor, [&](Address part) {
    if (const auto row = rows_.find(part); row && *row != TypeId::kNone && types_[*row].name)
      return std::string(strings_[types_[*row].name]);
    const auto read = reader_.read(part);
    return read ? name_of(*read, depth + 1) : std::string("?");
  });
}

// Unnamed types have an index of their own: mostly only named ones are asked for, and the others' names must be
// composed.
TypeId TypeTable::by_name(std::string_view full_name) {
  for (const bool composed : {false, true}) {
    auto& index = composed ? composed_names_ : names_;
    if (index.empty()) index_names(index, composed);
    const auto it = index.find(std::string(full_name));
    if (it != index.end()) return intern(it->second);
    if (full_name.find_first_of("*[( ") == std::string_view::npos) break;
  }
  return {};
}

void TypeTable::index_names(std::unordered_map<std::string, Address>& index, bool composed) {
  for (const Address type : universe_.types()) {
    const auto header = reader_.header(type);
    const bool whole = header && (header->is_named() || header->kind() == go::TypeKind::kInterface);
    if (!header || whole == composed) continue;
    if (const auto read = reader_.read(type)) index.emplace(name_of(*read, 0), type);
  }
}

TypeId TypeTable::interface_value(Address word) {
  if (!word) return {};
  Recent& recent = recent_[(word.value >> 3) % recent_.size()];
  if (recent.word != word) recent = {word, find_interface_value(word)};
  return recent.type;
}

TypeId TypeTable::find_interface_value(Address word) {
  if (const Address type = universe_.interface_type(word)) return intern(type);
  if (const auto row = words_.find(word)) return from_row(*row);
  if (words_.size() >= kMostWords) return {};
  const TypeId type = new_interface_value(word);
  words_.insert(word, type.row);
  return type;
}

// Finds types made by reflect and types that the universe missed: code can name types that no table lists.
TypeId TypeTable::new_interface_value(Address word) {
  if (reader_.is_type(word)) return intern(word);
  const auto interface = runtime_.memory.try_pointer(word);
  const auto type = runtime_.memory.try_pointer(word + 8);
  const auto hash = runtime_.memory.try_integer<std::uint32_t>(word + 16);
  if (!interface || !type || !hash) return {};
  const auto interface_header = reader_.header(*interface);
  const auto header = reader_.header(*type);
  if (!interface_header || interface_header->kind() != go::TypeKind::kInterface) return {};
  return header && header->hash == *hash ? intern(*type) : TypeId();
}

TypeId TypeTable::opaque(std::string_view name, std::uint64_t bytes) {
  const auto known = opaque_.find(name);
  if (known != opaque_.end()) return known->second;
  const StringId id = go::add_name(strings_, name);
  const TypeId row = add_row({.name = id, .kind = TypeKind::kOpaque, .size = bytes});
  flags_[row.row].loose = true;
  opaque_.emplace(strings_[id], row);
  return row;
}

TypeId TypeTable::describe(Type type, std::span<const Field> fields) {
  type.first_field = static_cast<std::uint32_t>(fields_.size());
  type.field_count = static_cast<std::uint32_t>(fields.size());
  fields_.insert(fields_.end(), fields.begin(), fields.end());
  return add_row(type);
}

TypeId TypeTable::closure(Address code) {
  if (runtime_.module_of_pc(code) == nullptr) return {};
  if (const auto row = closures_.find(code)) return from_row(*row);
  if (closures_.size() >= kMostWords) return {};
  const TypeId type = new_closure(code);
  closures_.insert(code, type.row);
  return type;
}

TypeId TypeTable::new_closure(Address code) {
  const std::string function = function_at_(code);
  if (function.empty()) return {};
  Type type{
      .name = go::add_name(strings_, function), .kind = TypeKind::kClosure, .role = TypeRole::kClosure, .code = code};
  const auto layout = closure_layouts_.find(code);
  if (const TypeId captured = layout == closure_layouts_.end() ? TypeId() : intern(layout->second)) {
    type.first_field = types_[captured.row].first_field;
    type.field_count = types_[captured.row].field_count;
    type.pointer_bytes = types_[captured.row].pointer_bytes;  // of a value without pointers nothing is followed
  }
  return add_row(type);
}

TypeId TypeTable::resolve(TypeId type, std::uint64_t first_word) {
  if (type == any_closure_) return closure(Address(first_word));
  const std::string_view node = name(type);
  const std::size_t dot = node.find('.'), arguments = node.find('[');
  const bool is_entry = (first_word & 0xff) != 0;
  return by_name(fmt::format("{}.{}{}", node.substr(0, dot), is_entry ? "entry" : "indirect", node.substr(arguments)));
}

TypeId TypeTable::first_part(TypeId type) const {
  const Type& t = types_[type.row];
  if (t.kind == TypeKind::kArray && t.count > 0) return t.elem;
  if (t.kind != TypeKind::kStruct) return {};
  for (std::uint32_t i = 0; i < t.field_count; ++i) {
    const Field& f = fields_[t.first_field + i];
    if (f.offset == 0 && f.type && types_[f.type.row].size > 0) return f.type;
  }
  return {};
}

unsigned TypeTable::depth(TypeId type) {
  constexpr std::uint16_t kDeepest = 1000;  // only damaged descriptors contain themselves
  if (flags_[type.row].depth == 0) {
    std::uint16_t levels = 1;
    for (TypeId part = first_part(type); part && levels < kDeepest; part = first_part(part)) ++levels;
    flags_[type.row].depth = levels;
  }
  return flags_[type.row].depth;
}

bool TypeTable::is_better(TypeId a, TypeId b) {
  if (types_[a.row].size != types_[b.row].size) return types_[a.row].size > types_[b.row].size;
  if (is_shape(a) != is_shape(b)) return is_shape(b);
  if (names_only_one_map(a, b)) return static_cast<bool>(types_[a.row].of);
  if (depth(a) != depth(b)) return depth(a) > depth(b);
  return a < b;
}

bool TypeTable::names_only_one_map(TypeId a, TypeId b) const {
  const Type &one = types_[a.row], &other = types_[b.row];
  return one.role == other.role && heap::is_map_part(one.role) &&
         static_cast<bool>(one.of) != static_cast<bool>(other.of);
}

bool TypeTable::lies_like(TypeId a, TypeId b) const {
  const Type &one = types_[a.row], &other = types_[b.row];
  if (one.kind != other.kind || one.size != other.size || one.pointer_bytes != other.pointer_bytes ||
      one.count != other.count || one.field_count != other.field_count)
    return false;
  for (std::uint32_t i = 0; i < one.field_count; ++i)
    if (fields_[one.first_field + i].offset != fields_[other.first_field + i].offset) return false;
  return true;
}

bool TypeTable::have_one_underlying_type(TypeId a, TypeId b) const {
  const Type &one = types_[a.row], &other = types_[b.row];
  if (one.role != TypeRole::kNone || other.role != TypeRole::kNone || one.kind == TypeKind::kInvalid ||
      one.kind == TypeKind::kFunc || one.kind == TypeKind::kInterface)
    return false;
  if (!lies_like(a, b) || one.elem != other.elem || one.key != other.key) return false;
  for (std::uint32_t i = 0; i < one.field_count; ++i) {
    const Field &mine = fields_[one.first_field + i], &theirs = fields_[other.first_field + i];
    if (mine.type != theirs.type || mine.name != theirs.name) return false;
  }
  return one.kind != TypeKind::kStruct || one.field_count > 0;
}

bool TypeTable::begins_with(TypeId outer, TypeId inner) const {
  for (int levels = 0; outer && levels < 1000; ++levels, outer = first_part(outer))
    if (outer == inner) return true;
  return false;
}

}  // namespace holdfast::typing
