// The commands that open the rows of tables. What they name is quoted for the shell; the front end adds the target.
// Nothing throws.
#pragma once

#include <string_view>

#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

// Lets each row be opened by what it has in a column: `verb TARGET OPTION CELL`, without a blank behind an option that
// ends with "=". Rows without a value there are not opened.
void open_by(Table& table, std::string_view column, std::string_view verb, std::string_view option = {});

// Opens a root: what a package variable keeps alive, the goroutine that a frame is of, of several the first, and
// otherwise the object that it is about or refers to. The verb is empty if there is none of these.
RowCommand command_of_root(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, RootId root);

}  // namespace holdfast::view
