// Composes the texts of unnamed types as reflect's String() does.
#include <fmt/format.h>

#include "go/type_reader.h"

namespace holdfast::go {
namespace {

using NameOf = std::function<std::string(Address)>;

std::string list(const std::vector<Address>& types, bool variadic, const NameOf& name_of) {
  std::string out;
  for (std::size_t i = 0; i < types.size(); ++i) {
    std::string name = name_of(types[i]);
    if (i > 0) out += ", ";
    const bool rest = variadic && i + 1 == types.size() && name.starts_with("[]");
    out += rest ? fmt::format("...{}", name.substr(2)) : name;
  }
  return out;
}

std::string function_name(const TypeDescriptor& type, const NameOf& name_of) {
  std::string out = fmt::format("func({})", list(type.in, type.variadic, name_of));
  if (type.out.size() == 1) out += fmt::format(" {}", name_of(type.out[0]));
  if (type.out.size() > 1) out += fmt::format(" ({})", list(type.out, false, name_of));
  return out;
}

std::string struct_name(const TypeDescriptor& type, const NameOf& name_of) {
  std::string out = "struct {";
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const TypeField& field = type.fields[i];
    out += i > 0 ? "; " : " ";
    if (!field.embedded) out += field.name + " ";
    out += name_of(field.type);
  }
  return out + (type.fields.empty() ? "}" : " }");
}

std::string chan_name(const TypeDescriptor& type, const NameOf& name_of) {
  const std::string elem = name_of(type.elem);
  if (type.chan_dir == 1) return fmt::format("<-chan {}", elem);
  if (type.chan_dir == 2) return fmt::format("chan<- {}", elem);
  return elem.starts_with("<-") ? fmt::format("chan ({})", elem) : fmt::format("chan {}", elem);
}

}  // namespace

std::string compose_type_name(const TypeDescriptor& type, const NameOf& name_of) {
  if (type.named) return type.text;
  switch (type.kind) {
    case TypeKind::kPointer:
      return fmt::format("*{}", name_of(type.elem));
    case TypeKind::kSlice:
      return fmt::format("[]{}", name_of(type.elem));
    case TypeKind::kArray:
      return fmt::format("[{}]{}", type.count, name_of(type.elem));
    case TypeKind::kMap:
      return fmt::format("map[{}]{}", name_of(type.key), name_of(type.elem));
    case TypeKind::kChan:
      return chan_name(type, name_of);
    case TypeKind::kFunc:
      return function_name(type, name_of);
    case TypeKind::kStruct:
      return struct_name(type, name_of);
    default:
      return type.text;
  }
}

}  // namespace holdfast::go
