// What was measured of each place that allocated: by a heap profile, or by the memory profile in a snapshot, of which
// the graph knows what is alive and who holds it. The places are those of the compiler and of machine code, so that
// both can be joined. Sums are estimates, as all that comes from samples. One thread makes one; several may read it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_place.h"
#include "profile/profile.h"
#include "view/groundwork.h"

namespace holdfast::view {

struct MeasuredPlace {
  struct Frame {
    std::string function, path;
    std::uint32_t line = 0;
    std::uint32_t function_line = 0;  // that its function begins at; 0 = not known: of snapshots, and before Go 1.20
  };
  std::vector<Frame> frames;  // innermost first: of one call those that were inlined into each other; of a snapshot all
  std::uint64_t object_size = 0;                 // of each object, with what its size class wastes; 0 = not known
  std::uint64_t allocated = 0, allocations = 0;  // since the program began
  std::uint64_t in_use = 0, objects = 0;         // alive: by the profile, or by the graph where there is one
  std::string held_by;                           // who holds most of it; empty without a graph
};

class MeasuredPlaces {
 public:
  // Fails with kUnsupported if it is no heap profile.
  static MeasuredPlaces of(const profile::Profile& profile);
  // Fails with kUnsupported if the snapshot has no memory profile, saying why.
  static MeasuredPlaces of(const Groundwork& groundwork);

  const std::vector<MeasuredPlace>& all() const { return places_; }
  // Returns the rows, one for each size of objects, whose innermost frame is `written`; with `inlined` calls around it,
  // those for which `outer` is the place of the outermost of these calls.
  std::vector<std::uint32_t> find(const SourcePlace& written, const SourcePlace& outer, std::size_t inlined) const;
  // So much has to be allocated at a place for it to be seen with 95 %; 1 if every object is.
  std::uint64_t seen_from() const { return seen_from_; }

 private:
  void add_to_index();

  std::vector<MeasuredPlace> places_;
  PlaceIndex index_;
  std::uint64_t seen_from_ = 1;
};

}  // namespace holdfast::view
