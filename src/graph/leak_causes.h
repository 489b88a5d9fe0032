// Which goroutines that can never go on are the cause that others cannot either: a goroutine that waits for ever with a
// connection, and all who wait for one. Told only where the graph leaves nobody else to blame.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "graph/leaked_goroutines.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

// Returns, for each group of leaked goroutines, the one that it waits for, if there is one: if that went on, each of
// the group could be woken, and nobody of it if the group itself went on; and who else could wake one of the group
// waits for the same one in this sense. The groups together are all of `leaked`, each once. What finalizers and
// cleanups would do is left out, and nothing is said of more than 64 groups, or of so many that it would take long. 1/4
// B per object and 8 B per object that the leaked ones hold; on one thread; throws when cancelled.
std::vector<std::optional<std::uint32_t>> causes_of_leaks(const heap::Snapshot& snapshot,
                                                          const LeakedGoroutines& leaked,
                                                          std::span<const std::vector<GoroutineId>> groups);

}  // namespace holdfast::graph
