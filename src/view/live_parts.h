// The memory of a process as parts for a picture that is drawn anew at each look: whose what is in use is, what waits
// for the collector, what names freed memory, and what nobody knows. A part has the same key at each look. Sizes are in
// bytes; no byte is in two parts. One thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/reachability.h"
#include "view/groundwork.h"
#include "view/sentence.h"
#include "view/table.h"

namespace holdfast::view {

enum class PartState : std::uint8_t {
  kActive,    // live objects: whoever the part is named after reaches them
  kStuck,     // live objects of goroutines that can never go on (graph/leaked_goroutines.h): nobody will use them
  kDangling,  // a word names freed memory there; the part has no bytes
  kWaiting,   // objects that nothing reaches: they wait for the collector
  kUnknown,   // resident, and not Go's heap, so that nobody knows whether it is in use: C's, or mapped by hand
};
std::string_view words_of(PartState state);  // "active", "stuck", "dangling", "waiting", "unknown"

struct LivePart {
  PartState state = PartState::kActive;
  std::string key;
  Sentence name;          // "main.cache", "[]uint8", "C heap"
  std::string_view kind;  // "variable", "goroutines", "runtime", "finalizers", "shared", "type", "words", "mappings"
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;  // of objects; of words that dangle
  RowCommand open;
};

struct LivePartLimits {
  std::size_t owners = 300, types = 30, words = 30;  // the largest of each; the others are one part together
};

// Parts of a state stand together, the largest first. Which words dangle is asked of `dangling`, a dangling_table().
std::vector<LivePart> live_parts(const Groundwork& groundwork, const graph::Reachability& reached,
                                 const Table& dangling, const LivePartLimits& limits = {});

}  // namespace holdfast::view
