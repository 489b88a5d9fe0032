#include "view/slice_headers.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/cancel.h"
#include "heap/field_path.h"
#include "heap/header_place.h"

namespace holdfast::view {
namespace {

constexpr std::uint32_t kRowsBetweenChecks = 1 << 16;

class HeaderFinder {
 public:
  HeaderFinder(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
               const std::function<bool(ObjectId)>& reached, const std::function<bool(ObjectId)>& wanted)
      : snapshot_(snapshot),
        index_(index),
        reached_(reached),
        wanted_(wanted),
        bytes_(snapshot, index),
        places_(snapshot) {}

  SliceHeaders run() {
    for (std::uint32_t row = 0; row < snapshot_.pointerful; ++row) {
      if (row % kRowsBetweenChecks == 0) throw_if_cancelled();
      look_at_object(ObjectId(row));
    }
    for (std::uint32_t row = 0; row < snapshot_.roots.size(); ++row) look_at_root(RootId(row));
    std::ranges::sort(out_.headers, [](const SliceHeader& a, const SliceHeader& b) {
      return std::tie(a.into, a.begin, a.length, a.from, a.at) < std::tie(b.into, b.begin, b.length, b.from, b.at);
    });
    std::ranges::sort(out_.others, [](const OtherPointer& a, const OtherPointer& b) {
      return std::tie(a.into, a.from, a.at) < std::tie(b.into, b.from, b.at);
    });
    return std::move(out_);
  }

 private:
  void look_at_object(ObjectId object) {
    const heap::Edges& edges = snapshot_.edges;
    const std::uint32_t begin = edges.row_begin[object.row], end = edges.row_begin[object.row + 1];
    std::uint64_t offset = 0;
    bool is_placed = false;
    Address address;
    std::uint64_t header = 0;
    for (std::uint32_t e = begin; e < end; ++e) {
      offset += heap::edge_step(edges, e);
      const ObjectId into(edges.target[e]);
      if (!wanted_(into)) continue;
      if (!is_placed) {
        if (!reached_(object)) return;
        is_placed = true;
        header = snapshot_.spans[index_.find_span(object).row].header;
        address = index_.address_of(object);
      }
      add({.from = object, .at = offset, .into = into}, address + offset,
          places_.in_object(snapshot_.object_type[object.row], offset, header));
    }
  }

  void look_at_root(RootId id) {
    const heap::Root& root = snapshot_.roots[id.row];
    for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t) {
      const heap::RootTarget& target = snapshot_.root_targets[t];
      if (!wanted_(target.object)) continue;
      if (root.goroutine) {
        add_of_stack(id, target, root.where ? root.where + target.offset : Address());
        continue;
      }
      add({.from = id, .at = target.offset, .into = target.object}, root.where + target.offset,
          places_.in_variable(root, target.offset));
    }
  }

  // A word can be an argument of one function and a variable of the one that called it: the inner one has it.
  void add_of_stack(RootId from, const heap::RootTarget& target, Address word) {
    if (word && !stack_words_.emplace(word, target.object).second) return;
    const auto found = std::ranges::lower_bound(snapshot_.frame_headers, word, {}, &heap::FrameHeader::at);
    const bool is_header = found != snapshot_.frame_headers.end() && found->at == word && found->type &&
                           index_.find_object(found->data) == target.object;
    if (!is_header || !found->length || found->basis == heap::HeaderBasis::kNearness) {
      out_.others.push_back({from, target.offset, target.object, is_header ? &*found : nullptr});
      return;
    }
    SliceHeader header{.from = from, .at = target.offset, .type = found->type, .into = target.object};
    header.frame = &*found;
    header.element = places_.element_bytes(found->type);
    header.begin = found->data - index_.address_of(target.object);
    const std::uint64_t room = index_.size_of(target.object) - header.begin;
    const std::uint64_t capacity = found->capacity.value_or(*found->length);
    if (header.element == 0 || capacity > room / header.element) {
      ++out_.odd;
      out_.others.push_back({from, target.offset, target.object, nullptr});
      return;
    }
    header.length = *found->length * header.element;
    header.capacity = capacity * header.element;
    out_.headers.push_back(header);
  }

  void add(SliceHeader header, Address word, TypeId type) {
    if (type) {
      header.type = type;
      header.element = places_.element_bytes(type);
      if (const auto covered = snapshot_.content.known() ? read(word, header) : look_up(header)) {
        header.begin = covered->begin;
        header.length = covered->length;
        header.capacity = covered->capacity;
        out_.headers.push_back(header);
        return;
      }
      ++out_.odd;
    }
    out_.others.push_back({header.from, header.at, header.into, nullptr});
  }

  std::optional<heap::Covered> read(Address word, const SliceHeader& header) const {
    const auto pointer = bytes_.word(word), length = bytes_.word(word + 8);
    const auto capacity = places_.is_slice(header.type) ? bytes_.word(word + 16) : length;
    if (!pointer || !length || !capacity) return std::nullopt;
    return heap::covered_by(*pointer, *length, *capacity, header.element, index_.address_of(header.into),
                            index_.size_of(header.into));
  }

  // Capturing has looked at the words already, if what they refer to is large.
  std::optional<heap::Covered> look_up(const SliceHeader& header) const {
    const auto place = std::tuple(header.from.object(), header.from.root(), header.at);
    const auto found = std::ranges::lower_bound(snapshot_.large_headers, place, {}, heap::place_of);
    if (found == snapshot_.large_headers.end() || heap::place_of(*found) != place || found->into != header.into)
      return std::nullopt;
    return heap::Covered{found->begin, found->length, found->capacity};
  }

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const std::function<bool(ObjectId)>& reached_;
  const std::function<bool(ObjectId)>& wanted_;
  TargetBytes bytes_;
  heap::HeaderPlaces places_;
  std::set<std::pair<Address, ObjectId>> stack_words_;
  SliceHeaders out_;
};

}  // namespace

SliceHeaders find_slice_headers(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                                const std::function<bool(ObjectId)>& reached,
                                const std::function<bool(ObjectId)>& wanted) {
  return HeaderFinder(snapshot, index, reached, wanted).run();
}

}  // namespace holdfast::view
