#include "query/virtual_table.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "query/bounds.h"

namespace holdfast::query {
namespace {

// What a module, its one table and its cursors share.
struct Module {
  const Table& table;
  Facts& facts;
  Guard& guard;
};

struct VirtualTable : sqlite3_vtab {
  Module* module = nullptr;
};

struct Cursor : sqlite3_vtab_cursor {
  explicit Cursor(Module& of) : sqlite3_vtab_cursor(), module(of), at{.facts = of.facts} {}
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor() = default;

  Module& module;
  At at;
  Rows rows;
  std::size_t range = 0;    // of rows.ranges
  std::uint64_t place = 0;  // in it
  bool backwards = false;
  bool ended = true;
};

// The plan of a scan, as xBestIndex makes it and xFilter reads it: which column finds the rows (+ 1; 0: all rows are
// looked at), and in which direction they are visited.
constexpr int kBackwards = 1 << 16;

std::optional<Comparison> comparison_of(unsigned char op) {
  switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
      return Comparison::kEqual;
    case SQLITE_INDEX_CONSTRAINT_LT:
      return Comparison::kLess;
    case SQLITE_INDEX_CONSTRAINT_LE:
      return Comparison::kAtMost;
    case SQLITE_INDEX_CONSTRAINT_GT:
      return Comparison::kMore;
    case SQLITE_INDEX_CONSTRAINT_GE:
      return Comparison::kAtLeast;
    case SQLITE_INDEX_CONSTRAINT_ISNULL:
      return Comparison::kIsNull;
    default:
      return std::nullopt;
  }
}

// Whether the rows can be found whose column compares so.
bool can_find(const Column& column, Comparison comparison) {
  if (column.find == Find::kNotAtAll && column.numbers == nullptr) return false;
  if (comparison == Comparison::kEqual) return true;
  if (column.numbers != nullptr) return comparison == Comparison::kIsNull;
  return column.find != Find::kByRows || column.takes_range;
}

class Planner {
 public:
  Planner(Module& module, sqlite3_index_info& info) : table_(module.table), info_(info) {
    rows_ = table_.small ? kSmall : static_cast<double>(table_.count(module.facts));
  }

  int run() {
    const int chosen = choose();
    std::string conditions;
    for (int c = 0; c < info_.nConstraint; ++c) {
      const auto& constraint = info_.aConstraint[c];
      const auto comparison = comparison_of(constraint.op);
      if (constraint.usable == 0 || !comparison || !has_right_order(c)) continue;
      const int place = column_of(constraint.iColumn);
      const Column& column = table_.columns[static_cast<std::size_t>(place)];
      if (place != chosen || !can_find(column, *comparison)) continue;
      conditions += static_cast<char>(*comparison);
      info_.aConstraintUsage[c].argvIndex = static_cast<int>(conditions.size());
      info_.aConstraintUsage[c].omit = 1;
    }
    info_.idxNum = chosen + 1;
    info_.estimatedRows = static_cast<sqlite3_int64>(std::max(1.0, expected_));
    info_.estimatedCost = expected_ + 1;
    if (chosen >= 0 && table_.columns[static_cast<std::size_t>(chosen)].find == Find::kByRow && equal_)
      info_.idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
    take_order(chosen);
    if (conditions.empty()) return SQLITE_OK;
    info_.idxStr = sqlite3_mprintf("%s", conditions.c_str());
    info_.needToFreeIdxStr = 1;
    return info_.idxStr == nullptr ? SQLITE_NOMEM : SQLITE_OK;
  }

 private:
  static constexpr double kSmall = 5000;  // rows of a small table, about

  // SQLite's rowid is our `id`.
  static int column_of(int column) { return std::max(column, 0); }

  // Texts are found in the order of their bytes, and no other.
  bool has_right_order(int constraint) const {
    const auto& column = table_.columns[static_cast<std::size_t>(column_of(info_.aConstraint[constraint].iColumn))];
    return column.kind != Kind::kText || std::strcmp(sqlite3_vtab_collation(&info_, constraint), "BINARY") == 0;
  }

