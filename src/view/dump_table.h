// The goroutines of a dump (dumps/dump.h) as a table: those with one stack and one state together, or each for itself.
// Times are in ns, as of all tables, though a dump has whole minutes. Values of labels, which may be secrets of whoever
// uses the program, are only in it if they are asked for. The table keeps the dump; any thread may make one.
#pragma once

#include <memory>

#include "dumps/dump.h"
#include "view/table.h"

namespace holdfast::view {

struct DumpTableOptions {
  bool each = false;          // a row for each goroutine
  bool label_values = false;  // "tenant=acme", else "tenant"
};

TableShape dump_shape(bool each);
// The dump must keep the bytes that it was read from, or they must outlive the table.
Table dump_table(std::shared_ptr<const dumps::Dump> dump, const DumpTableOptions& options);

}  // namespace holdfast::view
