#include "go/type_descriptor.h"

namespace holdfast::go {

std::optional<TypeHeader> read_type_header(const MemorySource& memory, Address type) {
  TypeHeader header;
  if (!memory.try_read(type, std::as_writable_bytes(std::span(&header, 1)))) return std::nullopt;
  return header;
}

}  // namespace holdfast::go
