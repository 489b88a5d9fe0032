// The Go processes of this machine as a table: a row for each Go runtime, so several for some processes. Sizes are in
// bytes. The table owns the processes that it was made of. Any thread may call; nothing throws.
#pragma once

#include "capture/processes.h"
#include "view/table.h"

namespace holdfast::session {

view::TableShape process_shape();
view::Table process_table(std::vector<capture::GoProcess> processes);

}  // namespace holdfast::session
