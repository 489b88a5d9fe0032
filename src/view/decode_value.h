// Decodes what an object contains by its type. One thread.
#pragma once

#include "graph/referrers.h"
#include "view/groundwork.h"
#include "view/value.h"

namespace holdfast::view {

// Decodes the object, or the memory from the query's address on if that names a type. Without content in the snapshot,
// the parts have names and types only. Nothing of the target makes it fail: what is damaged reads as such. Fails with
// kUsage if there is no single type of the query's name.
ShownValue decode_value(const Groundwork& groundwork, const graph::Referrers& referrers, ObjectId object,
                        const ShowQuery& query);

}  // namespace holdfast::view
