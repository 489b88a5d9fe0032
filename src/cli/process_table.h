// The Go processes of this machine as a table.
#pragma once

#include "capture/processes.h"
#include "report/table.h"

namespace holdfast::cli {

report::TableShape process_shape();
report::Table process_table(std::vector<capture::GoProcess> processes);

}  // namespace holdfast::cli
