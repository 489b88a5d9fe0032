#include "code/word_types.h"

#include <string_view>
#include <utility>

namespace holdfast::code {

using go::TypeKind;

const WordTypes::Type* WordTypes::find(Address descriptor) {
  const auto [at, is_new] = types_.try_emplace(descriptor);
  Type& type = at->second;
  if (is_new) {
    auto read = reader_.read(descriptor);
    if (read) {
      type.kind = read->kind;
      type.size = read->size;
      type.count = read->count;
      type.elem = read->elem;
      type.key = read->key;
      for (const go::TypeField& field : read->fields) type.fields.push_back({field.offset, field.type});
      type.in = std::move(read->in);
      type.out = std::move(read->out);
      for (const go::InterfaceMethod& method : read->interface_methods) type.methods.push_back(method.type);
      type.is_nameless = read->text.find("go.shape.") != std::string::npos ||
                         (read->text == "maps.Map" && read->package == "internal/runtime/maps") ||
                         read->text == "runtime.hmap";
    }
  }
  return type.kind == TypeKind::kInvalid ? nullptr : &type;
}

WordType WordTypes::word_at(Address descriptor, std::uint64_t offset) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    const Type* const type = find(descriptor);
    if (type == nullptr || offset >= type->size) return {};
    switch (type->kind) {
      case TypeKind::kStruct: {
        const Field* inner = nullptr;
        for (const Field& field : type->fields)
          if (field.offset <= offset) inner = &field;
        if (inner == nullptr) return {};
        offset -= inner->offset;
        descriptor = inner->type;
        break;
      }
      case TypeKind::kArray: {
        const Type* const elem = find(type->elem);
        if (elem == nullptr || elem->size == 0) return {};
        offset %= elem->size;
        descriptor = type->elem;
        break;
      }
      case TypeKind::kPointer:
        return offset == 0 ? WordType::pointer(type->elem) : WordType();
      case TypeKind::kSlice:
        return offset == 0 ? WordType::pointer(type->elem, 0, true) : WordType();
      case TypeKind::kMap:
      case TypeKind::kChan:
      case TypeKind::kFunc:
      case TypeKind::kString:
        return offset == 0 ? WordType::part(descriptor, 0) : WordType();
      case TypeKind::kInterface:
        return offset % 8 == 0 ? WordType::part(descriptor, offset) : WordType();
      default:
        return {};
    }
  }
  return {};
}

bool WordTypes::begins_with(Address outer, Address inner) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    if (outer == inner) return true;
    const Type* const type = find(outer);
    if (type == nullptr) return false;
    if (type->kind == TypeKind::kStruct && !type->fields.empty() && type->fields.front().offset == 0)
      outer = type->fields.front().type;
    else if (type->kind == TypeKind::kArray && type->count > 0)
      outer = type->elem;
    else
      return false;
  }
  return false;
}

}  // namespace holdfast::code
