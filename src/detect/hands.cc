#include "detect/hands.h"

#include <algorithm>

#include "view/words.h"

namespace holdfast::detect {
namespace {

constexpr int kFarthest = 2;                 // objects between a stack and what is in hand
constexpr std::uint32_t kMostPointers = 64;  // of an object that is looked through

}  // namespace

std::vector<ObjectId> records_of_waits(const Evidence& evidence) {
  std::vector<ObjectId> out;
  for (const heap::WakeUp& wake_up : evidence.snapshot.wake_ups) {
    if (wake_up.record) out.push_back(wake_up.record);
    const ObjectId own = evidence.names.index().find_object(evidence.snapshot.goroutines[wake_up.goroutine.row].g);
    if (own) out.push_back(own);
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

// Roots of a goroutine come from the innermost frame outwards, so the last one is the outermost.
Hands::Hands(const Evidence& evidence, std::span<const ObjectId> objects) : e_(evidence) {
  for (const ObjectId object : objects) hands_.try_emplace(object);
  if (hands_.empty()) return;
  records_ = records_of_waits(e_);
  for (std::uint32_t r = 0; r < e_.snapshot.roots.size(); ++r) {
    const heap::Root& root = e_.snapshot.roots[r];
    if (!root.goroutine) continue;
    for (std::uint32_t i = 0; i < root.target_count; ++i)
      add(RootId(r), e_.snapshot.root_targets[root.first_target + i].object, 0);
  }
}

const std::vector<Hand>& Hands::of(ObjectId object) const {
  static const std::vector<Hand> kNone;
  const auto found = hands_.find(object);
  return found == hands_.end() ? kNone : found->second;
}

void Hands::add(RootId root, ObjectId from, int far) {
  if (const auto found = hands_.find(from); found != hands_.end()) {
    const Hand hand{e_.snapshot.roots[root.row].goroutine, e_.snapshot.roots[root.row].frame, false};
    const auto place = std::ranges::lower_bound(found->second, hand.goroutine, {}, &Hand::goroutine);
    if (place == found->second.end() || place->goroutine != hand.goroutine)
      found->second.insert(place, hand);
    else if (hand.frame)
      place->frame = hand.frame;
  }
  if (far == kFarthest || from.row >= e_.snapshot.pointerful || std::ranges::binary_search(records_, from)) return;
  const auto edges = e_.snapshot.edges.of(from.row);
  if (edges.size() > kMostPointers) return;
  for (const std::uint32_t edge : edges) add(root, ObjectId(e_.snapshot.edges.target[edge]), far + 1);
}

view::Sentence hand_text(const Evidence& evidence, const Hand& hand, const view::Sentence& what) {
  const heap::Goroutine& goroutine = evidence.snapshot.goroutines[hand.goroutine.row];
  view::Sentence out =
      view::sentence("goroutine {} has {} {}", goroutine.goid, what, hand.surely ? "locked" : "in hand");
  if (hand.frame)
    out += view::sentence(" at {}", view::named(evidence.names.frame(evidence.snapshot.frames[hand.frame.row])));
  if (goroutine.state != heap::GoroutineState::kWaiting) return out;
  return out += view::sentence(", and waits in {} at {}", view::name_of(goroutine.wait_reason),
                               view::named(evidence.names.top_frame(goroutine)));
}

}  // namespace holdfast::detect
