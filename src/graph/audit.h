// Compares our graph with what the collector itself found: the reachable set with the mark bits, object by object, and
// our sums with the runtime's counters (reference 9.3, 9.4). Every difference gets the cause that the target shows for
// it; one without a cause is unexplained. An audit is a value of its own, which refers to nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

enum class AuditCauseKind : std::uint8_t {
  // Causes of reached_not_marked:
  kAllocatedSinceMark,
  kSpanInSweep,  // the marks of its span are not known
  // Causes of marked_not_reached: those of heap::MarkCause in its order, then what is left.
  kAllocateBlack,
  kEndedThread,
  kResurrection,
  kConservativeWord,
  kFloating,
};
constexpr std::size_t kAuditCauses = static_cast<std::size_t>(AuditCauseKind::kFloating) + 1;

// Where words lie that name objects: a line of a function.
struct NamingPlace {
  StringId function;
  StringId file;
  std::uint32_t line = 0;
  std::uint64_t objects = 0;  // that words there name

  bool operator==(const NamingPlace&) const = default;
};

// The objects that differ for one cause.
struct AuditCause {
  AuditCauseKind kind = AuditCauseKind::kFloating;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  std::uint64_t shown = 0;        // of the objects, those that have the cause themselves; these hold the others
  std::vector<Address> examples;  // the first few
  std::vector<NamingPlace> named_at = {};  // of those shown by kConservativeWord, the most objects first
};

struct Audit {
  std::uint64_t objects = 0;  // allocated
  std::uint64_t reached = 0;  // of these, what we reached
  std::uint64_t marked = 0;   // of these, what the last completed collection marked
  std::uint64_t reached_not_marked = 0;
  std::uint64_t marked_not_reached = 0;
  std::vector<AuditCause> causes;  // of both differences, those that occurred; each object counts once
  std::uint64_t floating = 0;      // of marked_not_reached, without a cause: the program dropped them since the mark
  std::uint64_t unexplained_objects = 0;
  std::uint64_t unexplained_bytes = 0;
  std::vector<Address> unexplained;  // the first few

  std::uint64_t wrong_counters = 0;  // of rule kMustMatch that do not match
  // Nothing unexplained, all counters equal, every span's allocCount and every parked stack as the runtime has them, no
  // pointer into a free slot.
  bool clean = false;
};

// `reached` must be everything that the roots reach. An excused object passes its cause on to what it refers to, and so
// on, as far as that is marked and not reached; an object with an excuse of its own keeps its own cause. Runs on one
// thread, linear in objects and edges; fails with kDamaged if the spans do not fit one another.
Audit audit(const heap::Snapshot& snapshot, const Reachability& reached);

}  // namespace holdfast::graph
