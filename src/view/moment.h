// Moment: one look at a program as sums under names that mean the same at another look, so that looks can be compared
// (view/growth.h). It is small beside the heap, owns its texts and outlives the snapshot. Sizes are in bytes; only live
// objects count, unless it says otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/reachability.h"
#include "heap/sample_estimate.h"
#include "heap/snapshot.h"
#include "view/groundwork.h"
#include "view/sentence.h"

namespace holdfast::view {

struct MomentSum {
  std::uint64_t count = 0;  // objects; of goroutines: how many
  std::uint64_t bytes = 0;  // of the rows of a list no byte counts twice; of goroutines: what they retain, and stacks
  std::uint64_t retained = 0;  // of types: see TypeTotals; of goroutines: of the heap; of others the same as `bytes`

  MomentSum& operator+=(const MomentSum& more) {
    count += more.count;
    bytes += more.bytes;
    retained += more.retained;
    return *this;
  }
  bool operator==(const MomentSum&) const = default;
};

struct MomentRow {
  std::string key;        // what it is, the same at every look at one build
  std::string loose_key;  // the same without lines of code, for looks at two builds
  Sentence text;
  std::string filter;  // with which the verb for such things shows it: "type=main.Session"; empty if none does
  MomentSum sum;
  std::optional<heap::EstimatedNumber> estimate;  // of `bytes`, where these are one
  // Of a path: what `why` can be asked about, or `owners --under` if many small things are below it; empty if nothing
  // stands for it.
  std::string subject = {};
  bool is_above = false;   // it is for `owners --under`
  Address example = {};    // of a path: one of the things that it speaks of; null if it is no object
  std::uint32_t home = 0;  // of owners: the first of the homes that have the name (view/owners.h)
};

// What a list is by.
enum class ChangeBy : std::uint8_t { kType, kOwner, kPath, kSite, kGoroutines };
constexpr std::size_t kChangeLists = 5;

struct MomentList {
  std::vector<MomentRow> rows;     // each key once
  MomentSum all;                   // of everything; what is in no row is told by what is missing to this
  std::uint64_t smallest = 0;      // so many bytes a row must have; 0 = all rows are there
  std::optional<Sentence> absent;  // why there is no such list
};

// A goroutine, and its row in the list of goroutines.
struct MomentGoroutine {
  std::uint64_t goid = 0;
  std::uint32_t row = 0;

  auto operator<=>(const MomentGoroutine&) const = default;
};

struct Moment {
  std::string name;  // of the target, as the user gave it
  heap::TargetInfo target;
  std::int64_t at_ns = 0;  // when it was: nanoseconds since 1970 UTC; 0 = not known
  Address main_stack;      // the end of the first thread's stack, which each start of a program puts elsewhere; or null
  std::uint64_t mallocs = 0;  // MemStats.Mallocs; 0 = not known
  std::uint32_t sweep_generation = 0;
  std::uint64_t rss = 0;    // 0 = not known
  MomentSum live, garbage;  // objects
  std::uint64_t goroutines = 0;
  std::uint64_t stack_bytes = 0;               // of goroutines
  std::uint64_t losses = 0;                    // kinds of loss
  std::array<MomentList, kChangeLists> lists;  // by ChangeBy
  std::vector<MomentGoroutine> by_goid;        // ascending
};

// Returns the list by owner alone.
MomentList owners_of_moment(const Groundwork& groundwork, const graph::Reachability& reached);

// Throws when cancelled; fails as graph::Sharing does.
Moment make_moment(const Groundwork& groundwork, const graph::Reachability& reached);

}  // namespace holdfast::view
