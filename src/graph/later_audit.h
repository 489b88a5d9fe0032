// Proves a look by the collection after it. What no root reaches at one moment, the program cannot reach later either,
// so the next collection must free it, unless the runtime itself brings it back. An object that it keeps shows that a
// root is missing from our list, whatever a single look has to excuse it (reference 9.4). There is one other cause
// known, which leaves no trace: a goroutine that was stopped between two calls is scanned word by word, and has run on
// since. Looks after more collections tell: such a word has hardly stayed, and then its object is gone.
//
// The looks must have exactly one collection between them, which began after the first. Then a slot that the second
// look has marked holds the object that was there at the first: what is allocated into a freed slot has no mark before
// the next collection. Which collection the marks are of, the sweep's generation says: the runtime counts a collection
// a moment later, while it still has the program stopped. Objects that were already found dead and wait for the sweep
// are left out: their slots may be used anew before.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

// Whether the second look can prove anything of the first: both are of one process.
bool proves(const heap::Snapshot& first, const heap::Snapshot& second);

// Objects by what became of them; bytes are those of their slots.
struct Fate {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;

  bool operator==(const Fate&) const = default;
};

struct KeptObject {
  Address address;
  std::uint64_t bytes = 0;  // of its slot
  bool first = true;        // no other kept object refers to it: something that no look saw must have held it
};

// What became of everything at the first look that no root reaches and the collector had not yet found dead.
struct LaterAudit {
  std::uint64_t gc_cycle = 0;  // the collection between the looks, counted from 1
  Fate unreached;              // the sum of the following
  Fate freed;
  Fate unknown;  // in a span that was being swept at the second look, so its marks are not known
  // Kept, and the runtime can have brought it back: at the first look it had a finalizer or a weak pointer, or was held
  // by what had.
  Fate revived;
  // Kept, but held by nothing that is surely a pointer: only conservative roots reach it at the second look, or its
  // mark has a cause there (heap::MarkCause).
  Fate excused;
  Fate let_go;                     // kept for no cause that shows, and gone at a look after more collections
  std::uint64_t let_go_first = 0;  // how many of `let_go` are KeptObject::first; one can hold many
  Fate kept;                       // for no cause that shows, at every look
  std::vector<KeptObject> kept_objects;

  bool clean() const { return kept.objects == 0; }
};

// `reached` must be everything that the roots of `first` reach, and proves(first, second) must hold. Runs on one
// thread, linear in objects and edges; throws when it is cancelled.
LaterAudit audit_later(const heap::Snapshot& first, const Reachability& reached, const heap::Snapshot& second);

// Moves from `kept` what is dead or gone at one more look to `let_go`, and what only words that may be integers name
// there to `excused`. At least one collection must lie between `second` and `third`.
// Returns true if the rest is surely kept: no more than one collection lies between, so no slot was used anew, and all
// marks are known.
bool audit_once_more(LaterAudit& found, const heap::Snapshot& second, const heap::Snapshot& third);

}  // namespace holdfast::graph