  // Returns the column by which the fewest rows are found; -1 if there is none.
  int choose() {
    expected_ = rows_;
    int chosen = -1;
    for (int place = 0; place < static_cast<int>(table_.columns.size()); ++place) {
      const Column& column = table_.columns[static_cast<std::size_t>(place)];
      bool equal = false;
      double share = 1;
      bool any = false;
      for (int c = 0; c < info_.nConstraint; ++c) {
        const auto& constraint = info_.aConstraint[c];
        const auto comparison = comparison_of(constraint.op);
        if (constraint.usable == 0 || column_of(constraint.iColumn) != place || !comparison) continue;
        if (!can_find(column, *comparison) || !has_right_order(c)) continue;
        any = true;
        equal = equal || *comparison == Comparison::kEqual;
        if (*comparison != Comparison::kEqual) share /= 4;
      }
      if (!any) continue;
      const double expected = equal ? rows_of_one(column.expect) : rows_ * share;
      if (expected > expected_ || (chosen >= 0 && expected == expected_)) continue;
      chosen = place;
      expected_ = expected;
      equal_ = equal;
    }
    return chosen;
  }

  double rows_of_one(Expect expect) const {
    constexpr double kOfFew = 8, kShare = 200;
    switch (expect) {
      case Expect::kOne:
        return 1;
      case Expect::kFew:
        return std::min(kOfFew, rows_);
      case Expect::kMany:
        break;
    }
    return std::max(kOfFew, rows_ / kShare);
  }

  // Takes ORDER BY or GROUP BY over if the rows come in that order anyhow, or can.
  void take_order(int chosen) {
    if (info_.nOrderBy != 1) return;
    const int place = column_of(info_.aOrderBy[0].iColumn);
    const Column* column = &table_.columns[static_cast<std::size_t>(place)];
    const Column& numbers =
        column->numbers == nullptr ? *column : table_.columns[column_named(table_, column->numbers_of)];
    const bool in_order = numbers.find == Find::kByRow || numbers.find == Find::kBySorting || numbers.in_order;
    if (!in_order || (chosen >= 0 && chosen != place)) return;
    info_.idxNum = place + 1;
    if (info_.aOrderBy[0].desc != 0) info_.idxNum |= kBackwards;
    info_.orderByConsumed = 1;
  }

  const Table& table_;
  sqlite3_index_info& info_;
  double rows_ = 0, expected_ = 0;
  bool equal_ = false;
};

// Returns the numbers that the column, or the one it stands for, shall have.
Bound bound_of_column(Module& module, const Column& column, Comparison comparison, sqlite3_value* value) {
  if (column.numbers == nullptr || comparison == Comparison::kIsNull) return bound_of(comparison, value);
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_NULL || type == SQLITE_BLOB) return Bound::nothing();
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) throw std::bad_alloc();
  return column.numbers(module.facts, {text, static_cast<std::size_t>(sqlite3_value_bytes(value))});
}

// The first row, from the end or the beginning, that lies in a range.
void go_to_range(Cursor& cursor) {
  const std::size_t ranges = cursor.rows.ranges.size();
  for (; cursor.range < ranges; ++cursor.range) {
    const RowRange& range = cursor.rows.ranges[cursor.backwards ? ranges - 1 - cursor.range : cursor.range];
    if (range.begin >= range.end) continue;
    cursor.place = cursor.backwards ? range.end - 1 : range.begin;
    return;
  }
  cursor.ended = true;
}

void go_on(Cursor& cursor) {
  const std::size_t ranges = cursor.rows.ranges.size();
  const RowRange& range = cursor.rows.ranges[cursor.backwards ? ranges - 1 - cursor.range : cursor.range];
  const bool is_last = cursor.backwards ? cursor.place == range.begin : cursor.place + 1 == range.end;
  if (is_last) {
    ++cursor.range;
    go_to_range(cursor);
  } else {
    cursor.place += cursor.backwards ? ~std::uint64_t{0} : 1;
  }
}

void look_at_place(Cursor& cursor) {
  if (cursor.ended) return;
  cursor.at.row = cursor.rows.list == nullptr ? cursor.place : cursor.rows.list[cursor.place];
}

void start(Cursor& cursor, int plan, const char* conditions, sqlite3_value** values) {
  Module& module = cursor.module;
  const int finder = (plan & (kBackwards - 1)) - 1;
  cursor.backwards = (plan & kBackwards) != 0;
  cursor.range = 0;
  cursor.ended = false;
  if (finder < 0) {
    cursor.rows = Rows::range(0, module.table.count(module.facts));
  } else {
    const auto place = static_cast<std::size_t>(finder);
    Bound bound = Bound::all();
    for (; conditions != nullptr && *conditions != '\0'; ++conditions, ++values)
      bound.intersect(
          bound_of_column(module, module.table.columns[place], static_cast<Comparison>(*conditions), *values));
    cursor.rows = find_rows(module.facts, module.table, place, bound);
  }
  go_to_range(cursor);
  look_at_place(cursor);
}

