#include "detect/connection_waits.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "detect/hands.h"
#include "heap/plumbing.h"

namespace holdfast::detect {
namespace {

constexpr std::array<std::string_view, 1> kWaitsForConnection = {"database/sql.(*DB).conn"};
constexpr std::array<std::string_view, 2> kWaitsForEnd = {"database/sql.(*Rows).awaitDone",
                                                          "database/sql.(*Tx).awaitDone"};

// The sql.DB that is on the goroutine's stack, if there is one.
ObjectId pool_of(const Evidence& e, GoroutineId goroutine) {
  for (const heap::Root& root : e.snapshot.roots) {
    if (root.goroutine != goroutine) continue;
    for (std::uint32_t i = 0; i < root.target_count; ++i) {
      const ObjectId object = e.snapshot.root_targets[root.first_target + i].object;
      if (e.names.type_of(object) == "database/sql.DB") return object;
    }
  }
  return {};
}

}  // namespace

std::optional<ConnectionKeepers> connection_keepers(const Evidence& evidence, std::span<const GoroutineId> goroutines) {
  const heap::Snapshot& s = evidence.snapshot;
  if (goroutines.empty() || !heap::is_below(s, s.goroutines[goroutines.front().row], kWaitsForConnection)) return {};
  const ObjectId pool = pool_of(evidence, goroutines.front());
  if (!pool) return {};
  ConnectionKeepers keepers;
  const Hands hands(evidence, std::span(&pool, 1));
  for (const Hand& hand : hands.of(pool)) {
    const bool is_leaked = std::ranges::binary_search(evidence.groundwork.leaked().goroutines, hand.goroutine);
    if (!is_leaked || !heap::is_below(s, s.goroutines[hand.goroutine.row], kWaitsForEnd)) continue;
    if (keepers.count++ == 0) keepers.first = hand.goroutine;
  }
  return keepers.count > 0 ? std::optional(keepers) : std::nullopt;
}

}  // namespace holdfast::detect
