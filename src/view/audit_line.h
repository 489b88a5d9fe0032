// Says in one line what the audit found. Any thread may call this; nothing throws.
#pragma once

#include <string>

#include "graph/audit.h"
#include "heap/snapshot.h"

namespace holdfast::view {

// Returns "17,881 live objects: the graph equals the runtime's own marks; 0 unexplained". Every report has this line.
std::string audit_line(const heap::Snapshot& snapshot, const graph::Audit& audit);

}  // namespace holdfast::view
