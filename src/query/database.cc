#include "query/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "query/address_texts.h"
#include "query/functions.h"
#include "query/virtual_table.h"

namespace holdfast::query {
namespace {

constexpr int kInstructionsPerLook = 1000;  // instructions of SQLite's machine

// What a statement may do, besides reading: make and fill tables of its own.
int authorize(int action, const char* first, const char* second, const char* database) {
  const bool is_temporary = database != nullptr && std::strcmp(database, "temp") == 0;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_DROP_TEMP_INDEX:
    case SQLITE_DROP_TEMP_TABLE:
    case SQLITE_DROP_TEMP_VIEW:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return second != nullptr && std::strcmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_REINDEX:
      return is_temporary ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA:  // these say something, and set nothing
      return std::strcmp(first, "table_info") == 0 || std::strcmp(first, "table_xinfo") == 0 ||
                     std::strcmp(first, "function_list") == 0 || std::strcmp(first, "compile_options") == 0
                 ? SQLITE_OK
                 : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

// Whether a statement needs edges or types of objects that does this.
bool reads_graph(int action, const char* first, const char* second) {
  if (action == SQLITE_FUNCTION)
    return second != nullptr &&
           std::ranges::any_of(functions(), [&](const Function& each) { return each.name == second; });
  const Table* const table = action == SQLITE_READ && first != nullptr ? table_named(first) : nullptr;
  if (table == nullptr || table->of_graph) return table != nullptr;
  return second != nullptr && std::ranges::any_of(table->columns, [&](const Column& column) {
           return column.of_graph && column.name == second;
         });
}

// "objects, edges, ..."
std::string table_names() {
  std::string names;
  for (const Table* const table : tables()) names += fmt::format("{}{}", names.empty() ? "" : ", ", table->name);
  return names;
}

bool has_word(std::string_view text, std::string_view word) {
  const auto is_of_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_of_word(text[at - 1])) && (end == text.size() || !is_of_word(text[end]))) return true;
  }
  return false;
}

// "; types has id, address, ..." for each table that the text names.
std::string columns_of_tables_in(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string out;
  for (const Table* const table : tables()) {
    if (!has_word(text, table->name)) continue;
    out += fmt::format("; {} has", table->name);
    for (const Column& column : table->columns)
      out += fmt::format("{}{}", &column == table->columns.data() ? " " : ", ", column.name);
  }
  return out;
}

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

std::vector<ResultColumn> columns_of(sqlite3_stmt* statement) {
  std::vector<ResultColumn> columns;
  for (int c = 0; c < sqlite3_column_count(statement); ++c) {
    const char* const name = sqlite3_column_name(statement, c);
    const char* const type = sqlite3_column_decltype(statement, c);
    columns.push_back({.name = name == nullptr ? "" : name,
                       .is_address = type != nullptr && type == kAddressType,
                       .is_number = type != nullptr && type == kNumberType});
  }
  return columns;
}

Value value_of(sqlite3_stmt* statement, int column) {
  const auto size = [&] { return static_cast<std::size_t>(sqlite3_column_bytes(statement, column)); };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string_view(text, size());
    }
    case SQLITE_BLOB: {
      const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return Blob{{bytes, size()}};
    }
    default:
      return std::monostate();
  }
}

}  // namespace

