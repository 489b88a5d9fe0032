// Which Go it is, and what follows from that: behaviours as capabilities, decided once here. No other file compares a
// version number (tools/check_layers). The facts are from the release notes and the runtime's sources of Go 1.19-1.27;
// each capability says since when.
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

// A value without references to anything; several threads may share it.
struct GoVersion {
  std::string text;  // as the program says it: "go1.26.8", "go1.25.12 X:greenteagc", "devel go1.28-..."
  int minor = 0;
  int patch = -1;                        // -1 = none given
  std::vector<std::string> experiments;  // the names after "X:", with "no" if switched off

  bool has_experiment(std::string_view name) const;
  PointerMaps pointer_maps() const;
  // There are GC programs in type descriptors (up to 1.23). Later such types have masks that are built on demand.
  bool gc_programs_in_types() const { return minor <= 23; }
  // One-page spans of slots of 16 to 512 bytes have mark bits inside: from 1.26 on by default, in 1.25 as an
  // experiment.
  bool green_tea() const;
  bool swiss_maps() const;
  // mspan.freeIndexForScan stays where it is while the collector marks (1.25+), so it separates what was allocated
  // before from what was allocated meanwhile. Earlier releases move it with every allocation, or have none.
  bool scan_index_rests_while_marking() const { return minor >= 25; }
  // The kind byte carries flags in bits 5 and 6 (up to 1.25) or is pure (1.26+).
  bool pure_kind_byte() const { return minor >= 26; }
  // Records of functions have the line where the function begins (1.20+).
  bool functions_have_start_lines() const { return minor >= 20; }
  // Descriptors of maps list offset and stride of keys and elements (1.27+); before, both have the slot's stride
  // (reference 6.1).
  bool maps_list_strides() const { return minor >= 27; }
  // Near the memory limit, the goal of the heap stays below it by 3 % (1.21+) or by 1 MiB.
  bool limit_headroom_grows() const { return minor >= 21; }
  // runtime.growslice takes the old array first and the type last (1.20+), or the type first.
  bool grow_slice_takes_type_last() const { return minor >= 20; }
  // The runtime's record of a timer lies within the time.Timer (go/timers.h), or around it (1.23+).
  bool timers_are_embedded() const { return minor <= 22; }
  // The pprof labels of a goroutine are a sorted list (1.24+), or a map from string to string.
  bool labels_are_lists() const { return minor >= 24; }
  // The column of the table of wait reasons (go/wait_reason.cc) that numbers them, starting with 0.
  int wait_reason_numbering() const;

  // Some layouts changed in a patch release. This says whether the version is a release before `patch` of its minor. A
  // version without a patch, as a development build, is taken for the last one.
  bool is_before_patch(int patch) const;
  // Whether this can be the release that `named` is; a patch that one of them does not name may be any.
  bool may_be(const GoVersion& named) const;
  // The release whose layouts are used, "go1.27": this one, or the newest known. `known`: whether it is this one.
  std::string layout_release() const;
  bool known() const { return minor <= kNewestMinor; }
};

// Reads a version string. Fails with kUnsupported if it is none or older than Go 1.19. A minor above kNewestMinor is
// returned as it is: sanity checks decide about it later.
GoVersion parse_version(std::string_view text);

// The release that a user names: "1.26", "go1.26", "1.26.8". Fails with kUsage if it is none that holdfast knows.
GoVersion named_release(std::string_view text);

}  // namespace holdfast::go
