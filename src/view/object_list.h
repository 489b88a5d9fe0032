// The objects of one sort, each with its address: what `types` counts, one by one. The table refers to what it was made
// of, which must outlive it. One thread.
#pragma once

#include "graph/reachability.h"
#include "view/groundwork.h"
#include "view/subject.h"
#include "view/table.h"

namespace holdfast::view {

// Returns what `types --list TEXT` is about: a type, unless the text begins as another subject does that is of objects
// (func:, alloc:). Fails with kUsage, as parse_subject() does and for subjects that are no sort of objects.
Subject parse_listed(std::string_view text);

TableShape object_list_shape();
// A row for each object of the subject that is reached; what nothing reaches is in the remark. Fails as find_subject()
// does.
Table object_list(const Groundwork& groundwork, const graph::Reachability& reached, const Subject& subject);

}  // namespace holdfast::view
