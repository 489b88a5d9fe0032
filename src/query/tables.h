// Declares the rows of the list in tables.cc: one for each file in tables/.
#pragma once

#include "query/table.h"

namespace holdfast::query {

extern const Table kObjects;
extern const Table kEdges;
extern const Table kTypes;
extern const Table kRoots;
extern const Table kGoroutines;
extern const Table kFrames;
extern const Table kSpans;
extern const Table kSamples;
extern const Table kMaps;
extern const Table kHeaders;
extern const Table kTimers;
extern const Table kLocks;
extern const Table kOwners;
extern const Table kMembers;
extern const Table kLosses;

// These make ways to find rows that several tables have: by the name of a type or an owner.
Bound types_named(Facts& facts, std::string_view name);
Bound owners_named(Facts& facts, std::string_view name);

}  // namespace holdfast::query
