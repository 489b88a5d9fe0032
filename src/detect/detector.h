// A detector looks for one sort of fault in a heap. Each is a folder of detect/detectors/ with its rule and its words
// (rule.cc, which includes detect/detector_list.h), its tests (rule_test.cc) and a Go program that has the fault, with
// a twin that has not (fixture.go); nothing lists them but that folder. It says only what the graph and the runtime's
// own records prove or show. A detector keeps nothing from one run to the next, so several threads may run one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/headed_arrays.h"
#include "graph/dominators.h"
#include "graph/removals.h"
#include "heap/snapshot.h"
#include "view/detector_facts.h"
#include "view/groundwork.h"
#include "view/holders.h"
#include "view/names.h"
#include "view/report.h"

namespace holdfast::detect {

// What a detector may look at. Everything outlives it. `report` has its account, its holders, and all rows of
// goroutines and types.
struct Evidence {
  const view::Groundwork& groundwork;
  const view::Names& names;
  const heap::Snapshot& snapshot;
  const graph::Dominators& dominators;
  const view::Report& report;
  view::PlaceFinder& places;
  HeadedArrays& arrays;
  std::uint64_t live = 0;      // bytes
  std::uint64_t smallest = 0;  // smaller things are not worth a word: 1 MiB, or 1 % of `live` if that is more
};

// What a detector suspects. What the finding says of bytes is weighed when all detectors have run, by the removal if
// there is one.
struct Suspicion {
  view::Finding finding;            // bytes and exclusive_bytes are an estimate, and stand if there is no removal
  graph::Removal removal;           // what would be gone if the fault were mended
  std::uint64_t needed = 0;         // bytes of what would go then that the mended program would still have
  std::uint64_t beyond = 0;         // bytes that would go too and are no live objects: stacks, garbage, mappings
  bool is_exact = false;            // the estimate stands, and the removal only shows who explains what
  bool is_danger = false;           // it is worth a word whatever its bytes
  bool is_general = false;          // it says that something gathers; one that says why goes before it
  GoroutineId behind;               // one whose wait is why these wait: what is said of it comes before
  std::vector<std::string> places;  // functions and types at fault, with their paths
  std::vector<ObjectId> about;      // each once; needed without a removal, to see whether a better finding explains it
};

using view::Needs;
using view::Threshold;

struct Detector {
  view::DetectorFacts facts;
  // Appends what it finds; throws only when it is cancelled.
  void (*run)(const Evidence& evidence, std::vector<Suspicion>& out);
};

struct Family {
  std::string_view name;
  std::string_view verb;  // that shows more of what its detectors find; empty: what a finding leads to does
};
constexpr Family kFamilies[] = {{"goroutines", "goroutines"},
                                {"slices and strings", {}},
                                {"maps and caches", {}},
                                {"channels, timers, contexts", {}},
                                {"pools and finalizers", {}},
                                {"closures and libraries", {}},
                                {"runtime and operating system", "account"},
                                {"unsafe", "dangling"}};

// Returns all detectors by family, then by id.
std::span<const Detector* const> detectors();

// What is at fault. Two faults of a detector are the same if their identities are: names of variables, functions,
// fields and types, and the numbers of enumerators that never change; no lines, offsets, counts or texts.
struct Fault {
  std::string text;  // "chan send at main.work pool.go:17"
  std::vector<std::string> identity;
};

// Appends a suspicion whose finding has its id, its fault and the fingerprint of both.
Suspicion& suspect(std::vector<Suspicion>& out, const Detector& detector, const Fault& fault,
                   view::Confidence confidence);
// Gives the finding the chain and the allocation site of the large holder whose chain begins with the root, if there is
// one.
void take_holder(const Evidence& evidence, RootId root, view::Finding& finding);

// Gives the finding the places where the objects were allocated, as far as the memory profile took samples of them: of
// contexts and timers what made them. It says the commonest behind `because`. `objects` are ascending.
void take_places(const Evidence& evidence, std::span<const ObjectId> objects, view::Finding& finding);

// Returns a time in nanoseconds as "3.1 s".
std::string duration(std::uint64_t ns);

}  // namespace holdfast::detect
