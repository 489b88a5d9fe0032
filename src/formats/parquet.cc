#include "formats/parquet.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/units.h"
#include "base/version.h"
#include "formats/thrift_writer.h"

namespace holdfast::formats {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::uint64_t kGroupRows = 1 << 17;
constexpr std::uint64_t kGroupBytes = 1 << 26;              // of values: far below the 2 GiB that a page can be long
constexpr int kLevel = 1;                                   // of zstd: 3 makes files 5 % smaller in twice the time
constexpr std::int64_t kMostExact = std::int64_t{1} << 53;  // whole numbers up to here are real ones, too

// Numbers of parquet.thrift.
enum Type : std::int32_t { kInt64 = 2, kDouble = 5, kByteArray = 6 };
enum Encoding : std::int32_t { kPlain = 0, kRle = 3 };
constexpr std::int32_t kOptional = 1;    // FieldRepetitionType
constexpr std::int32_t kUtf8 = 0;        // ConvertedType
constexpr std::int32_t kZstd = 6;        // CompressionCodec
constexpr std::int32_t kDataPage = 0;    // PageType
constexpr std::int32_t kFormat = 1;      // FileMetaData.version
constexpr std::size_t kLengthBytes = 4;  // of the lengths of texts, of levels and of the footer

Type type_of(ParquetKind kind) {
  return kind == ParquetKind::kWhole ? kInt64 : kind == ParquetKind::kReal ? kDouble : kByteArray;
}

std::string_view words_of(ParquetKind kind) {
  constexpr std::array<std::string_view, 4> kWords = {"whole numbers", "real numbers", "texts", "bytes"};
  return kWords[static_cast<std::size_t>(kind)];
}

static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");

template <typename Number>
void append(std::string& out, Number number) {
  std::array<char, sizeof(Number)> bytes;
  std::memcpy(bytes.data(), &number, sizeof number);
  out.append(bytes.data(), bytes.size());
}

bool is_exact(std::int64_t number) {
  return -kMostExact <= number && number <= kMostExact;
}

// What is not UTF-8 becomes U+FFFD.
std::string utf8(std::string_view text) {
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Which rows have a value: one run of equal bits, or all bits, eight in a byte (Encodings.md, "RLE").
std::string levels_of(const std::vector<bool>& has_value) {
  std::string levels;
  const auto varint = [&](std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) levels += static_cast<char>(value | 0x80);
    levels += static_cast<char>(value);
  };
  const std::size_t rows = has_value.size();
  if (std::ranges::count(has_value, has_value.front()) == static_cast<std::ptrdiff_t>(rows)) {
    varint(std::uint64_t{rows} << 1);
    levels += has_value.front() ? '\1' : '\0';
    return levels;
  }
  const std::size_t bytes = (rows + 7) / 8;
  varint(std::uint64_t{bytes} << 1 | 1);
  for (std::size_t byte = 0; byte < bytes; ++byte) {
    unsigned bits = 0;
    for (std::size_t bit = 0; bit < 8 && byte * 8 + bit < rows; ++bit)
      bits |= (has_value[byte * 8 + bit] ? 1U : 0U) << bit;
    levels += static_cast<char>(bits);
  }
  return levels;
}

std::string compressed(std::string_view bytes) {
  static thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                         ZSTD_freeCCtx);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0) fail(ErrorCode::kSystem, "zstd failed: {}", ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

std::string page_header(std::size_t rows, std::size_t whole, std::size_t packed) {
  ThriftWriter data;
  data.integer32(1, static_cast<std::int32_t>(rows));
  data.integer32(2, kPlain);
  data.integer32(3, kRle);  // of levels
  data.integer32(4, kRle);
  data.finish();
  ThriftWriter header;
  header.integer32(1, kDataPage);
  header.integer32(2, static_cast<std::int32_t>(whole));
  header.integer32(3, static_cast<std::int32_t>(packed));
  header.structure(5, data);
  header.finish();
  return header.bytes();
}

ThriftWriter schema_of(const std::string& name, ParquetKind kind) {
  ThriftWriter element;
  element.integer32(1, type_of(kind));
  element.integer32(3, kOptional);
  element.text(4, name);
  if (kind == ParquetKind::kText) {
    element.integer32(6, kUtf8);
    ThriftWriter nothing, logical;
    nothing.finish();
    logical.structure(1, nothing);  // STRING
    logical.finish();
    element.structure(10, logical);
  }
  element.finish();
  return element;
}

}  // namespace

ParquetWriter::ParquetWriter(std::span<const ParquetColumn> columns, Stream& out) : out_(out) {
  for (const ParquetColumn& column : columns)
    columns_.push_back({.name = utf8(column.name), .if_empty = column.if_empty});
  put_out(kMagic);
}

void ParquetWriter::put_out(std::string_view bytes) {
  out_.put(bytes);
  written_ += bytes.size();
}

void ParquetWriter::contradict(const Column& column, const std::string& shown) const {
  fail(ErrorCode::kUnsupported,
       "column {} of row {} is {}, and rows before have {}: a column of a Parquet file has values of one kind; write "
       "CAST({} AS TEXT), or AS REAL",
       column.name, format_count(rows_ + 1), shown, words_of(*column.kind), column.name);
}

// Whole numbers become real ones, as long as none of them is in the file.
void ParquetWriter::begin_real(Column& column) {
  for (std::size_t at = 0; at < column.values.size(); at += sizeof(double)) {
    std::int64_t whole = 0;
    std::memcpy(&whole, column.values.data() + at, sizeof whole);
    const auto real = static_cast<double>(whole);
    std::memcpy(column.values.data() + at, &real, sizeof real);
  }
  column.kind = ParquetKind::kReal;
}

