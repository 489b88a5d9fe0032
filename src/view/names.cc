#include "view/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/terminal_text.h"
#include "base/text.h"
#include "heap/field_path.h"
#include "heap/plumbing.h"
#include "view/objects_of_types.h"

namespace holdfast::view {
namespace {

bool is_part_of_path(char c) {
  return std::string_view("[](){}*, \"").find(c) == std::string_view::npos;
}

}  // namespace

std::string short_type(std::string_view name) {
  std::string out;
  for (std::size_t begin = 0; begin < name.size();) {
    std::size_t end = begin;
    while (end < name.size() && is_part_of_path(name[end])) ++end;
    const std::string_view path = name.substr(begin, end - begin);
    out += base_name(path);
    if (end < name.size()) out += name[end++];
    begin = end;
  }
  return out;
}

std::string with_any_index(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    out += path[i];
    if (path[i] != '[') continue;
    const std::size_t end = path.find(']', i);
    if (end == std::string_view::npos || path.find_first_not_of("0123456789", i + 1) != end) continue;
    out += "…";
    i = end - 1;
  }
  return out;
}

Names::Names(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const heap::OwnerRules& rules)
    : snapshot_(snapshot),
      index_(index),
      bytes_(snapshot, index),
      type_rules_(snapshot, rules),
      children_(snapshot, index, type_rules_),
      parts_(snapshot, index, type_rules_) {
  find_buffers();
}

void Names::find_buffers() {
  std::vector<const heap::Field*> buffer(snapshot_.types.size());
  std::vector<bool> has_buffer(buffer.size());
  for (std::uint32_t t = 0; t < buffer.size(); ++t) {
    if (snapshot_.types[t].role == heap::TypeRole::kChannel) buffer[t] = field_of(TypeId(t), "buf");
    has_buffer[t] = buffer[t] != nullptr;
  }
  const std::vector<ObjectId> channels = objects_of_types(snapshot_, has_buffer);
  if (channels.empty()) return;
  is_buffer_ = HugeArray<std::uint64_t>((std::uint64_t{snapshot_.objects} + 63) / 64);
  for (const ObjectId object : channels) {
    const heap::Field* const field = buffer[snapshot_.object_type[object.row].type().row];
    const std::uint64_t header = snapshot_.spans[index_.find_span(object).row].header;
    std::uint64_t offset = 0;
    for (const std::uint32_t e : snapshot_.edges.of(object.row)) {
      offset += heap::edge_step(snapshot_.edges, e);
      if (offset == header + field->offset) heap::set_bit(is_buffer_, snapshot_.edges.target[e]);
    }
  }
}

bool Names::is_header(ObjectId object) const {
  const TypeId type = snapshot_.object_type[object.row].type();
  if (!type) return false;
  const heap::TypeRole role = snapshot_.types[type.row].role;
  return role == heap::TypeRole::kMapHeader || role == heap::TypeRole::kChannel;
}

TypeId Names::element_of_channel(ObjectId part) const {
  if (container(part) != Container::kChannel) return {};
  const TypeId type = snapshot_.object_type[part.row].type();
  return type && snapshot_.types[type.row].role == heap::TypeRole::kChannel ? snapshot_.types[type.row].of : type;
}

std::string Names::type_of(ObjectId object) const {
  const heap::ObjectType known = snapshot_.object_type[object.row];
  if (!known) return {};
  const heap::Type& type = snapshot_.types[known.type().row];
  if (known.known_by() == heap::KnownBy::kPart) return part_name(snapshot_, known.type());
  const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
  const bool several =
      type.size > 0 && type.role != heap::TypeRole::kStringData && (span.slot_size - span.header) / type.size >= 2;
  const std::string name = type_name(snapshot_, known.type());
  return several && !is_container(object) ? fmt::format("[]{}", name) : name;
}

std::optional<heap::FieldPath> Names::field(graph::NodeId from, ObjectId to) const {
  if (const RootId root = from.root()) {
    const heap::Root& row = snapshot_.roots[root.row];
    for (std::uint32_t t = row.first_target; t < row.first_target + row.target_count; ++t) {
      const heap::RootTarget& target = snapshot_.root_targets[t];
      if (target.object == to) return target_path(row, target);
    }
    return std::nullopt;
  }
  const ObjectId object = from.object();
  if (!object || object.row >= snapshot_.pointerful) return std::nullopt;
  const heap::Edges& edges = snapshot_.edges;
  for (const std::uint32_t e : edges.of(object.row))
    if (edges.target[e] == to.row) return heap::edge_path(snapshot_, index_, object, e);
  return std::nullopt;
}

heap::FieldPath Names::target_path(const heap::Root& root, const heap::RootTarget& target) const {
  if (root.type)
    return heap::field_path(snapshot_, root.type, root.type_offset + target.offset, 0,
                            [this](TypeId type) { return type_rules_.container(type) >= Container::kFirstByRule; });
  const bool named = root.kind == heap::RootKind::kGlobal && target.offset != 0;
  return named ? heap::field_path(snapshot_, {}, target.offset) : heap::FieldPath();
}

bool Names::refers(graph::NodeId from, ObjectId to) const {
  if (const RootId root = from.root()) {
    const heap::Root& row = snapshot_.roots[root.row];
    const auto targets = std::span(snapshot_.root_targets).subspan(row.first_target, row.target_count);
    return std::ranges::any_of(targets, [&](const heap::RootTarget& target) { return target.object == to; });
  }
  const ObjectId object = from.object();
  if (!object || object.row >= snapshot_.pointerful) return false;
  const heap::Edges& edges = snapshot_.edges;
  const std::uint32_t begin = edges.row_begin[object.row], end = edges.row_begin[object.row + 1];
  return std::ranges::count(edges.target.span().subspan(begin, end - begin), to.row) > 0;
}

