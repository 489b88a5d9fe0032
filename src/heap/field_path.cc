#include "heap/field_path.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "heap/object_index.h"

namespace holdfast::heap {
namespace {

constexpr int kDeepest = 64;

void add_distance(std::string& path, std::uint64_t offset) {
  if (offset != 0) path += fmt::format("+{:#x}", offset);
}

// Returns the field that the offset lies in; nullptr in padding.
const Field* field_at(const Snapshot& snapshot, const Type& type, std::uint64_t offset) {
  for (std::uint32_t f = type.first_field; f < type.first_field + type.field_count; ++f) {
    const Field& field = snapshot.fields[f];
    if (offset < field.offset) continue;
    // A field of unknown type is taken for one word.
    const std::uint64_t size = field.type ? snapshot.types[field.type.row].size : 8;
    if (offset - field.offset < size) return &field;
  }
  return nullptr;
}

}  // namespace

FieldPath field_path(const Snapshot& snapshot, TypeId type, std::uint64_t offset, std::uint64_t bytes,
                     const std::function<bool(TypeId)>& is_one_thing) {
  if (!type) return {fmt::format("+{:#x}", offset), false, {}};
  std::string path;
  std::vector<StringId> fields;
  const std::uint64_t size = snapshot.types[type.row].size;
  if (size > 0 && (bytes / size >= 2 || offset >= size)) {
    path += fmt::format("[{}]", offset / size);
    offset %= size;
  }
  for (int depth = 0; type && depth < kDeepest; ++depth) {
    const Type& outer = snapshot.types[type.row];
    if (is_one_thing && is_one_thing(type)) {
      offset = 0;
      break;
    }
    if (outer.kind == TypeKind::kStruct || outer.kind == TypeKind::kClosure) {
      const Field* field = field_at(snapshot, outer, offset);
      if (field == nullptr) break;
      path += fmt::format(".{}", snapshot.strings[field->name]);
      fields.push_back(field->name);
      offset -= field->offset;
      type = field->type;
    } else if (outer.kind == TypeKind::kArray) {
      const std::uint64_t elem_size = outer.elem ? snapshot.types[outer.elem.row].size : 0;
      if (elem_size == 0) break;
      path += fmt::format("[{}]", offset / elem_size);
      offset %= elem_size;
      type = outer.elem;
    } else {
      // The second word of an interface is what it holds.
      if (outer.kind == TypeKind::kInterface && offset == 8) offset = 0;
      break;
    }
  }
  const bool is_named = !path.empty();
  add_distance(path, offset);
  return {std::move(path), is_named, std::move(fields)};
}

std::uint64_t edge_step(const Edges& edges, std::uint32_t edge) {
  if (edges.step[edge] != 255) return std::uint64_t{edges.step[edge]} * 8;
  const auto it = std::lower_bound(edges.long_steps.begin(), edges.long_steps.end(), std::pair(edge, std::uint64_t{0}));
  HOLDFAST_CHECK(it != edges.long_steps.end() && it->first == edge);
  return it->second * 8;
}

std::uint64_t edge_offset(const Edges& edges, ObjectId source, std::uint32_t edge) {
  std::uint64_t bytes = 0;
  for (std::uint32_t e = edges.row_begin[source.row]; e <= edge; ++e) bytes += edge_step(edges, e);
  return bytes;
}

FieldPath edge_path(const Snapshot& snapshot, const ObjectIndex& index, ObjectId source, std::uint32_t edge) {
  const Span& span = snapshot.spans[index.find_span(source).row];
  const std::uint64_t offset = edge_offset(snapshot.edges, source, edge);
  const ObjectType type = snapshot.object_type[source.row];
  if (offset < span.header) return field_path(snapshot, {}, offset);
  // Behind the value that an object is known to begin with nothing has a name.
  if (type.known_by() == KnownBy::kPart) {
    const std::uint64_t at = offset - span.header;
    return field_path(snapshot, at < snapshot.types[type.type().row].size ? type.type() : TypeId(), at);
  }
  return field_path(snapshot, type.type(), offset - span.header, span.slot_size - span.header);
}

}  // namespace holdfast::heap
