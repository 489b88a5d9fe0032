// Who could still wake goroutines that wait for others: for what each waits for, the ways on which those who can act
// reach it. Costs a search over the whole heap when it is first asked, and another for each place that seems to be the
// only way. One thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "detect/detector.h"
#include "detect/hands.h"
#include "graph/shortest_ways.h"

namespace holdfast::detect {

class WhoCouldWake {
 public:
  // It must outlive this.
  explicit WhoCouldWake(const Evidence& evidence);

  // Says it of goroutines at one place: "only main.news leads to what they wait for, and no goroutine that can act has
  // it in hand". Empty if nothing is known of what they wait for.
  view::Sentence words(std::span<const GoroutineId> goroutines);

  // Whether all that can still wake them are timers. None of them is leaked.
  bool wake_by_time_alone(std::span<const GoroutineId> goroutines);
  // If all wait for one thing: somebody who has it in hand, and is leaked as all others are who have it in hand and do
  // not wait for it.
  std::optional<Hand> leaked_hand(std::span<const GoroutineId> goroutines) const;

 private:
  // What a wait can end by.
  struct Cases {
    std::uint64_t dead = 0, timers = 0;            // by nobody; by a timer
    std::vector<ObjectId> contexts;                // by their end
    std::vector<std::vector<graph::NodeId>> ways;  // to other things that somebody can get at
    std::optional<std::int64_t> next_due_ns;       // of the timers
    std::uint64_t count() const { return dead + timers + contexts.size() + ways.size(); }
  };

  const graph::ShortestWays& ways();
  void add(ObjectId awaited, Cases& cases);
  Cases cases_of(std::span<const GoroutineId> goroutines);
  view::Sentence hand_words(std::span<const GoroutineId> goroutines, const Cases& cases) const;
  view::Sentence keeper_words(std::span<const GoroutineId> goroutines, const Cases& cases);
  view::Sentence place_of(graph::NodeId node);
  bool is_only_way(std::span<const GoroutineId> goroutines, ObjectId keeper);

  const Evidence& e_;
  std::vector<ObjectId> timed_;  // what pending timers reach first; ascending
  std::optional<graph::ShortestWays> ways_;
  int asked_ = 0;  // questions about what is the only way
};

}  // namespace holdfast::detect
