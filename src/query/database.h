// SQL over one snapshot: SQLite with the tables and functions of this folder, and nothing else. It reads: what is
// written can only be temporary tables, views and indexes of the query itself; no file is opened or attached, no
// extension loaded (SQLite itself may put what it sorts into a temporary file, which has no name). One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "query/source.h"
#include "query/value.h"

namespace holdfast::query {

// Says what is wrong with a text of SQL.
class SqlError : public Error {
 public:
  SqlError(std::string text, std::optional<std::size_t> offset)
      : Error(ErrorCode::kUsage, std::move(text)), offset_(offset) {}
  // Byte of the text that was run, if SQLite knows it.
  std::optional<std::size_t> offset() const { return offset_; }

 private:
  std::optional<std::size_t> offset_;
};

class Database {
 public:
  // What the source refers to must outlive this. Fails with kSystem if SQLite has no memory.
  explicit Database(Source source);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs the statements of the text, one after the other, and hands their rows on; of a statement that has none, as
  // CREATE TEMP TABLE, nothing. Fails with SqlError, and as the passes that it needs; what the sink throws ends it,
  // too. Throws Cancelled when somebody asks for it, also in the middle of a row.
  void run(std::string_view sql, RowSink& sink);
  // Fails as run() does where the text is wrong, and runs nothing: what comes after a statement without rows, which may
  // rest on that one, is not looked at.
  void check(std::string_view sql);

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

// Whether the text ends with a whole statement, and its semicolon.
bool is_complete(const std::string& sql);

}  // namespace holdfast::query
