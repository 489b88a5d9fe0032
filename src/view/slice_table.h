// The table of what slices and strings refer to: for each object, how much of it any header covers. A header is a word
// of a typed object, package variable or frame that is the first of a slice or a string; its length says what it
// covers, its capacity what it could. What no header covers is kept for nothing, unless somebody else points into it:
// those are counted, too. Of a frame, what only looks like a header covers nothing here (heap::HeaderBasis).
//
// Lengths are content, that of pointerful objects and of variables. Without it only headers that refer to large objects
// are known (heap/large_header.h), and only these objects are listed. One pass over the edges; 40 B per header of a
// listed object. One thread; throws when it is cancelled. Sizes are in bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "graph/reachability.h"
#include "view/names.h"
#include "view/table.h"

namespace holdfast::view {

struct SliceOptions {
  static constexpr std::uint64_t kLeast = 256;  // smaller objects are counted and not listed

  std::optional<Address> object;      // only this one, whatever its size
  std::optional<std::uint64_t> goid;  // only what a word of this goroutine's stack leads to
};

// What a row of the table is about.
enum class SliceRows : std::uint8_t {
  kObjects,  // an object that headers refer to
  kPlaces,   // a field, variable or frame: all objects whose longest header stands there, each counts once
  kHeaders,  // a header: of the goroutine's frames; without one, single ones of all frames and package variables, and
             // those of objects summed by the field that they stand in
};

TableShape slice_shape(SliceRows rows);
// Keeps references to the snapshot and the rules. Fails with kUnsupported if the snapshot has neither content nor
// headers of large objects, or no content and one small object is asked about; with kNotFound if there is no such
// object or goroutine.
Table slice_table(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const graph::Reachability& reached,
                  const SliceOptions& options, SliceRows rows = SliceRows::kObjects);

}  // namespace holdfast::view
