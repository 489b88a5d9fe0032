// Names the words that pointers start from, for answers about all pointers at once. A place is named by the type that
// it lies in and its distance there, without the numbers of elements: ".next" in each element of a []main.node. So
// there are few places however many pointers a heap has, and each is put into words once. One thread; nothing throws.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "heap/snapshot.h"
#include "view/names.h"

namespace holdfast::view {

// The word of a pointer in an object.
struct EdgePlace {
  std::uint32_t row = 0;      // of the texts
  bool in_list = false;       // the object has room for several values,
  std::uint64_t element = 0;  // and the word lies in this one
  bool operator==(const EdgePlace&) const = default;
};

class EdgePlaces {
 public:
  // The snapshot must outlive this.
  explicit EdgePlaces(const heap::Snapshot& snapshot) : snapshot_(snapshot) {}

  // `offset` is in bytes from the start of the slot of an object of that type in the span.
  EdgePlace of(heap::ObjectType type, const heap::Span& span, std::uint64_t offset);
  // ".next", ".entries[…].key"; empty for an element that is a pointer itself; "+0x18" where the type is not known.
  const std::string& text(std::uint32_t row) const { return texts_[row]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::uint32_t row_of(TypeId type, std::uint64_t offset);

  const heap::Snapshot& snapshot_;
  std::unordered_map<std::uint64_t, std::uint32_t> known_;  // by type and offset: row
  std::unordered_map<std::string, std::uint32_t> row_of_text_ = {{std::string(), 0}};
  std::vector<std::string> texts_ = std::vector<std::string>(1);
};

// Calls visit(ObjectId source, const heap::Span&, std::uint32_t edge, std::uint64_t offset) for each pointer in objects
// for which enter(ObjectId) is true, in ascending order; `offset` is in bytes from the start of the slot.
template <typename Enter, typename Visit>
void for_each_edge(const heap::Snapshot& snapshot, const Enter& enter, const Visit& visit) {
  for (const heap::Span& span : snapshot.spans) {
    if (!span.has_pointers) continue;
    for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row) {
      if (!enter(ObjectId(row))) continue;
      std::uint64_t offset = 0;
      for (const std::uint32_t e : snapshot.edges.of(row)) {
        offset += heap::edge_step(snapshot.edges, e);
        visit(ObjectId(row), span, e, offset);
      }
    }
  }
}

}  // namespace holdfast::view
