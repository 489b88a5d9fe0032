// What findings about waiting goroutines say, whatever sort they are.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "detect/detector.h"

namespace holdfast::detect {

// How goroutines were made, by their ids, which only grow: in one go, or one after another all along.
struct Ages {
  std::uint64_t oldest = 0, youngest = 0;  // ids
  // Others were made between them, the latest of them is among the latest of all, and not most of them are young; or
  // they came to wait one after another, in the order in which they were made.
  bool over_time = false;

  // "they were made one after another (ids 20 to 310 of 330)"
  view::Sentence words(std::uint64_t highest) const;
};

std::uint64_t highest_goid(const heap::Snapshot& snapshot);
// `goroutines` is not empty.
Ages ages_of(const heap::Snapshot& snapshot, std::span<const GoroutineId> goroutines, std::uint64_t highest);

// Some goroutines of a row, and what they have.
struct Blocked {
  std::uint64_t count = 0, heap_bytes = 0, stack_bytes = 0;

  bool one() const { return count == 1; }
};

// Whether it waits for another goroutine, and not for the network, a timer or the runtime, which may rightly take long.
bool waits_for_others(WaitReason reason);

// Whether they hold so much, or are so many, that there should be a word about them.
bool are_worth_a_word(const Evidence& evidence, const view::GoroutineRow& row);

// "the 107 channels (chan main.result)", "the lock"; empty if nothing ends such a wait.
view::Sentence awaited(const view::GoroutineRow& row);

// Says what waits where, what that holds, who made them, and what ends such a wait. `how_long` is a part of a sentence:
// "for ever". The removal is the caller's.
Suspicion& suspect_blocked(const Evidence& evidence, const Detector& detector, const view::GoroutineRow& row,
                           const Blocked& blocked, std::string_view how_long, const view::Sentence& because,
                           view::Confidence confidence, std::vector<Suspicion>& out);

}  // namespace holdfast::detect
