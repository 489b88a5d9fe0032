// Writes structures in Thrift's compact protocol, as Parquet has its headers in it: fields of 32 and 64 bits, texts,
// lists of these and of structures. Fields are written in ascending order of their numbers. One thread.
//
// Source: doc/specs/thrift-compact-protocol.md of Apache Thrift.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::formats {

class ThriftWriter {
 public:
  void integer32(int field, std::int32_t value);
  void integer64(int field, std::int64_t value);
  void text(int field, std::string_view value);
  // `value` must be finished.
  void structure(int field, const ThriftWriter& value);
  void integers32(int field, std::span<const std::int32_t> values);
  void texts(int field, std::span<const std::string> values);
  void structures(int field, std::span<const ThriftWriter> values);
  // Ends the structure. To be called once, after its last field.
  void finish() { out_ += '\0'; }

  const std::string& bytes() const { return out_; }

 private:
  void begin(int field, int type);
  void begin_list(int field, int type, std::size_t count);
  void varint(std::uint64_t value);
  void number(std::int64_t value);
  void plain(std::string_view value);

  std::string out_;
  int last_field_ = 0;
};

}  // namespace holdfast::formats
