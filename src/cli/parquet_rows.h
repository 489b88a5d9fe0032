// The rows of one statement as a Parquet file (formats/parquet.h). Addresses are texts, since readers make doubles of
// numbers above 2^63, and names of columns differ. One thread; fails with kUsage where the rows are of none or of
// several statements, and as formats/parquet.h does.
#pragma once

#include <optional>
#include <vector>

#include "formats/parquet.h"
#include "formats/stream.h"
#include "query/value.h"

namespace holdfast::cli {

class ParquetRows final : public query::RowSink {
 public:
  // `out` must outlive this.
  explicit ParquetRows(formats::Stream& out) : out_(out) {}

  void begin(std::span<const query::ResultColumn> columns) override;
  void row(std::span<const query::Value> values) override;
  void end() override {}
  // Ends the file. To be called once, after the last statement.
  void finish();

 private:
  void put(const query::Value& value, const query::ResultColumn& column);

  formats::Stream& out_;
  std::vector<query::ResultColumn> columns_;
  std::optional<formats::ParquetWriter> writer_;
};

}  // namespace holdfast::cli
