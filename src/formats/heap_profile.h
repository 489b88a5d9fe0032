// The memory profile as files that pprof and people read: what runtime/pprof would write if the program had an endpoint
// for it. All fail with kUnsupported if the snapshot has no profile, and say why. Sources:
// src/runtime/pprof/protomem.go and pprof.go of Go 1.19-1.27; profile.proto of github.com/google/pprof. Safe to use
// from several threads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "heap/snapshot.h"
#include "view/held_tree.h"

namespace holdfast::formats {

// Returns the gzipped profile.proto of /debug/pprof/heap?debug=0: sample types alloc_objects, alloc_space,
// inuse_objects and inuse_space, estimated from the samples as Go does; period type space; the label "bytes" is an
// object's size. Names are spelled as in the source, where Go writes "gopkg.in/yaml%2ev3".
std::string heap_profile_pprof(const heap::Snapshot& snapshot);

// Returns the text of /debug/pprof/heap?debug=1: sampled objects and bytes as they are, the largest in use first, and
// the fields of runtime.MemStats that are known.
std::string heap_profile_text(const heap::Snapshot& snapshot);

// The same as trees of stacks, the outermost function first: what is in use and what was ever allocated, estimated.
// Both have the same frames, which are functions; calls that were inlined have frames of their own.
struct AllocationTrees {
  view::HeldTree in_use, allocated;
};
AllocationTrees allocation_trees(const heap::Snapshot& snapshot);

// Estimates all objects and bytes from sampled ones, `rate` bytes being the mean distance of samples: each object of s
// bytes was sampled with the probability 1 - exp(-s / rate). Truncated as in Go.
std::pair<std::uint64_t, std::uint64_t> estimate(std::uint64_t objects, std::uint64_t bytes, std::uint64_t rate);

}  // namespace holdfast::formats
