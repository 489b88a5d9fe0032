// The part of TypeTable that makes the programs: one flat list of steps per type, made when first asked for.
#include <algorithm>
#include <limits>

#include "typing/type_table.h"

namespace holdfast::typing {
namespace {

constexpr int kMostNesting = 100;
constexpr std::uint64_t kMostInlined = 32;  // steps of an array that are written out; longer arrays become a loop

}  // namespace

TypeId TypeTable::add_made(TypeRole role, TypeId of, std::uint64_t size, std::vector<Step> steps) {
  const TypeId row =
      add_row({.kind = TypeKind::kOpaque, .role = role, .size = size, .pointer_bytes = size / 8 * 8, .of = of});
  flags_[row.row].loose = true;
  flags_[row.row].compiled = true;
  flags_[row.row].program = {static_cast<std::uint32_t>(steps_.size()), static_cast<std::uint32_t>(steps.size())};
  for (Step& step : steps) {
    step.library = true;
    steps_.push_back(step);
  }
  return row;
}

// Says where a structure of the runtime has what is needed to decode it later, when nobody knows layouts any more.
void TypeTable::name_places(TypeId made, std::initializer_list<std::pair<std::string_view, std::uint64_t>> places) {
  types_[made.row].first_field = static_cast<std::uint32_t>(fields_.size());
  types_[made.row].field_count = static_cast<std::uint32_t>(places.size());
  for (const auto& [name, offset] : places) fields_.push_back({strings_.add(name), {}, offset});
}

TypeId TypeTable::map_header(TypeId map) {
  const auto [it, fresh] = made_.try_emplace({TypeRole::kMapHeader, map.row});
  if (fresh && shapes_[map.row]) {
    const TypeId header = shapes_[map.row]->swiss ? swiss_map_header(map) : hash_map_header(map);
    made_[{TypeRole::kMapHeader, map.row}] = header;
    return header;
  }
  return it->second;
}

TypeId TypeTable::swiss_map_header(TypeId map) {
  const TypeId group = intern(shapes_[map.row]->group);
  if (!layouts_.swiss_map || !group) return {};
  const go::SwissMapLayout& layout = *layouts_.swiss_map;
  const TypeId table = add_made(TypeRole::kMapTable, map, layout.table_bytes,
                                {{.offset = layout.groups, .action = Action::kArray, .type = group}});
  name_places(table, {{"groups", layout.groups}, {"groups_mask", layout.groups_mask}});
  const TypeId directory = add_made(TypeRole::kMapDirectory, map, 8, {{.action = Action::kPointer, .type = table}});
  const TypeId header = add_made(TypeRole::kMapHeader, map, layout.bytes,
                                 {{.offset = layout.directory,
                                   .action = Action::kDirectory,
                                   .type = group,
                                   .other = directory,
                                   .extra = layout.directory_length}});
  name_places(
      header,
      {{"count", layout.count}, {"directory", layout.directory}, {"directory_length", layout.directory_length}});
  return header;
}

TypeId TypeTable::hash_map_header(TypeId map) {
  const TypeId bucket = intern(shapes_[map.row]->group);
  if (!layouts_.hash_map || !bucket) return {};
  const go::HashMapLayout& layout = *layouts_.hash_map;
  const TypeId pointer = add_made(TypeRole::kMapOverflow, map, 8, {{.action = Action::kPointer, .type = bucket}});
  const TypeId list = add_made(TypeRole::kMapOverflowList, map, 24, {{.action = Action::kSlice, .type = pointer}});
  const TypeId extra = add_made(TypeRole::kMapExtra, map, layout.extra_bytes,
                                {{.offset = layout.overflow, .action = Action::kPointer, .type = list},
                                 {.offset = layout.old_overflow, .action = Action::kPointer, .type = list}});
  const TypeId header = add_made(TypeRole::kMapHeader, map, layout.bytes,
                                 {{.offset = layout.buckets, .action = Action::kArray, .type = bucket},
                                  {.offset = layout.old_buckets, .action = Action::kArray, .type = bucket},
                                  {.offset = layout.extra, .action = Action::kPointer, .type = extra}});
  name_places(header, {{"count", layout.count},
                       {"flags", layout.flags},
                       {"log2_buckets", layout.log2_buckets},
                       {"buckets", layout.buckets},
                       {"old_buckets", layout.old_buckets}});
  return header;
}

TypeId TypeTable::channel_of(TypeId elem) {
  if (!layouts_.channel || !elem) return {};
  const auto [it, fresh] = made_.try_emplace({TypeRole::kChannel, elem.row});
  if (!fresh) return it->second;
  const TypeId waiting = waiter();
  const go::ChannelLayout& layout = *layouts_.channel;
  std::vector<Step> steps = {{.offset = layout.buffer, .action = Action::kArray, .type = elem}};
  if (waiting)
    for (const std::uint32_t queue : {layout.receivers, layout.senders})
      for (const std::uint32_t end : {0U, 8U})  // runtime.waitq: first, last
        steps.push_back({.offset = queue + end, .action = Action::kPointer, .type = waiting});
  const TypeId header = it->second = add_made(TypeRole::kChannel, elem, layout.bytes, std::move(steps));
  name_places(header, {{"buf", layout.buffer},
                       {"count", layout.count},
                       {"capacity", layout.capacity},
                       {"closed", layout.closed},
                       {"receive_index", layout.receive_index}});
  return header;
}

const Field* TypeTable::field(TypeId type, std::string_view name) const {
  const Type& t = types_[type.row];
  for (std::uint32_t i = 0; i < t.field_count; ++i)
    if (strings_[fields_[t.first_field + i].name] == name) return &fields_[t.first_field + i];
  return nullptr;
}

void TypeTable::compile(TypeId type) {
  std::vector<Step> steps;
  compile_into(steps, type, 0, 0);
  const std::uint64_t overflow = flags_[type.row].overflow_at;
  if (overflow != 0) steps.push_back({.offset = static_cast<std::uint32_t>(overflow), .library = true, .type = type});
  flags_[type.row].program = {static_cast<std::uint32_t>(steps_.size()), static_cast<std::uint32_t>(steps.size())};
  flags_[type.row].compiled = true;
  steps_.insert(steps_.end(), steps.begin(), steps.end());
}

// Package time gives out pointers to the heads of the runtime's objects (Go 1.23+; reference 6.8).
TypeId TypeTable::allocated_for(TypeId pointee) {
  if (!pointee || runtime_.version.timers_are_embedded()) return pointee;
  const std::string_view name = strings_[types_[pointee.row].name];
  if (name != "time.Timer" && name != "time.Ticker") return pointee;
  const TypeId whole = by_name("runtime.timeTimer");
  return whole ? whole : pointee;
}

void TypeTable::compile_into(std::vector<Step>& out, TypeId type, std::uint64_t offset, int depth) {
  if (!type || depth > kMostNesting || offset > std::numeric_limits<std::uint32_t>::max()) return;
  const Type t = types_[type.row];
  if (t.pointer_bytes == 0) return;
  const auto add = [&](Action action, TypeId target, bool library = false) {
    if (target)
      out.push_back(
          {.offset = static_cast<std::uint32_t>(offset), .action = action, .library = library, .type = target});
  };
  switch (t.kind) {
    case TypeKind::kPointer:
      return add(Action::kPointer, allocated_for(t.elem));
    case TypeKind::kSlice:
      return add(Action::kSlice, t.elem);
    case TypeKind::kString:
      return add(Action::kString, text_);
    case TypeKind::kInterface:
      return add(Action::kInterface, type);
    case TypeKind::kFunc:
      return add(Action::kPointer, any_closure_);
    case TypeKind::kMap:
      return add(Action::kPointer, map_header(type), true);
    case TypeKind::kChan:
      return add(Action::kPointer, channel_header(type), true);
    case TypeKind::kArray:
      return compile_array(out, type, offset, depth);
    case TypeKind::kStruct:
    case TypeKind::kClosure:
      return compile_struct(out, type, offset, depth);
    default:
      return;
  }
}

void TypeTable::compile_array(std::vector<Step>& out, TypeId type, std::uint64_t offset, int depth) {
  const Type t = types_[type.row];
  if (!t.elem || t.count == 0) return;
  std::vector<Step> one;
  compile_into(one, t.elem, 0, depth + 1);
  if (one.empty()) return;
  if (t.count > kMostInlined / one.size()) {
    const std::uint64_t count = std::min<std::uint64_t>(t.count, std::numeric_limits<std::uint32_t>::max());
    out.push_back({.offset = static_cast<std::uint32_t>(offset),
                   .action = Action::kInline,
                   .type = t.elem,
                   .extra = static_cast<std::uint32_t>(count)});
    return;
  }
  const std::uint64_t stride = types_[t.elem.row].size;
  for (std::uint64_t i = 0; i < t.count; ++i)
    for (Step step : one) {
      step.offset += static_cast<std::uint32_t>(offset + i * stride);
      out.push_back(step);
    }
}

void TypeTable::compile_struct(std::vector<Step>& out, TypeId type, std::uint64_t offset, int depth) {
  const Type t = types_[type.row];
  for (std::uint32_t i = 0; i < t.field_count; ++i) {
    const Field f = fields_[t.first_field + i];
    compile_into(out, f.type, offset + f.offset, depth + 1);
  }
  compile_by_rule(out, type, offset);
}

// Library structures that hide the type behind an unsafe.Pointer (types from code, 6).
void TypeTable::compile_by_rule(std::vector<Step>& out, TypeId type, std::uint64_t offset) {
  const std::string_view full_name = name(type);
  const auto add = [&](std::string_view at, Action action, TypeId target) {
    const Field* f = field(type, at);
    if (f != nullptr && target)
      out.push_back({.offset = static_cast<std::uint32_t>(offset + f->offset),
                     .action = action,
                     .library = true,
                     .type = target});
  };
  if (full_name.starts_with("sync/atomic.Pointer[")) {
    // Its first field is [0]*T.
    const Type& t = types_[type.row];
    const TypeId none = t.field_count > 0 ? fields_[t.first_field].type : TypeId();
    const TypeId pointer = none ? types_[none.row].elem : TypeId();
    if (pointer) add("v", Action::kPointer, types_[pointer.row].elem);
  } else if (full_name == "sync.Pool") {
    const TypeId local = by_name("sync.poolLocal");
    add("local", Action::kArray, local);
    add("victim", Action::kArray, local);
  } else if (full_name == "reflect.Value") {  // {typ_ (typ up to 1.20), ptr, flag}, Go 1.19-1.27
    if (types_[type.row].field_count == 3 && field(type, "ptr") != nullptr && field(type, "ptr")->offset == 8)
      out.push_back(
          {.offset = static_cast<std::uint32_t>(offset), .action = Action::kReflected, .library = true, .type = type});
  } else if (full_name == "sync.eface") {  // of a pool's queue: the words of an interface
    add("typ", Action::kInterface, type);
  } else if (full_name == "sync.entry") {  // Go 1.19; later its field is an atomic.Pointer
    const Field* p = field(type, "p");
    if (p != nullptr && p->type && types_[p->type.row].kind == TypeKind::kUnsafePointer)
      add("p", Action::kPointer, by_name("interface {}"));
  }
}

}  // namespace holdfast::typing
