// Reads how full a map is and where its entries lie: runtime.hmap with its buckets, or internal/runtime/maps.Map with
// its tables (Go 1.24+; reference 6.4). Sizes are in bytes. For one thread. Nothing throws: a map whose header or
// tables cannot be read is one of which nothing is known.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "go/library_layouts.h"
#include "go/record.h"
#include "go/runtime.h"

namespace holdfast::go {

struct MapRecord {
  std::uint64_t entries = 0;  // what len() says
  std::uint64_t slots = 0;    // room for entries in `arrays`; of buckets without those that others overflow into
  // Where each array of buckets or groups begins, each once. While a map of buckets grows, the old ones, too, whose
  // slots do not count.
  std::vector<Address> arrays;
  // Of groups: slots that deleted entries have left behind, which count as filled until the table grows, and how often
  // the map was cleared. Of buckets nothing counts either.
  std::uint64_t tombstones = 0, clears = 0;
  bool has_groups = false;

  // Whether a map can be like that: it has more slots than entries at any time.
  bool is_sound() const { return entries <= slots; }
};

class MapReader {
 public:
  explicit MapReader(const Runtime& runtime);

  // Whether some bucket of an array of them has a hole: a slot that a deleted entry has left before one in use. Entries
  // that come fill the first free slot, so a bucket from which nothing was deleted has none. Looks at so many at most.
  // None if they cannot be read.
  std::optional<bool> has_holes(Address buckets, std::uint64_t count, std::uint64_t bucket_bytes) const;

  // Reads the map whose header lies there. None if anything of it cannot be read, or if the layouts do not tell.
  // The result is good until the next call.
  const MapRecord* read(Address header);

 private:
  bool read_buckets();
  bool read_groups();
  bool add_table(Address table);

  const MemorySource& memory_;
  LibraryLayouts layouts_;
  bool has_groups_;
  std::optional<Record> header_, table_;
  MapRecord map_;
};

}  // namespace holdfast::go