std::string Names::container_of(ObjectId part) const {
  const heap::ObjectType known = snapshot_.object_type[part.row];
  const Container container = this->container(part);
  if (container == Container::kChannel) {
    return channel_text(type_name(snapshot_, element_of_channel(part)));
  }
  if (container >= Container::kFirstByRule) return std::string(type_rules_.name(container));
  const TypeId of = known ? snapshot_.types[known.type().row].of : TypeId();
  return of ? type_name(snapshot_, of) : type_of(part);
}

std::string Names::closure_place(ObjectId object) const {
  const heap::ObjectType known = snapshot_.object_type[object.row];
  if (!known) return {};
  const heap::Type& type = snapshot_.types[known.type().row];
  return line_text(snapshot_.strings[type.file], type.line);
}

const heap::Field* Names::field_of(TypeId type, std::string_view name) const {
  if (!type) return nullptr;
  const heap::Type& row = snapshot_.types[type.row];
  for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f)
    if (snapshot_.strings[snapshot_.fields[f].name] == name) return &snapshot_.fields[f];
  return nullptr;
}

// Finds the key beside the element at `offset`. Groups of swiss maps hold {key, elem} slots (Go 1.24+) or, like the
// buckets before, all keys and then all elems.
std::optional<Names::Key> Names::key_of(TypeId container, std::uint64_t offset) const {
  const auto size_of = [&](TypeId type) { return type ? snapshot_.types[type.row].size : 0; };
  const auto elem_of = [&](TypeId type) { return type ? snapshot_.types[type.row].elem : TypeId(); };
  const std::uint64_t stride = size_of(container);
  if (stride == 0) return std::nullopt;
  const std::uint64_t group = offset / stride * stride;
  offset -= group;
  if (const heap::Field* slots = field_of(container, "slots")) {
    const TypeId slot = elem_of(slots->type);
    const heap::Field* key = field_of(slot, "key");
    const heap::Field* elem = field_of(slot, "elem");
    if (key == nullptr || elem == nullptr || size_of(slot) == 0 || offset < slots->offset) return std::nullopt;
    const std::uint64_t number = (offset - slots->offset) / size_of(slot);
    if ((offset - slots->offset) % size_of(slot) < elem->offset || number >= 8) return std::nullopt;
    return Key{key->type, group + slots->offset + number * size_of(slot) + key->offset};
  }
  const heap::Field* keys = field_of(container, "keys");
  const heap::Field* elems = field_of(container, "elems");
  if (keys == nullptr || elems == nullptr || offset < elems->offset) return std::nullopt;
  const TypeId key = elem_of(keys->type);
  const std::uint64_t elem_size = size_of(elem_of(elems->type));
  if (elem_size == 0 || (offset - elems->offset) / elem_size >= 8) return std::nullopt;
  return Key{key, group + keys->offset + (offset - elems->offset) / elem_size * size_of(key)};
}

std::optional<std::string> Names::value(TypeId type, Address at) const {
  constexpr std::uint64_t kLongest = 40;  // bytes of a text that are shown
  if (!type) return std::nullopt;
  const heap::Type& row = snapshot_.types[type.row];
  if (row.kind == heap::TypeKind::kString) {
    const auto text = bytes_.word(at), length = bytes_.word(at + 8);
    if (!text || !length) return std::nullopt;
    const auto bytes = bytes_.read(Address(*text), std::min(*length, kLongest));
    if (!bytes) return std::nullopt;
    const std::string shown(bytes->begin(), bytes->end());
    return fmt::format("\"{}\"", cleaned(shown + (*length > kLongest ? "…" : "")));
  }
  if (row.kind < heap::TypeKind::kInt || row.kind > heap::TypeKind::kUintptr || row.size == 0 || row.size > 8)
    return std::nullopt;
  const auto number = bytes_.number(at, row.size);
  if (!number) return std::nullopt;
  if (row.kind >= heap::TypeKind::kUint) return std::to_string(*number);
  const std::uint64_t unused = 64 - row.size * 8;
  return std::to_string(static_cast<std::int64_t>(*number << unused) >> unused);
}

std::optional<std::string> Names::map_key(ObjectId container, ObjectId element) const {
  if (!bytes_.any() || container.row >= snapshot_.pointerful) return std::nullopt;
  const heap::Edges& edges = snapshot_.edges;
  const std::uint64_t header = snapshot_.spans[index_.find_span(container).row].header;
  const TypeId type = snapshot_.object_type[container.row].type();
  for (const std::uint32_t e : edges.of(container.row)) {
    if (edges.target[e] != element.row) continue;
    const std::uint64_t offset = heap::edge_offset(edges, container, e);
    const auto key = offset < header ? std::nullopt : key_of(type, offset - header);
    if (key) return value(key->type, index_.address_of(container) + header + key->offset);
  }
  return std::nullopt;
}

CodePlace Names::top_frame(const heap::Goroutine& goroutine) const {
  const heap::Frame* top = heap::first_user_frame(snapshot_, rules(), goroutine.first_frame, goroutine.frame_count);
  return top == nullptr ? CodePlace() : frame(*top);
}

CodePlace Names::creator(const heap::Goroutine& goroutine) const {
  return place(goroutine.created_by, goroutine.created_file, goroutine.created_line);
}

CodePlace Names::frame(const heap::Frame& frame) const {
  return place(frame.function, frame.file, frame.line);
}

CodePlace Names::place(StringId function, StringId file, std::uint32_t line) const {
  return {std::string(snapshot_.strings[function]), std::string(snapshot_.strings[file]), line};
}

}  // namespace holdfast::view
