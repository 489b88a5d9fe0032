// Our graph against what the collector itself found: the reachable set against the mark bits, object by object, our
// sums against the runtime's counters (reference 9.3, 9.4). Every difference is put into a class by what
// the target shows; what fits none is unexplained.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

enum class AuditCauseKind : std::uint8_t {
  // Of reached_not_marked.
  kAllocatedSinceMark,
  kSpanInSweep,  // the marks of its span are not known
  // Of marked_not_reached: heap::MarkCause, in its order, and what is left.
  kAllocateBlack,
  kEndedThread,
  kResurrection,
  kConservativeWord,
  kFloating,
};
constexpr std::size_t kAuditCauses = static_cast<std::size_t>(AuditCauseKind::kFloating) + 1;

// Objects that differ for one reason.
struct AuditCause {
  AuditCauseKind kind = AuditCauseKind::kFloating;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  std::uint64_t shown = 0;        // of the objects: by what is known of each itself; the others are held by these alone
  std::vector<Address> examples;  // the first ones
};

struct Audit {
  std::uint64_t objects = 0;  // allocated
  std::uint64_t reached = 0;  // of these, by us
  std::uint64_t marked = 0;   // of these, by the last completed collection
  std::uint64_t reached_not_marked = 0;
  std::uint64_t marked_not_reached = 0;
  std::vector<AuditCause> causes;  // of both differences, those that occurred; each object counts once
  std::uint64_t floating = 0;      // of marked_not_reached: no cause is shown, so the program dropped it since the mark
  std::uint64_t unexplained_objects = 0;
  std::uint64_t unexplained_bytes = 0;
  std::vector<Address> unexplained;  // the first ones

  std::uint64_t wrong_counters = 0;  // of rule kMustMatch that do not match
  // Nothing unexplained, all counters equal, every span's allocCount and every parked stack as the runtime has them, no
  // pointer into a free slot.
  bool clean = false;
};

// `reached` is everything that the roots reach. What the excused objects of a cause refer to, and so on, has the same
// cause, as far as it is marked and not reached; an object that is excused itself keeps its own.
Audit audit(const heap::Snapshot& snapshot, const Reachability& reached);

}  // namespace holdfast::graph
