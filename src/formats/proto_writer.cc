#include "formats/proto_writer.h"

namespace holdfast::formats {
namespace {

constexpr std::uint32_t kVarint = 0;  // wire types
constexpr std::uint32_t kBytes = 2;

}  // namespace

void ProtoWriter::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
  out_ += static_cast<char>(value);
}

void ProtoWriter::integer(std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  varint(field << 3 | kVarint);
  varint(value);
}

void ProtoWriter::bytes(std::uint32_t field, std::string_view value) {
  if (!value.empty()) entry(field, value);
}

void ProtoWriter::packed(std::uint32_t field, const std::vector<std::uint64_t>& values) {
  ProtoWriter list;
  for (const std::uint64_t value : values) list.varint(value);
  bytes(field, list.out_);
}

void ProtoWriter::entry(std::uint32_t field, std::string_view value) {
  varint(field << 3 | kBytes);
  varint(value.size());
  out_ += value;
}

}  // namespace holdfast::formats
