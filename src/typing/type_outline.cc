#include "typing/type_outline.h"

#include <algorithm>

namespace holdfast::typing {
namespace {

constexpr int kDeepest = 32;
constexpr std::size_t kMostParts = 4096;

// The size of values of a kind that always has the same; else 0.
std::uint64_t bytes_of(go::TypeKind kind) {
  switch (kind) {
    case go::TypeKind::kPointer:
    case go::TypeKind::kUnsafePointer:
    case go::TypeKind::kMap:
    case go::TypeKind::kChan:
    case go::TypeKind::kFunc:
      return 8;
    case go::TypeKind::kString:
    case go::TypeKind::kInterface:
      return 16;
    case go::TypeKind::kSlice:
      return 24;
    default:
      return 0;
  }
}

}  // namespace

bool TypeOutline::has(std::uint64_t offset, Address type) const {
  return std::binary_search(values.begin(), values.end(), std::pair(offset, type));
}

const TypeOutline& TypeOutlines::of(Address type, int depth) {
  const auto [at, is_new] = outlines_.try_emplace(type);
  if (!is_new) return at->second;
  TypeOutline out;
  const auto read = depth < kDeepest ? reader_.read(type) : std::nullopt;
  if (read) {
    out.size = read->size;
    out.pointer_bytes = read->pointer_bytes;
    if (read->size <= kMostBytes && add_parts(out, *read, depth)) {
      out.values.emplace_back(0, type);
      std::sort(out.values.begin(), out.values.end());
    } else {
      out.leaves.clear();
      out.values.clear();
    }
  }
  return outlines_[type] = std::move(out);
}

bool TypeOutlines::add_parts(TypeOutline& out, const go::TypeDescriptor& type, int depth) {
  if (type.kind == go::TypeKind::kStruct)
    return std::all_of(type.fields.begin(), type.fields.end(),
                       [&](const go::TypeField& field) { return add(out, field.offset, field.type, depth + 1); });
  if (type.kind != go::TypeKind::kArray) {
    if (bytes_of(type.kind) != 0 && bytes_of(type.kind) != type.size) return false;
    const bool points = type.kind == go::TypeKind::kPointer || type.kind == go::TypeKind::kSlice;
    out.leaves.push_back({0, type.kind, type.address, points ? type.elem : Address()});
    return true;
  }
  if (type.count == 0 || type.size % type.count != 0) return type.count == 0;
  for (std::uint64_t i = 0; i < type.count; ++i)
    if (!add(out, i * (type.size / type.count), type.elem, depth + 1)) return false;
  return true;
}

// Adds a part with its own parts. False if it leads out of the value or there are too many.
bool TypeOutlines::add(TypeOutline& out, std::uint64_t offset, Address part, int depth) {
  const TypeOutline& inner = of(part, depth);
  if (inner.values.empty() || offset > out.size || inner.size > out.size - offset) return false;
  if (out.leaves.size() + inner.leaves.size() > kMostParts || out.values.size() + inner.values.size() > kMostParts)
    return false;
  for (TypeOutline::Leaf leaf : inner.leaves) {
    leaf.offset += offset;
    out.leaves.push_back(leaf);
  }
  for (const auto& [at, type] : inner.values) out.values.emplace_back(offset + at, type);
  return true;
}

}  // namespace holdfast::typing
