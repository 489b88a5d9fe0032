#include "cli/parquet_rows.h"

#include "base/error.h"

namespace holdfast::cli {

using formats::ParquetColumn;
using formats::ParquetKind;

void ParquetRows::begin(std::span<const query::ResultColumn> columns) {
  if (writer_)
    fail(ErrorCode::kUsage,
         "a Parquet file has the rows of one statement, and this is a second one with rows: write a file for each");
  columns_ = query::with_different_names(columns);
  std::vector<ParquetColumn> written;
  for (const query::ResultColumn& column : columns_)
    written.push_back({column.name, column.is_number ? ParquetKind::kWhole : ParquetKind::kText});
  writer_.emplace(written, out_);
}

void ParquetRows::row(std::span<const query::Value> values) {
  for (std::size_t c = 0; c < values.size(); ++c) put(values[c], columns_[c]);
}

void ParquetRows::put(const query::Value& value, const query::ResultColumn& column) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) {
    if (column.is_address)
      writer_->put(std::string_view(query::address_text(*number)));
    else
      writer_->put(*number);
  } else if (const auto* const real = std::get_if<double>(&value)) {
    writer_->put(*real);
  } else if (const auto* const text = std::get_if<std::string_view>(&value)) {
    writer_->put(*text);
  } else if (const auto* const blob = std::get_if<query::Blob>(&value)) {
    writer_->put_bytes(blob->bytes);
  } else {
    writer_->put_nothing();
  }
}

void ParquetRows::finish() {
  if (!writer_) fail(ErrorCode::kUsage, "the query has no rows that a file could have: end it with a SELECT");
  writer_->finish();
}

}  // namespace holdfast::cli
