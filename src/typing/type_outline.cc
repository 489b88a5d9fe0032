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
  const auto header = depth < kDeepest ? reader_.header(type) : std::nullopt;
  if (header) {
    out.size = header->size;
    out.pointer_bytes = header->pointer_bytes;
    if (out.size <= kMostBytes && add_parts(out, type, *header, depth)) {
      out.values.emplace_back(0, type);
      std::sort(out.values.begin(), out.values.end());
    } else {
      out.leaves.clear();
      out.values.clear();
    }
  }
  return outlines_[type] = std::move(out);
}

bool TypeOutlines::add_parts(TypeOutline& out, Address type, const go::TypeHeader& header, int depth) {
  const go::TypeKind kind = header.kind();
  if (kind == go::TypeKind::kStruct || kind == go::TypeKind::kArray) {
    std::vector<go::TypePart> parts;
    return reader_.parts(type, header, parts) && std::ranges::all_of(parts, [&](const go::TypePart& part) {
             const std::uint64_t stride = part.count > 0 ? header.size / part.count : 0;
             for (std::uint64_t i = 0; i < part.count; ++i)
               if (!add(out, part.offset + i * stride, part.type, depth + 1)) return false;
             return true;
           });
  }
  if (bytes_of(kind) != 0 && bytes_of(kind) != header.size) return false;
  const bool points = kind == go::TypeKind::kPointer || kind == go::TypeKind::kSlice;
  const Address elem = points ? reader_.elem(type) : Address();
  if (points && !elem) return false;
  out.leaves.push_back({0, kind, type, elem});
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
