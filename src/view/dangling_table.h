// The table of words that name freed memory of the Go heap: pointers, numbers that unsafe code keeps of addresses,
// words of package variables and of memory outside of the heap. Of single addresses, as a crash tells them, also those
// on stacks, and those that name what is there now without being pointers to it. A word that only looks like an address
// is in it, too: its kind says what is known of it.
//
// Words are content, that of objects with pointers and of variables. Without it only those are listed that captures
// keep (heap/stale_word.h). Reads the heap once, on all processors; throws when it is cancelled.
#pragma once

#include <span>

#include "dumps/crash_addresses.h"
#include "graph/reachability.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

TableShape dangling_shape();
// Only words in what is reached count. `asked`: only words that name the slots of these; none for all that are free.
// Keeps references to nothing but constants. Fails with kNotFound like AskedSlots.
Table dangling_table(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const graph::Reachability& reached,
                     std::span<const dumps::AskedAddress> asked);

}  // namespace holdfast::view
