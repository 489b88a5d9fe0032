#include "report/names.h"

#include <fmt/format.h>

#include "heap/field_path.h"
#include "report/goroutine_table.h"

namespace holdfast::report {
namespace {

bool is_part_of_path(char c) {
  return std::string_view("[](){}*, \"").find(c) == std::string_view::npos;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += continues_character(c) ? 0 : 1;
  return width;
}

// The first `width` characters.
std::string_view first(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  for (; end < text.size(); ++end)
    if (!continues_character(text[end]) && width-- == 0) break;
  return text.substr(0, end);
}

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

std::string short_type(std::string_view name) {
  std::string out;
  for (std::size_t begin = 0; begin < name.size();) {
    std::size_t end = begin;
    while (end < name.size() && is_part_of_path(name[end])) ++end;
    const std::string_view path = name.substr(begin, end - begin);
    out += path.substr(path.rfind('/') + 1);
    if (end < name.size()) out += name[end++];
    begin = end;
  }
  return out;
}

std::string fit(std::string_view text, std::size_t width) {
  const std::size_t all = width_of(text);
  if (all <= width || width == 0) return std::string(text);
  const std::size_t tail = (width - 1) / 2;
  const std::string_view head = first(text, width - 1 - tail);
  return fmt::format("{}…{}", head, text.substr(first(text, all - tail).size()));
}

std::string Names::type_of(ObjectId object) const {
  const heap::ObjectType known = snapshot_.object_type[object.row];
  if (!known) return {};
  const heap::Type& type = snapshot_.types[known.type().row];
  const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
  const bool several = type.size > 0 && (span.slot_size - span.header) / type.size >= 2;
  const std::string_view name = snapshot_.strings[type.name];
  return several && !is_container(known.type()) ? fmt::format("[]{}", name) : std::string(name);
}

bool Names::is_container(TypeId type) const {
  if (!type) return false;
  const std::string_view name = snapshot_.strings[snapshot_.types[type.row].name];
  return name.starts_with("map.");
}

std::optional<std::string> Names::field(graph::NodeId from, ObjectId to) const {
  if (const RootId root = from.root()) {
    const heap::Root& row = snapshot_.roots[root.row];
    for (std::uint32_t t = row.first_target; t < row.first_target + row.target_count; ++t) {
      const heap::RootTarget& target = snapshot_.root_targets[t];
      if (target.object != to) continue;
      if (row.type) return heap::field_path(snapshot_, row.type, target.offset);
      const bool named = row.kind == heap::RootKind::kGlobal && target.offset != 0;
      return named ? heap::field_path(snapshot_, {}, target.offset) : std::string();
    }
    return std::nullopt;
  }
  const ObjectId object = from.object();
  if (!object || object.row >= snapshot_.pointerful) return std::nullopt;
  const heap::Edges& edges = snapshot_.edges;
  for (std::uint32_t e = edges.row_begin[object.row]; e < edges.row_begin[object.row + 1]; ++e)
    if (edges.target[e] == to.row) return heap::edge_path(snapshot_, index_, object, e);
  return std::nullopt;
}

std::string Names::top_frame(const heap::Goroutine& goroutine) const {
  const heap::Frame* top = top_user_frame(snapshot_, goroutine);
  if (top == nullptr) return {};
  const std::string_view file = snapshot_.strings[top->file];
  const std::string function(snapshot_.strings[top->function]);
  return file.empty() ? function : fmt::format("{} {}:{}", function, base_name(file), top->line);
}

}  // namespace holdfast::report
