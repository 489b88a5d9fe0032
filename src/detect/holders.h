// What several detectors ask about holders of the report.
#pragma once

#include "detect/detector.h"

namespace holdfast::detect {

// Whether one package variable has it.
bool is_of_one_variable(const Evidence& evidence, const view::Holder& holder);
// Whether the root lasts: a package variable, or a goroutine that has been there from near the program's beginning, as
// the loop of a server.
bool is_lasting(const Evidence& evidence, RootId root);
// How many bytes things need at least that gather: a tenth of the live bytes, and not much less of all that is
// resident.
std::uint64_t least_of_growth(const Evidence& evidence);
// Whether what has the object, alone or together with others, is such a root.
bool is_held_for_long(const Evidence& evidence, ObjectId object);
// The outermost object above it that keeps hardly more than so many bytes alive.
ObjectId outermost(const Evidence& evidence, ObjectId object, std::uint64_t bytes);
// The last node on the holder's chain, which is not empty, that keeps all of what it has.
graph::NodeId whole_of(const Evidence& evidence, const view::Holder& holder);

}  // namespace holdfast::detect
