// Which goroutines have something in hand that others wait for: a pointer on their stacks leads to it, directly or over
// an object or two, as a receiver or what a closure has captured. Whoever holds a lock has it in hand as a rule, since
// it has to unlock it, and who receives from a channel has that; but who has something in hand need not be about to use
// it. One pass over the roots of goroutines; one thread. Nothing throws.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "detect/detector.h"

namespace holdfast::detect {

// The runtime's records of goroutines that wait, and of what they wait for: nobody acts on what these lead to.
// Ascending.
std::vector<ObjectId> records_of_waits(const Evidence& evidence);

struct Hand {
  GoroutineId goroutine;
  FrameId frame;        // of the outermost function that has it; none if it lies in no frame
  bool surely = false;  // of a lock: code says that it has locked it, as well

  auto operator<=>(const Hand&) const = default;
};

class Hands {
 public:
  // For these objects. The evidence must outlive this.
  Hands(const Evidence& evidence, std::span<const ObjectId> objects);

  // Each goroutine that has the object in hand, once, ascending; those that wait for it as well.
  const std::vector<Hand>& of(ObjectId object) const;

 private:
  void add(RootId root, ObjectId from, int far);

  const Evidence& e_;
  std::map<ObjectId, std::vector<Hand>> hands_;
  std::vector<ObjectId> records_;
};

// "goroutine 18 has it in hand at main.flush a.go:7, and waits in IO wait at main.write a.go:9"; "has it locked" where
// that is sure.
view::Sentence hand_text(const Evidence& evidence, const Hand& hand, const view::Sentence& what);

}  // namespace holdfast::detect