template <typename Show>
ParquetWriter::Column& ParquetWriter::next(ParquetKind kind, const Show& show) {
  Column& column = columns_[at_];
  if (!column.kind) column.kind = kind;
  if (*column.kind == kind) return column;
  if (*column.kind == ParquetKind::kWhole && kind == ParquetKind::kReal && !column.decided && column.is_exact)
    begin_real(column);
  else
    contradict(column, show());
  return column;
}

void ParquetWriter::end_value(Column& column, bool has_value) {
  column.has_value.push_back(has_value);
  if (++at_ < columns_.size()) return;
  at_ = 0;
  ++rows_;
  if (++group_rows_ == kGroupRows || group_bytes_ >= kGroupBytes) write_group();
}

void ParquetWriter::put_nothing() {
  end_value(columns_[at_], false);
}

void ParquetWriter::put(std::int64_t value) {
  if (columns_[at_].kind == ParquetKind::kReal && is_exact(value)) return put(static_cast<double>(value));
  Column& column = next(ParquetKind::kWhole, [&] { return fmt::format("the number {}", value); });
  column.is_exact = column.is_exact && is_exact(value);
  append(column.values, value);
  group_bytes_ += sizeof value;
  end_value(column, true);
}

void ParquetWriter::put(double value) {
  Column& column = next(ParquetKind::kReal, [&] { return fmt::format("the number {}", value); });
  append(column.values, value);
  group_bytes_ += sizeof value;
  end_value(column, true);
}

void ParquetWriter::put(std::string_view text) {
  Column& column =
      next(ParquetKind::kText, [&] { return fmt::format("a text of {}", format_count(text.size(), "byte")); });
  if (is_ascii(text))
    put_bytes(column, text);
  else
    put_bytes(column, utf8(text));
}

void ParquetWriter::put_bytes(std::string_view bytes) {
  put_bytes(
      next(ParquetKind::kBytes, [&] { return fmt::format("{} and no text", format_count(bytes.size(), "byte")); }),
      bytes);
}

void ParquetWriter::put_bytes(Column& column, std::string_view bytes) {
  append(column.values, static_cast<std::uint32_t>(bytes.size()));
  column.values += bytes;
  group_bytes_ += kLengthBytes + bytes.size();
  end_value(column, true);
}

ParquetWriter::Chunk ParquetWriter::write_chunk(Column& column) {
  const std::string levels = levels_of(column.has_value);
  std::string page;
  page.reserve(kLengthBytes + levels.size() + column.values.size());
  append(page, static_cast<std::uint32_t>(levels.size()));
  page += levels;
  page += column.values;
  const std::string packed = compressed(page);
  const std::string header = page_header(column.has_value.size(), page.size(), packed.size());
  const Chunk chunk = {written_, header.size() + page.size(), header.size() + packed.size()};
  put_out(header);
  put_out(packed);
  column.decided = column.decided || !column.values.empty();
  column.values.clear();
  column.has_value.clear();
  return chunk;
}

void ParquetWriter::write_group() {
  for (Column& column : columns_) column.chunks.push_back(write_chunk(column));
  rows_of_group_.push_back(std::exchange(group_rows_, 0));
  group_bytes_ = 0;
}

ThriftWriter ParquetWriter::group(std::size_t number) const {
  std::vector<ThriftWriter> chunks;
  std::uint64_t whole_bytes = 0;
  for (const Column& column : columns_) {
    const Chunk& chunk = column.chunks[number];
    constexpr std::array<std::int32_t, 2> kEncodings = {kPlain, kRle};
    ThriftWriter about;
    about.integer32(1, type_of(column.kind.value_or(column.if_empty)));
    about.integers32(2, kEncodings);
    about.texts(3, std::span(&column.name, 1));
    about.integer32(4, kZstd);
    about.integer64(5, static_cast<std::int64_t>(rows_of_group_[number]));
    about.integer64(6, static_cast<std::int64_t>(chunk.whole_bytes));
    about.integer64(7, static_cast<std::int64_t>(chunk.bytes));
    about.integer64(9, static_cast<std::int64_t>(chunk.offset));
    about.finish();
    ThriftWriter one;
    one.integer64(2, static_cast<std::int64_t>(chunk.offset));
    one.structure(3, about);
    one.finish();
    chunks.push_back(std::move(one));
    whole_bytes += chunk.whole_bytes;
  }
  ThriftWriter group;
  group.structures(1, chunks);
  group.integer64(2, static_cast<std::int64_t>(whole_bytes));
  group.integer64(3, static_cast<std::int64_t>(rows_of_group_[number]));
  group.finish();
  return group;
}

void ParquetWriter::finish() {
  HOLDFAST_CHECK(at_ == 0);
  if (group_rows_ > 0) write_group();
  std::vector<ThriftWriter> schema(1);
  schema[0].text(4, "schema");
  schema[0].integer32(5, static_cast<std::int32_t>(columns_.size()));
  schema[0].finish();
  for (const Column& column : columns_) schema.push_back(schema_of(column.name, column.kind.value_or(column.if_empty)));
  std::vector<ThriftWriter> groups;
  for (std::size_t number = 0; number < rows_of_group_.size(); ++number) groups.push_back(group(number));
  ThriftWriter footer;
  footer.integer32(1, kFormat);
  footer.structures(2, schema);
  footer.integer64(3, static_cast<std::int64_t>(rows_));
  footer.structures(4, groups);
  footer.text(6, fmt::format("holdfast version {}", holdfast_version()));
  footer.finish();
  put_out(footer.bytes());
  std::string end;
  append(end, static_cast<std::uint32_t>(footer.bytes().size()));
  put_out(end);
  put_out(kMagic);
}

}  // namespace holdfast::formats
