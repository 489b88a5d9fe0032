// Writes rows of values as a Parquet file: flat columns, in groups of rows that are written when they are full, so that
// a file can be larger than our memory. Pages are PLAIN, in frames of zstd; every column may lack values.
//
// A column's kind is that of its values, since SQL does not say before: whole numbers (INT64), real numbers (DOUBLE),
// texts (BYTE_ARRAY as UTF-8) or bytes. In the first group of rows in which it has values, whole and real numbers
// together make real ones; that decides, and a later value of another kind is an error. A column without any value is
// what its declaration says.
//
// One thread. Fails with kUnsupported, with row and column, where a value is not of its column's kind.
// Source: parquet.thrift and Encodings.md of apache/parquet-format.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/stream.h"
#include "formats/thrift_writer.h"

namespace holdfast::formats {

enum class ParquetKind : std::uint8_t { kWhole, kReal, kText, kBytes };

struct ParquetColumn {
  std::string name;                           // two columns with one name can be written, and hardly be read
  ParquetKind if_empty = ParquetKind::kText;  // where it has no value at all
};

class ParquetWriter {
 public:
  // `out` must outlive this.
  ParquetWriter(std::span<const ParquetColumn> columns, Stream& out);

  // Each row is one call per column, in their order. What is not UTF-8 in a text becomes U+FFFD.
  void put_nothing();
  void put(std::int64_t value);
  void put(double value);
  void put(std::string_view text);
  void put_bytes(std::string_view bytes);
  // To be called once, after the last row.
  void finish();

  std::uint64_t rows() const { return rows_; }

 private:
  // A column's part of a group of rows, and where its parts before lie.
  struct Chunk {
    std::uint64_t offset = 0, whole_bytes = 0, bytes = 0;  // in the file; with the page's header
  };
  struct Column {
    std::string name;
    ParquetKind if_empty;
    std::optional<ParquetKind> kind = {};
    bool decided = false;              // a group with values of it is written
    bool is_exact = true;              // no whole number beyond 2^53 is in the group
    std::vector<bool> has_value = {};  // by row of the group
    std::string values = {};           // of the group, PLAIN
    std::vector<Chunk> chunks = {};    // by group
  };

  // Returns the column of the next value, which can take one of that kind; `show` says what the value is, if not.
  template <typename Show>
  Column& next(ParquetKind kind, const Show& show);
  static void begin_real(Column& column);
  [[noreturn]] void contradict(const Column& column, const std::string& shown) const;
  void put_bytes(Column& column, std::string_view bytes);
  void end_value(Column& column, bool has_value);
  ThriftWriter group(std::size_t number) const;
  void write_group();
  Chunk write_chunk(Column& column);
  void put_out(std::string_view bytes);

  Stream& out_;
  std::vector<Column> columns_;
  std::size_t at_ = 0;      // column of the next value
  std::uint64_t rows_ = 0;  // that are complete
  std::uint64_t group_rows_ = 0, group_bytes_ = 0;
  std::vector<std::uint64_t> rows_of_group_;
  std::uint64_t written_ = 0;  // bytes of the file
};

}  // namespace holdfast::formats
