// Names the levels of a tree of what holds what (view/held_tree.h), and says which of them are of one sort. Each sort
// at each place is put into words once. One thread; nothing throws.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "view/edge_places.h"
#include "view/groundwork.h"
#include "view/held_tree.h"
#include "view/sentence.h"

namespace holdfast::view {

class HeldFrames {
 public:
  using Place = std::uint32_t;  // where a pointer lies, as words; kNoPlace if there is nothing to say
  static constexpr Place kNoPlace = 0;

  // It must outlive this.
  explicit HeldFrames(const Groundwork& groundwork);

  // These return rows of frames: equal ones for what is one level.
  std::uint32_t of_owner(std::uint32_t owner);
  std::uint32_t of_home(std::uint32_t home);
  std::uint32_t of_root(RootId root);
  std::uint32_t of_object(ObjectId object, Place place);
  std::uint32_t of_smaller();
  // Whether the root is a level of its own: not if its owner says the same, or if it is one of many goroutines.
  bool is_level(RootId root) const;

  Place place_of(ObjectId source, const heap::Span& span, std::uint64_t offset);
  Place place_of(RootId root, const heap::RootTarget& target);

  // Equal numbers for things of one sort, wherever they are.
  std::uint32_t sort(std::uint32_t frame) const { return sorts_[frame]; }
  // Gives all away, with names that tell them apart.
  std::vector<HeldFrame> take();

 private:
  std::uint32_t add(HeldKind kind, const Sentence& name);
  std::uint32_t add_thing(std::uint32_t sort, Place place);
  std::uint32_t sort_of(ObjectId thing);
  Place place_named(Sentence text);
  const OwnerRow& owner_of(RootId root) const { return owners_.rows()[owners_.owner_of(root)]; }

  struct Thing {
    std::string type;  // full
    Sentence text;
    std::string file;
    std::uint32_t line = 0;
  };

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  const Owners& owners_;
  EdgePlaces edge_places_;
  std::vector<HeldFrame> frames_;
  std::vector<std::uint32_t> sorts_;  // by frame
  std::uint32_t next_sort_ = 0;
  std::unordered_map<std::string, std::uint32_t> frame_of_text_;     // of owners and roots
  std::unordered_map<std::uint64_t, std::uint32_t> frame_of_thing_;  // by sort and place
  std::unordered_map<std::uint64_t, std::uint32_t> sort_of_thing_;   // by Sort, and whether there are several values
  std::unordered_map<std::uint32_t, Thing> things_;                  // by sort
  std::vector<Sentence> places_ = std::vector<Sentence>(1);
  std::unordered_map<std::string, Place> place_of_text_;
  std::unordered_map<std::uint64_t, Place> place_of_edge_;  // by type and row of edge_places_
  std::uint64_t last_key_ = ~std::uint64_t{0};              // neighbours are mostly alike
  std::uint32_t last_frame_ = 0;
};

}  // namespace holdfast::view
