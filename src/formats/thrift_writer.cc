#include "formats/thrift_writer.h"

namespace holdfast::formats {
namespace {

// Types of fields and of lists' elements.
constexpr int kInteger32 = 5;
constexpr int kInteger64 = 6;
constexpr int kBinary = 8;
constexpr int kList = 9;
constexpr int kStructure = 12;

constexpr int kMostStep = 15;           // between the numbers of two fields, where both fit into one byte with the type
constexpr std::size_t kMostShort = 14;  // elements of a list whose count fits into one byte with the type

}  // namespace

void ThriftWriter::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
  out_ += static_cast<char>(value);
}

// Zigzag: small numbers are short, negative ones too.
void ThriftWriter::number(std::int64_t value) {
  varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

void ThriftWriter::plain(std::string_view value) {
  varint(value.size());
  out_ += value;
}

void ThriftWriter::begin(int field, int type) {
  const int step = field - last_field_;
  last_field_ = field;
  if (step > 0 && step <= kMostStep) {
    out_ += static_cast<char>(step << 4 | type);
    return;
  }
  out_ += static_cast<char>(type);
  number(field);
}

void ThriftWriter::begin_list(int field, int type, std::size_t count) {
  begin(field, kList);
  if (count <= kMostShort) {
    out_ += static_cast<char>(count << 4 | static_cast<std::size_t>(type));
    return;
  }
  out_ += static_cast<char>(0xf0 | type);
  varint(count);
}

void ThriftWriter::integer32(int field, std::int32_t value) {
  begin(field, kInteger32);
  number(value);
}

void ThriftWriter::integer64(int field, std::int64_t value) {
  begin(field, kInteger64);
  number(value);
}

void ThriftWriter::text(int field, std::string_view value) {
  begin(field, kBinary);
  plain(value);
}

void ThriftWriter::structure(int field, const ThriftWriter& value) {
  begin(field, kStructure);
  out_ += value.out_;
}

void ThriftWriter::integers32(int field, std::span<const std::int32_t> values) {
  begin_list(field, kInteger32, values.size());
  for (const std::int32_t value : values) number(value);
}

void ThriftWriter::texts(int field, std::span<const std::string> values) {
  begin_list(field, kBinary, values.size());
  for (const std::string& value : values) plain(value);
}

void ThriftWriter::structures(int field, std::span<const ThriftWriter> values) {
  begin_list(field, kStructure, values.size());
  for (const ThriftWriter& value : values) out_ += value.out_;
}

}  // namespace holdfast::formats
