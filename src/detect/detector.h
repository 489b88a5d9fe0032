// A detector looks for one sort of fault in a heap. Each is a file in detect/detectors/ with its rule, its words and
// its thresholds, and a row of the table in detectors.cc. It says only what the graph and the runtime's own records
// prove or show, and does not guess what the program means by it. A detector keeps nothing from one run to the next,
// so several threads may run one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/dominators.h"
#include "heap/snapshot.h"
#include "view/holders.h"
#include "view/names.h"
#include "view/report.h"

namespace holdfast::detect {

// What a detector may look at. Everything outlives it. `report` has its account, its holders, and all rows of
// goroutines and types.
struct Evidence {
  const view::Names& names;
  const heap::Snapshot& snapshot;
  const graph::Dominators& dominators;
  const view::Report& report;
  view::PlaceFinder& places;
  std::uint64_t live = 0;      // bytes
  std::uint64_t smallest = 0;  // smaller things are not worth a word
};

struct Detector {
  const char* id;         // the id of its findings, which never changes: "sparse-map"
  const char* looks_for;  // a part of a sentence
  // Appends what it finds; throws only when it is cancelled.
  void (*run)(const Evidence& evidence, std::vector<view::Finding>& out);
};

// Returns all detectors in an arbitrary order; findings are ranked by bytes.
std::span<const Detector* const> detectors();

// What is at fault. Two faults of a detector are the same if their identities are: names of variables, functions,
// fields and types, and the numbers of enumerators that never change; no lines, offsets, counts or texts.
struct Fault {
  std::string text;  // "chan send at main.work pool.go:17"
  std::vector<std::string> identity;
};

// Appends a finding with its id, its fault and the fingerprint of both to `out`.
view::Finding& add_finding(std::vector<view::Finding>& out, const Detector& detector, const Fault& fault,
                           view::Confidence confidence);
// Gives the finding the chain and the allocation site of the large holder whose chain begins with the root, if there is
// one.
void take_holder(const Evidence& evidence, RootId root, view::Finding& finding);

// Returns a time in nanoseconds as "3.1 s".
std::string duration(std::uint64_t ns);

constexpr std::uint64_t kLongWait = 60 * std::uint64_t{1'000'000'000};  // in ns: longer than a slow request takes

}  // namespace holdfast::detect