class Database::Connection {
 public:
  explicit Connection(Source source) : facts_(std::move(source)) {
    sqlite3* opened = nullptr;
    const int code =
        sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
    connection_.reset(opened);
    if (code != SQLITE_OK) fail(ErrorCode::kSystem, "SQLite cannot begin: {}", sqlite3_errstr(code));
    sqlite3_extended_result_codes(get(), 1);
    sqlite3_db_config(get(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_db_config(get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // A name in double quotes that is no column is an error, not a text.
    sqlite3_db_config(get(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(get(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_limit(get(), SQLITE_LIMIT_ATTACHED, 0);
    for (const Table* const table : tables()) add_table(get(), *table, facts_, guard_);
    add_functions(get(), facts_, guard_);
    // SQLite notes a table at its first use, which it would have to be allowed later.
    for (const Table* const table : tables()) check(fmt::format("SELECT 1 FROM {}", table->name));
    sqlite3_set_authorizer(
        get(),
        [](void* self, int action, const char* first, const char* second, const char* database, const char*) {
          if (query::reads_graph(action, first, second)) static_cast<Connection*>(self)->reads_graph_ = true;
          return authorize(action, first, second, database);
        },
        this);
    sqlite3_progress_handler(
        get(), kInstructionsPerLook, [](void*) { return cancel_requested() ? 1 : 0; }, nullptr);
  }

  void run(std::string_view text, RowSink& sink) {
    const std::string sql = readable(text);
    for (std::size_t begin = 0; begin < sql.size();) {
      const std::size_t first = begin;
      const Statement statement = prepare(sql, begin);
      if (statement) step_all(statement.get(), sink, first);
    }
  }

  void check(std::string_view text) {
    const std::string sql = readable(text);
    for (std::size_t begin = 0; begin < sql.size();) {
      const Statement statement = prepare(sql, begin);
      if (statement && sqlite3_column_count(statement.get()) == 0) return;
    }
  }

 private:
  struct Deleter {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };

  sqlite3* get() const { return connection_.get(); }

  // Returns the SQL as SQLite understands it, with every byte where it was.
  static std::string readable(std::string_view text) {
    constexpr std::size_t kLongest = 1 << 20;
    if (text.size() > kLongest) throw SqlError(fmt::format("the query has more than {} bytes", kLongest), std::nullopt);
    AddressedSql addressed = with_addresses(text);
    if (!addressed.refused) return std::move(addressed.sql);
    throw SqlError("here an address in quotes would be compared as a text: write it without quotes", addressed.refused);
  }

  // Prepares the statement that begins there, and moves to its end. Returns null for blanks and comments.
  Statement prepare(const std::string& sql, std::size_t& begin) {
    sqlite3_stmt* prepared = nullptr;
    const char* rest = nullptr;
    reads_graph_ = false;
    const int code =
        sqlite3_prepare_v2(get(), sql.data() + begin, static_cast<int>(sql.size() - begin), &prepared, &rest);
    Statement statement(prepared);
    if (code != SQLITE_OK) refuse(begin, sql);
    begin = static_cast<std::size_t>(rest - sql.data());
    return statement;
  }

  void step_all(sqlite3_stmt* statement, RowSink& sink, std::size_t begin) {
    const std::vector<ResultColumn> columns = columns_of(statement);
    std::vector<Value> values(columns.size());
    if (reads_graph_) facts_.unpack();
    if (!columns.empty()) sink.begin(columns);
    int code = SQLITE_OK;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      for (int c = 0; c < static_cast<int>(values.size()); ++c)
        values[static_cast<std::size_t>(c)] = value_of(statement, c);
      sink.row(values);
    }
    if (code != SQLITE_DONE) refuse(begin);
    guard_.rethrow();
    if (!columns.empty()) sink.end();
  }

  // Throws what went wrong last: what our own code threw, a request to stop, or what SQLite says about the text.
  [[noreturn]] void refuse(std::size_t begin, const std::string& sql = {}) {
    const int code = sqlite3_errcode(get());
    std::string message = sqlite3_errmsg(get());
    const int offset = sqlite3_error_offset(get());
    guard_.rethrow();
    if (code == SQLITE_INTERRUPT) throw Cancelled();
    if ((code & 0xff) == SQLITE_NOMEM) throw std::bad_alloc();
    if ((code & 0xff) == SQLITE_AUTH)
      throw SqlError(fmt::format("{}: a query can only read, and make temporary tables", message), std::nullopt);
    if (message.starts_with("no such table: ")) throw SqlError(message + "; there are " + table_names(), std::nullopt);
    if (message.starts_with("no such column: ")) message += columns_of_tables_in(sql);
    throw SqlError(message, offset < 0 ? std::nullopt : std::optional(begin + static_cast<std::size_t>(offset)));
  }

  bool reads_graph_ = false;  // the statement that was prepared last
  Guard guard_;
  Facts facts_;
  std::unique_ptr<sqlite3, Deleter> connection_;  // is closed first
};

Database::Database(Source source) : connection_(std::make_unique<Connection>(std::move(source))) {}
Database::~Database() = default;

void Database::run(std::string_view sql, RowSink& sink) {
  connection_->run(sql, sink);
}

void Database::check(std::string_view sql) {
  connection_->check(sql);
}

bool is_complete(const std::string& sql) {
  return sqlite3_complete(sql.c_str()) != 0;
}

}  // namespace holdfast::query
