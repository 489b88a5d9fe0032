#include "formats/hprof_shapes.h"

#include <algorithm>
#include <bit>
#include <set>

#include "base/cancel.h"
#include "base/units.h"
#include "graph/object_sizes.h"
#include "heap/field_path.h"

namespace holdfast::formats {
namespace {

constexpr std::uint64_t kSmallestArray = 16;       // 12 bytes of head
constexpr std::uint64_t kSmallestReferences = 24;  // in 16 bytes there is room for one, and there may be two pointers
constexpr std::string_view kSeveral = "[]";

// "[]main.T" -> "[Lmain/T;", "[][]uint8" -> "[[Luint8;".
std::string array_name(std::string_view type) {
  std::string levels;
  for (; type.starts_with(kSeveral); type.remove_prefix(kSeveral.size())) levels += '[';
  if (levels.empty()) return fmt::format("[L{} (one);", java_name(type));
  return fmt::format("{}L{};", levels, java_name(type));
}

}  // namespace

std::string java_name(std::string_view go_name) {
  std::string out;
  for (std::size_t at = 0; at < go_name.size(); ++at) {
    const char c = go_name[at];
    if (c == '<' && go_name.substr(at).starts_with("<-")) {
      out += "←";
      ++at;
    } else if (c == '.') {
      out += '/';
    } else if (c == '[' || c == '(' || c == '<') {
      out += '{';
    } else if (c == ']' || c == ')' || c == '>') {
      out += '}';
    } else {
      out += c == ';' ? ',' : c;
    }
  }
  return out;
}

HprofShapes::HprofShapes(const view::Groundwork& groundwork, std::uint64_t largest_array)
    : names_(groundwork.names()), snapshot_(groundwork.snapshot()), largest_array_(largest_array) {
  const graph::Dominators& live = groundwork.dominators();
  live.columns().sizes.for_each_run(0, snapshot_.objects,
                                    [&](std::uint64_t first, std::uint64_t end, std::uint64_t slot) {
                                      for (std::uint64_t row = first; row < end; ++row) {
                                        if (row % kObjectsPerCheck == 0) throw_if_cancelled();
                                        const ObjectId object(static_cast<std::uint32_t>(row));
                                        if (!live.reachable(object)) continue;
                                        const std::uint32_t shape = shape_at(object, slot);
                                        if (shapes_[shape].form == HprofForm::kInstance)
                                          see_pointers(object, seen_[shape]);
                                      }
                                    });
  for (std::size_t row = 0; row < shapes_.size(); ++row) name_fields(shapes_[row], seen_[row]);
}

// What a shape depends on.
std::uint64_t HprofShapes::key_of(ObjectId object, std::uint64_t slot) const {
  constexpr std::uint64_t kMostWords = (1U << 30) - 1;
  return std::uint64_t{std::bit_cast<std::uint32_t>(snapshot_.object_type[object.row])} << 32 |
         std::min(slot / kPointerBytes, kMostWords) << 2 | (object.row < snapshot_.pointerful ? 2U : 0U) |
         (names_.is_container(object) ? 1U : 0U);
}

std::uint32_t HprofShapes::shape_at(ObjectId object, std::uint64_t slot) {
  const auto [at, is_new] = shape_of_.try_emplace(key_of(object, slot));
  if (!is_new) return at->second;
  std::string type = names_.type_of(object);
  const HprofForm form = form_of(object, slot, type);
  if (type.empty()) type = fmt::format("object of {}", format_bytes(slot));
  const auto [row, is_new_shape] =
      row_of_.try_emplace({form, type, form == HprofForm::kInstance ? slot : 0}, shapes_.size());
  at->second = row->second;
  if (!is_new_shape) return at->second;
  std::string name = form == HprofForm::kInstance ? java_name(type) : array_name(type);
  if (form == HprofForm::kInstance) {
    const int before = named_[name]++;
    if (before > 0) name += fmt::format(" ({}{})", format_bytes(slot), before > 1 ? fmt::format(", {}", before) : "");
  }
  const heap::Span& span = snapshot_.spans[names_.index().find_span(object).row];
  shapes_.push_back({form, std::move(name), slot, {}, {}});
  seen_.push_back({snapshot_.object_type[object.row], span.header});
  return at->second;
}

HprofForm HprofShapes::form_of(ObjectId object, std::uint64_t slot, const std::string& type) const {
  const heap::ObjectType known = snapshot_.object_type[object.row];
  const bool has_pointers = object.row < snapshot_.pointerful;
  if (slot < kSmallestArray) return HprofForm::kInstance;
  if (slot > largest_array_) return HprofForm::kReferences;  // the pieces refer to each other
  if (!known) {
    if (slot <= kHprofInstance) return HprofForm::kInstance;
    return has_pointers ? HprofForm::kReferences : HprofForm::kUnknown;
  }
  const heap::Type& of = snapshot_.types[known.type().row];
  if (!has_pointers && of.role == heap::TypeRole::kStringData) return HprofForm::kText;
  if (!has_pointers && type.starts_with(kSeveral) && of.size == 1) return HprofForm::kBytes;
  if (slot < kSmallestReferences) return HprofForm::kInstance;
  if (type.starts_with(kSeveral) || slot > kHprofInstance) return HprofForm::kReferences;
  return HprofForm::kInstance;
}

void HprofShapes::see_pointers(ObjectId object, Seen& seen) const {
  if (object.row >= snapshot_.pointerful) return;
  std::uint64_t offset = 0;
  for (const std::uint32_t e : snapshot_.edges.of(object.row)) {
    offset += heap::edge_step(snapshot_.edges, e);
    seen.pointers.set(offset / kPointerBytes);
  }
}

void HprofShapes::name_fields(HprofShape& shape, const Seen& seen) const {
  if (shape.form != HprofForm::kInstance) return;
  std::set<std::string> names;
  for (std::uint32_t offset = 0; offset < shape.slot; offset += kPointerBytes) {
    if (!seen.pointers.test(offset / kPointerBytes)) continue;
    TypeId type = seen.type ? seen.type.type() : TypeId();
    if (offset < seen.header) type = {};
    const std::uint64_t place = offset < seen.header || !type ? offset : offset - seen.header;
    const bool in_part = type && seen.type.known_by() == heap::KnownBy::kPart;
    if (in_part && place >= snapshot_.types[type.row].size) type = {};
    std::string name = heap::field_path(snapshot_, type, place, type && !in_part ? shape.slot - seen.header : 0).text;
    if (name.starts_with('.')) name.erase(0, 1);
    if (name.empty()) name = "value";
    while (!names.insert(name).second) name += '\'';
    shape.offsets.push_back(offset);
    shape.fields.push_back(std::move(name));
  }
}

}  // namespace holdfast::formats