int connect(sqlite3* connection, void* module, int, const char* const*, sqlite3_vtab** out, char** complaint) {
  auto* const of = static_cast<Module*>(module);
  std::string text;
  if (!of->guard.run([&] { text = declaration(of->table); })) return SQLITE_ERROR;
  if (const int code = sqlite3_declare_vtab(connection, text.c_str()); code != SQLITE_OK) {
    *complaint = sqlite3_mprintf("%s", sqlite3_errmsg(connection));
    return code;
  }
  sqlite3_vtab_config(connection, SQLITE_VTAB_INNOCUOUS);
  auto* const table = new (std::nothrow) VirtualTable();
  if (table == nullptr) return SQLITE_NOMEM;
  table->module = of;
  *out = table;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<VirtualTable*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab* table, sqlite3_index_info* info) {
  Module& module = *static_cast<VirtualTable*>(table)->module;
  int code = SQLITE_OK;
  return module.guard.run([&] { code = Planner(module, *info).run(); }) ? code : SQLITE_ERROR;
}

int open_cursor(sqlite3_vtab* table, sqlite3_vtab_cursor** out) {
  auto* const cursor = new (std::nothrow) Cursor(*static_cast<VirtualTable*>(table)->module);
  *out = cursor;
  return cursor == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}

int close_cursor(sqlite3_vtab_cursor* cursor) {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

int filter_rows(sqlite3_vtab_cursor* base, int plan, const char* conditions, int, sqlite3_value** values) {
  auto& cursor = *static_cast<Cursor*>(base);
  return cursor.module.guard.run([&] { start(cursor, plan, conditions, values); }) ? SQLITE_OK : SQLITE_ERROR;
}

int next_row(sqlite3_vtab_cursor* base) {
  auto& cursor = *static_cast<Cursor*>(base);
  go_on(cursor);
  look_at_place(cursor);
  return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* base) {
  return static_cast<Cursor*>(base)->ended ? 1 : 0;
}

int get_column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) {
  auto& cursor = *static_cast<Cursor*>(base);
  const Column& of = cursor.module.table.columns[static_cast<std::size_t>(column)];
  Out out(context);
  return cursor.module.guard.run([&] { of.get(cursor.at, out); }) ? SQLITE_OK : SQLITE_ERROR;
}

int get_rowid(sqlite3_vtab_cursor* base, sqlite3_int64* row) {
  *row = static_cast<sqlite3_int64>(static_cast<Cursor*>(base)->at.row);
  return SQLITE_OK;
}

// Without a way to create it, the table is there by its name, and nobody can make another one or write into it.
sqlite3_module make_module() {
  sqlite3_module module{};
  module.iVersion = 2;
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xDestroy = disconnect;
  module.xOpen = open_cursor;
  module.xClose = close_cursor;
  module.xFilter = filter_rows;
  module.xNext = next_row;
  module.xEof = at_end;
  module.xColumn = get_column;
  module.xRowid = get_rowid;
  return module;
}

std::string_view type_text(Kind kind) {
  return kind == Kind::kText ? "TEXT" : kind == Kind::kAddress ? kAddressType : kNumberType;
}

}  // namespace

void add_table(sqlite3* connection, const Table& table, Facts& facts, Guard& guard) {
  static const sqlite3_module methods = make_module();
  const std::string name(table.name);
  auto* const module = new Module{table, facts, guard};
  const int code = sqlite3_create_module_v2(connection, name.c_str(), &methods, module,
                                            [](void* data) { delete static_cast<Module*>(data); });
  if (code != SQLITE_OK) fail(ErrorCode::kSystem, "SQLite refuses the table {}: {}", name, sqlite3_errmsg(connection));
}

std::string declaration(const Table& table) {
  std::string text = fmt::format("CREATE TABLE {}(", table.name);
  for (const Column& column : table.columns)
    text +=
        fmt::format("{}\"{}\" {}", &column == table.columns.data() ? "" : ", ", column.name, type_text(column.kind));
  return text + ")";
}

}  // namespace holdfast::query
