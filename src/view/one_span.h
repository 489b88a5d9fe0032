// One span as a person looks at it: its slots, how the runtime keeps it, and why it is not given back to the system.
// The runtime gives a span back as a whole, when a sweep finds nothing in it that the collector has marked
// (runtime/mgcsweep.go, Go 1.19-1.27; reference 10.3). Sizes are in bytes. Plain data that owns its texts. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "graph/reachability.h"
#include "view/groundwork.h"
#include "view/sentence.h"

namespace holdfast::view {

enum class SlotState : std::uint8_t {
  kFree,
  kLive,     // something holds its object
  kGarbage,  // nothing does
};

// Objects of the span that live, by who holds them.
struct SpanKeeper {
  Sentence who;               // "main.registry.sessions[…]"
  std::uint64_t objects = 0;  // in this span
  Address example;            // one of them
  Sentence type;              // of the example, or its size
};

// The last thing that keeps the span from being given back.
enum class SpanStays : std::uint8_t {
  kLive,      // objects in it live
  kMarked,    // none lives, but the last collection still marked some: the next one will not
  kNotSwept,  // nothing in it is marked: its sweep will give it back
  kCached,    // it is empty or garbage, and a P allocates from it: it gives it up as the next collection begins
  kGarbage,   // none lives; they were allocated since, or it is not known what was marked
  kEmpty,     // it has no object, and no P: a thread was stopped with it
};

struct OneSpan {
  heap::Span span;
  std::vector<SlotState> slots;
  std::uint64_t live = 0, garbage = 0;  // objects
  std::uint64_t marked = 0;             // of both, if span.has_marks
  std::uint64_t left_behind = 0;        // bytes behind the last slot
  std::uint64_t absent = 0;             // bytes that are not in memory
  bool residency_known = false;         // otherwise nothing is known of that
  std::optional<heap::SpanRecord> record;
  SpanStays stays = SpanStays::kLive;
  std::vector<SpanKeeper> keepers;  // those that have most objects in it first
  std::uint64_t left_out_keepers = 0, left_out_objects = 0;

  std::uint64_t free_bytes() const { return (span.slots - live - garbage) * span.slot_size; }
};

// Fails with kNotFound, saying what is there, if the address is in no span. `top`: how many keepers, 0 = all.
OneSpan one_span(const Groundwork& groundwork, const graph::Reachability& reached, Address address, std::size_t top);

}  // namespace holdfast::view
