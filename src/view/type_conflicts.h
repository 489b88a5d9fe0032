// The table of contradictions: types that were claimed for the same objects and do not fit each other, the one that was
// kept beside the one that was refused.
#pragma once

#include <vector>

#include "heap/snapshot.h"
#include "heap/type_reasons.h"
#include "view/table.h"

namespace holdfast::view {

TableShape conflict_shape();
// Under each row it says who said what of the example. The snapshot must outlive the table.
Table conflict_table(const heap::Snapshot& snapshot, std::vector<heap::TypeConflict> conflicts);

}  // namespace holdfast::view
