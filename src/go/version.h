// Which Go, and what follows from it: behaviours as capabilities, decided once here. No version number is looked at
// outside src/go.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::go {

constexpr int kOldestMinor = 19;
constexpr int kNewestMinor = 27;

// Where the pointer map of a heap object is (reference 3).
enum class PointerMaps {
  kTwoBitArena,  // Go 1.17-1.19: two bits per word in the arena
  kOneBitArena,  // 1.20-1.21: one bit per word and noMorePtrs
  kAllocHeader,  // 1.22+: in-span bitmap, 8-byte header, or the span's large type
};

struct GoVersion {
  std::string text;  // as the program says it: "go1.26.8", "go1.25.12 X:greenteagc", "devel go1.28-..."
  int minor = 0;
  int patch = -1;                        // -1 = none given
  std::vector<std::string> experiments;  // names after "X:", with "no" where switched off

  bool has_experiment(std::string_view name) const;
  PointerMaps pointer_maps() const;
  // GC programs in type descriptors (up to 1.23); later such types have masks that are built on demand.
  bool gc_programs_in_types() const { return minor <= 23; }
  // Mark bits inside one-page spans of 16 to 512 byte slots: 1.26+ by default, 1.25 as an experiment.
  bool green_tea() const;
  bool swiss_maps() const;
  // mspan.freeIndexForScan stays where it is while the collector marks (1.25+), so it parts what was allocated before
  // from what was allocated meanwhile. Earlier releases move it with every allocation, or have none.
  bool scan_index_rests_while_marking() const { return minor >= 25; }
  // The kind byte carries flags in bits 5 and 6 (up to 1.25) or is pure (1.26+).
  bool pure_kind_byte() const { return minor >= 26; }
};

// Reads a version string; fails with kUnsupported when it is none, or older than Go 1.19. A minor above kNewestMinor is
// returned as it is: sanity checks decide about it later.
GoVersion parse_version(std::string_view text);

}  // namespace holdfast::go
