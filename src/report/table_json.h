// Renders a table for programs: schema holdfast.<table>/2, exact integers, null for what is not known, addresses as hex
// text. Any thread may call this; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "heap/snapshot.h"
#include "view/table_query.h"

namespace holdfast::report {

// `snapshot` is the one that the table is of; null for a table of no single target.
nlohmann::ordered_json table_json(const view::Table& table, const view::Selection& selection,
                                  const heap::Snapshot* snapshot);

}  // namespace holdfast::report
