// Goroutines that wait for a connection of a database/sql.DB, and those who never give theirs back: sql.Rows that are
// not closed, and transactions that do not end. Each has a goroutine of package sql, which waits for its end.
#pragma once

#include <optional>
#include <span>

#include "detect/detector.h"

namespace holdfast::detect {

// Those who have connections of one pool for ever, as is proven.
struct ConnectionKeepers {
  std::uint64_t count = 0;
  GoroutineId first;
};

// Returns the keepers of the pool that the first of the goroutines waits for; none if it waits for something else, or
// nobody keeps a connection for ever. One pass over the roots of goroutines.
std::optional<ConnectionKeepers> connection_keepers(const Evidence& evidence, std::span<const GoroutineId> goroutines);

}  // namespace holdfast::detect
