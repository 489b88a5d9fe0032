#include "capture/large_headers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/architecture.h"
#include "base/parallel.h"
#include "heap/field_path.h"
#include "heap/header_place.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kParts = 64;
constexpr std::size_t kMostSmallOfPart = heap::kMostSmallHeaders / 8;  // one table may have most of them
// To elements. Nodes of a list that lie in one array may have millions, which cost more memory than they tell.
constexpr std::size_t kMostPointersOfPart = 1 << 12;

// A bit per object: its slot is large, or its headers may be of interest though it is not. That is little enough to
// stay in the cache while edges are looked at.
class LargeObjects {
 public:
  explicit LargeObjects(const heap::Snapshot& snapshot) : bits_((std::uint64_t{snapshot.objects} + 63) / 64) {
    for (const heap::Span& span : snapshot.spans) {
      if (span.slot_size < (span.has_pointers ? heap::kLeastBytesOfLargeHeader : heap::kLeastBytesOfSmallArray))
        continue;
      for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row)
        heap::set_bit(bits_, row);
    }
  }
  bool has(std::uint32_t row) const { return heap::test_bit(bits_, row); }

 private:
  HugeArray<std::uint64_t> bits_;
};

// Finds the headers of some of the objects, or of variables.
class HeaderReader {
 public:
  HeaderReader(const MemorySource& memory, const heap::ObjectIndex& index,
               std::span<const heap::NamedWord> interface_words, const heap::Snapshot& snapshot)
      : memory_(memory), index_(index), interface_words_(interface_words), snapshot_(snapshot), places_(snapshot) {}

  std::vector<heap::LargeHeader> found;            // slices and strings
  std::vector<heap::LargeHeader> pointers;         // to elements
  std::unordered_set<std::uint32_t> partly_known;  // objects: more pointers lead to them than have rows

  void look_at_object(ObjectId object, const LargeObjects& large) {
    const heap::ObjectType known = snapshot_.object_type[object.row];
    if (!known) return;
    const std::uint64_t header = snapshot_.spans[index_.find_span(object).row].header;
    const Address start = index_.address_of(object);
    std::uint64_t offset = 0;
    for (const std::uint32_t edge : snapshot_.edges.of(object.row)) {
      offset += heap::edge_step(snapshot_.edges, edge);
      const ObjectId into(snapshot_.edges.target[edge]);
      if (!large.has(into.row)) continue;
      if (const TypeId type = places_.any_in_object(known, offset, header))
        add({.object = object, .into = into, .type = type, .at = offset}, start + offset);
    }
  }

  void look_at_variable(RootId id, const LargeObjects& large) {
    const heap::Root& root = snapshot_.roots[id.row];
    for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t) {
      const heap::RootTarget& target = snapshot_.root_targets[t];
      if (!large.has(target.object.row)) continue;
      if (const TypeId type = places_.any_in_variable(root, target.offset))
        add({.variable = id, .into = target.object, .type = type, .at = target.offset}, root.where + target.offset);
    }
  }

 private:
  void add(heap::LargeHeader header, Address word) {
    if (places_.is_interface(header.type)) header.type = pointer_in_interface(word - kWord);
    if (!header.type) return;
    const std::uint64_t element = places_.element_bytes(header.type), size = index_.size_of(header.into);
    const bool is_pointer = places_.is_pointer(header.type);
    const bool is_small = size < heap::kLeastBytesOfLargeHeader;
    if (is_small && (is_pointer || small_ == kMostSmallOfPart)) return;
    if (is_pointer && element > size / heap::kFewestElements) return;
    if (is_pointer && pointers.size() == kMostPointersOfPart) {
      partly_known.insert(header.into.row);
      return;
    }
    const std::size_t words = is_pointer ? 1 : places_.is_slice(header.type) ? 3 : 2;
    std::array<std::byte, 3 * kWord> bytes;
    if (!memory_.try_read(word, std::span(bytes).first(words * kWord))) return;
    const auto number = [&](std::size_t i) { return load_le<std::uint64_t>(bytes.data() + i * kWord); };
    const auto covered = heap::covered_by(number(0), is_pointer ? 1 : number(1), is_pointer ? 1 : number(words - 1),
                                          element, index_.address_of(header.into), size);
    if (!covered) return;
    if (is_small && covered->capacity > size / heap::kMostReached) return;
    if (is_small) ++small_;
    header.begin = covered->begin;
    header.length = covered->length;
    header.capacity = covered->capacity;
    (is_pointer ? pointers : found).push_back(header);
  }

  // The type of the pointer that an interface holds; none if it holds something else.
  TypeId pointer_in_interface(Address first) const {
    const auto word = memory_.try_pointer(first);
    if (!word) return {};
    const auto named = std::ranges::lower_bound(interface_words_, *word, {}, &heap::NamedWord::word);
    const bool is_pointer = named != interface_words_.end() && named->word == *word && named->direct && named->type &&
                            places_.is_pointer(named->type);
    return is_pointer ? named->type : TypeId();
  }

  const MemorySource& memory_;
  const heap::ObjectIndex& index_;
  std::span<const heap::NamedWord> interface_words_;
  const heap::Snapshot& snapshot_;
  heap::HeaderPlaces places_;
  std::size_t small_ = 0;  // headers of small arrays that were found
};

