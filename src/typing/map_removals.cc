#include "typing/map_removals.h"

#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace holdfast::typing {
namespace {

using heap::MapRemovals;
using heap::TypeKind;

constexpr int kMostNestedTypes = 16;
constexpr std::string_view kShape = "go.shape.";

constexpr std::uint64_t bit(TypeKind kind) {
  return std::uint64_t{1} << static_cast<unsigned>(kind);
}

// How the text of a shape begins, behind "go.shape.". Longer texts stand before those that they begin with.
constexpr std::pair<std::string_view, TypeKind> kShapes[] = {{"struct", TypeKind::kStruct},
                                                             {"string", TypeKind::kString},
                                                             {"interface", TypeKind::kInterface},
                                                             {"[]", TypeKind::kSlice},
                                                             {"[", TypeKind::kArray},
                                                             {"map[", TypeKind::kMap},
                                                             {"*", TypeKind::kPointer},
                                                             {"func(", TypeKind::kFunc},
                                                             {"chan", TypeKind::kChan},
                                                             {"<-chan", TypeKind::kChan},
                                                             {"bool", TypeKind::kBool},
                                                             {"int8", TypeKind::kInt8},
                                                             {"int16", TypeKind::kInt16},
                                                             {"int32", TypeKind::kInt32},
                                                             {"int64", TypeKind::kInt64},
                                                             {"int", TypeKind::kInt},
                                                             {"uint8", TypeKind::kUint8},
                                                             {"uint16", TypeKind::kUint16},
                                                             {"uint32", TypeKind::kUint32},
                                                             {"uint64", TypeKind::kUint64},
                                                             {"uintptr", TypeKind::kUintptr},
                                                             {"uint", TypeKind::kUint},
                                                             {"float32", TypeKind::kFloat32},
                                                             {"float64", TypeKind::kFloat64},
                                                             {"complex64", TypeKind::kComplex64},
                                                             {"complex128", TypeKind::kComplex128}};

constexpr std::uint64_t kEveryKind = ~std::uint64_t{0};

// The kinds of a type and of what it is composed of. A type with a name may have type arguments anywhere within.
std::uint64_t kinds_in(const TypeTable& table, TypeId type, int depth = 0) {
  if (!type || depth > kMostNestedTypes) return kEveryKind;
  const Type& row = table[type];
  if (row.is_named && table.name(type).find('[') != std::string_view::npos) return kEveryKind;
  std::uint64_t kinds = bit(row.kind);
  switch (row.kind) {
    case TypeKind::kMap:
      return kinds | kinds_in(table, row.key, depth + 1) | kinds_in(table, row.elem, depth + 1);
    case TypeKind::kArray:
    case TypeKind::kChan:
    case TypeKind::kPointer:
    case TypeKind::kSlice:
      return row.is_named ? kinds : kinds | kinds_in(table, row.elem, depth + 1);
    case TypeKind::kFunc:  // of its arguments nothing is known here
      return row.is_named ? kinds : kEveryKind;
    default:
      return kinds;
  }
}

}  // namespace

std::uint64_t shape_kinds(std::string_view function) {
  std::uint64_t kinds = 0;
  for (std::size_t at = function.find(kShape); at != std::string_view::npos; at = function.find(kShape, at + 1)) {
    const std::string_view rest = function.substr(at + kShape.size());
    std::uint64_t kind = kEveryKind;
    for (const auto& [text, known] : kShapes)
      if (rest.starts_with(text)) {
        kind = bit(known);
        break;
      }
    kinds |= kind;
  }
  return kinds == 0 ? kEveryKind : kinds;
}

std::vector<MapRemovals> find_map_removals(const code::CodeEvidence& evidence, TypeTable& table,
                                           const FunctionAt& function_at) {
  std::set<std::pair<TypeId, TypeId>> removed;  // key and element
  std::uint64_t generic = 0;
  for (const Address descriptor : evidence.removals.types) {
    const TypeId type = table.intern(descriptor);
    if (!type) continue;
    removed.emplace(table[type].key, table[type].elem);
    if (table.name(type).find(kShape) != std::string_view::npos) generic |= shape_kinds(table.name(type));
  }
  for (const Address function : evidence.removals.functions) generic |= shape_kinds(function_at(function));
  std::vector<MapRemovals> out(table.types().size());
  for (std::uint32_t t = 0; t < out.size(); ++t) {
    const Type& type = table.types()[t];
    if (type.kind != TypeKind::kMap || !type.key || !type.elem) continue;
    if (removed.contains({type.key, type.elem}))
      out[t] = MapRemovals::kSomewhere;
    else if (evidence.is_whole && ((kinds_in(table, type.key) | kinds_in(table, type.elem)) & generic) == 0)
      out[t] = MapRemovals::kNever;
  }
  return out;
}

}  // namespace holdfast::typing
