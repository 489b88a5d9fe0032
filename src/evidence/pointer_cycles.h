// Which cycles of pointers there are, and who keeps them. A cycle is no leak in Go: the collector frees it as soon as
// nothing outside holds it. One of which an object has a finalizer (runtime.SetFinalizer) is never freed, and the
// finalizer never runs, since the runtime holds what that object leads to, and so the object itself, until it has run.
// A cleanup (runtime.AddCleanup, Go 1.24+) holds no such thing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "graph/reachability.h"
#include "view/groundwork.h"
#include "view/sentence.h"

namespace holdfast::evidence {

// Cycles of the same types with the same holder.
struct CycleGroup {
  bool is_kept_for_ever = false;  // by finalizers of its own alone
  std::string types;              // the commonest ones first
  view::Sentence holder;          // empty where it is kept for ever
  std::uint64_t cycles = 0, objects = 0, finalizers = 0;
  std::uint64_t bytes = 0;     // of the objects themselves
  std::uint64_t retained = 0;  // with what only they keep, at least
  Address first;               // an object of one of them
};

struct PointerCycles {
  std::uint64_t cycles = 0, bytes = 0;
  std::vector<CycleGroup> groups;  // what is kept for ever comes first, then by retained bytes

  std::uint64_t kept_for_ever() const;  // retained bytes
};

// Throws when cancelled.
PointerCycles pointer_cycles(const view::Groundwork& groundwork, const graph::Reachability& reached);

// "12 cycles of main.conn, main.buffer, 3.1 MiB with what they hold: never freed, since 12 finalizers lead back to
// their own objects; the finalizers never run".
std::string cycle_words(const CycleGroup& group);

}  // namespace holdfast::evidence
