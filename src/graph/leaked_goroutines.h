// Which goroutines can never go on, proven by the graph: everybody who could wake one would need a reference to what it
// waits for, and nobody has one who can still act. Found as the least fixed point: whatever is not a waiting goroutine
// can act; a goroutine can go on if what could wake it is reached from those who can act; and then it can act, too.
// What was not read as an actor would accuse wrongly, what was read as one too many only acquits, so doubts acquit.
//
// Not covered, since nobody outside of the program can know it: addresses that are kept as integers, and C memory with
// pointers to objects that are not pinned.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/huge_array.h"
#include "base/ids.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct LeakedGoroutines {
  std::vector<GoroutineId> goroutines;  // ascending
  // Goroutines whose wait is understood, so that they were candidates: these, and those that can go on after all.
  std::uint64_t candidates = 0;
  // A bit per object: reached by the roots, and by none that is not one of these goroutines. Their records in queues
  // count, the runtime's records of the goroutines themselves do not.
  HugeArray<std::uint64_t> held;
  std::uint64_t held_objects = 0;
  std::uint64_t held_bytes = 0;
};

// What one of several groups of leaked goroutines holds of LeakedGoroutines::held, and no other group.
struct HeldByGroup {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

// What of the actors does not count: asks who could go on if these were not there.
struct LeakQuestion {
  bool without_timers = false;
  std::vector<ObjectId> without_wake_ups = {};   // ascending: to wake by these does not count
  std::vector<GoroutineId> for_goroutines = {};  // ascending: for these; for all goroutines if there are none
  std::vector<ObjectId> without_objects = {};    // nobody gets at what these refer to, or finds them
};

// The search in two steps, of which the first needs nothing but the snapshot: it can run beside the pass that finds
// what all roots reach. Breadth first over what lives, on one thread; throws when cancelled. None is found if the
// snapshot does not tell who can act, or if a loss may hide somebody who can.
class LeakSearch {
 public:
  // Searches until each candidate can go on, or nothing new is found. The snapshot must outlive this.
  explicit LeakSearch(const heap::Snapshot& snapshot, LeakQuestion question = {});
  LeakSearch(const LeakSearch&) = delete;
  LeakSearch& operator=(const LeakSearch&) = delete;
  ~LeakSearch();

  // Both go on from there, with what all roots reach, and are to be asked once. The first does not look further than it
  // must to tell LeakedGoroutines::goroutines; the second searches twice over everything.
  std::vector<GoroutineId> goroutines(const Reachability& reached);
  LeakedGoroutines all(const Reachability& reached);

 private:
  class FixedPoint;
  std::unique_ptr<FixedPoint> search_;  // null if none can be found
};

// Both steps at once.
LeakedGoroutines find_leaked_goroutines(const heap::Snapshot& snapshot, const Reachability& reached,
                                        const LeakQuestion& question = {});

// Returns an answer for each group, in their order. 4 B per object that some group reaches, and one visit of it, or two
// if several do; on one thread.
std::vector<HeldByGroup> held_by_groups(const heap::Snapshot& snapshot, const LeakedGoroutines& leaked,
                                        std::span<const std::vector<GoroutineId>> groups);

}  // namespace holdfast::graph