// Drops the pointers to objects of which they reach more than a share together.
void drop_well_reached(const heap::ObjectIndex& index, std::vector<heap::LargeHeader>& pointers) {
  std::vector<std::pair<ObjectId, AddressRange>> reached;
  reached.reserve(pointers.size());
  for (const heap::LargeHeader& each : pointers)
    reached.push_back({each.into, {Address(each.begin), Address(each.begin + each.length)}});
  std::ranges::sort(reached, {}, [](const auto& each) { return std::tuple(each.first, each.second.begin); });
  std::vector<ObjectId> well_reached;
  for (auto from = reached.begin(); from != reached.end();) {
    const ObjectId object = from->first;
    std::uint64_t bytes = 0;
    for (Address to; from != reached.end() && from->first == object; ++from) {
      const Address begin = std::max(to, from->second.begin);
      to = std::max(to, from->second.end);
      bytes += to - begin;
    }
    if (bytes > index.size_of(object) / heap::kFewestElements) well_reached.push_back(object);
  }
  std::erase_if(pointers,
                [&](const heap::LargeHeader& each) { return std::ranges::binary_search(well_reached, each.into); });
}

// Drops headers of small arrays from the end, until there are no more than are allowed.
void drop_small(const heap::ObjectIndex& index, std::vector<heap::LargeHeader>& headers) {
  std::uint64_t small = 0;
  std::erase_if(headers, [&](const heap::LargeHeader& each) {
    return index.size_of(each.into) < heap::kLeastBytesOfLargeHeader && ++small > heap::kMostSmallHeaders;
  });
}

void append(std::vector<heap::LargeHeader>& to, const std::vector<heap::LargeHeader>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append_places(std::vector<heap::LargeHeader>& to, std::vector<heap::LargeHeader>& of_variables) {
  std::ranges::sort(of_variables, {}, heap::place_of);
  const auto same = std::ranges::unique(of_variables, {}, heap::place_of);
  of_variables.erase(same.begin(), same.end());
  append(to, of_variables);
}

}  // namespace

void add_large_headers(const MemorySource& memory, const heap::ObjectIndex& index,
                       std::span<const heap::NamedWord> interface_words, heap::Snapshot& snapshot) {
  const LargeObjects large(snapshot);
  const std::span<const std::uint32_t> row_begin = snapshot.edges.row_begin.span();
  const std::span<const std::uint32_t> targets = snapshot.edges.target.span();
  std::vector<std::vector<heap::LargeHeader>> headers(kParts), pointers(kParts);
  std::vector<std::unordered_set<std::uint32_t>> partly_known(kParts);
  for_each_part(snapshot.pointerful, kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    HeaderReader reader(memory, index, interface_words, snapshot);
    for (auto row = static_cast<std::uint32_t>(begin); row < end; ++row)
      if (std::ranges::any_of(targets.subspan(row_begin[row], row_begin[row + 1] - row_begin[row]),
                              [&](std::uint32_t target) { return large.has(target); }))
        reader.look_at_object(ObjectId(row), large);
    headers[part] = std::move(reader.found);
    pointers[part] = std::move(reader.pointers);
    partly_known[part] = std::move(reader.partly_known);
  });
  for (const auto& part : headers) append(snapshot.large_headers, part);
  drop_small(index, snapshot.large_headers);
  for (const auto& part : pointers) append(snapshot.element_pointers, part);
  HeaderReader variables(memory, index, interface_words, snapshot);
  for (std::uint32_t row = 0; row < snapshot.roots.size(); ++row)
    if (snapshot.roots[row].kind == heap::RootKind::kGlobal) variables.look_at_variable(RootId(row), large);
  append_places(snapshot.large_headers, variables.found);
  append_places(snapshot.element_pointers, variables.pointers);
  // Of an object whose pointers are not all known it cannot be told how much of it they reach.
  partly_known.push_back(std::move(variables.partly_known));
  std::erase_if(snapshot.element_pointers, [&](const heap::LargeHeader& each) {
    return std::ranges::any_of(partly_known, [&](const auto& objects) { return objects.contains(each.into.row); });
  });
  drop_well_reached(index, snapshot.element_pointers);
}

}  // namespace holdfast::capture
