#include "view/slice_headers.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/cancel.h"
#include "heap/field_path.h"

namespace holdfast::view {
namespace {

constexpr int kMostNestedTypes = 64;
constexpr std::uint32_t kRowsBetweenChecks = 1 << 16;

class HeaderFinder {
 public:
  HeaderFinder(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const graph::Reachability& reached,
               const std::function<bool(ObjectId)>& wanted)
      : snapshot_(snapshot), index_(index), reached_(reached), wanted_(wanted), bytes_(snapshot, index) {}

  SliceHeaders run() {
    for (std::uint32_t row = 0; row < snapshot_.pointerful; ++row) {
      if (row % kRowsBetweenChecks == 0) throw_if_cancelled();
      if (reached_.contains(ObjectId(row))) look_at_object(ObjectId(row));
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
        is_placed = true;
        header = snapshot_.spans[index_.find_span(object).row].header;
        address = index_.address_of(object);
      }
      const heap::ObjectType known = snapshot_.object_type[object.row];
      const bool is_part = known.known_by() == heap::KnownBy::kPart;
      const TypeId type = offset < header ? TypeId() : header_at(known.type(), offset - header, !is_part);
      add(object, offset, address + offset, type, into);
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
      const bool has_type = root.kind == heap::RootKind::kGlobal && root.type && root.where;
      const TypeId type =
          has_type ? header_at(root.type, std::uint64_t{root.type_offset} + target.offset, false) : TypeId();
      add(id, target.offset, root.where + target.offset, type, target.object);
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
    header.element = element_bytes(found->type);
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

  std::uint64_t element_bytes(TypeId type) const {
    const heap::Type& row = snapshot_.types[type.row];
    if (row.kind != heap::TypeKind::kSlice) return 1;
    return row.elem ? snapshot_.types[row.elem.row].size : 0;
  }

  // Returns the slice or string that begins there in a value of the type, or in one of several; none if none does.
  TypeId header_at(TypeId type, std::uint64_t offset, bool several) {
    if (!type) return {};
    const std::uint64_t size = snapshot_.types[type.row].size;
    if (size == 0 || (offset >= size && !several)) return {};
    offset %= size;
    if (offset >> 32 != 0) return find_header(type, offset);
    const auto [known, is_new] = known_.try_emplace(std::uint64_t{type.row} << 32 | offset);
    if (is_new) known->second = find_header(type, offset);
    return known->second;
  }
  TypeId find_header(TypeId type, std::uint64_t offset) const {
    for (int depth = 0; type && depth < kMostNestedTypes; ++depth) {
      const heap::Type& row = snapshot_.types[type.row];
      if (row.kind == heap::TypeKind::kSlice || row.kind == heap::TypeKind::kString)
        return offset == 0 ? type : TypeId();
      if (row.kind == heap::TypeKind::kArray) {
        type = row.elem;
        const std::uint64_t size = type ? snapshot_.types[type.row].size : 0;
        if (size == 0) return {};
        offset %= size;
        continue;
      }
      const heap::Field* const field = field_at(row, offset);
      if (field == nullptr) return {};
      type = field->type;
      offset -= field->offset;
    }
    return {};
  }
  const heap::Field* field_at(const heap::Type& type, std::uint64_t offset) const {
    for (std::uint32_t f = type.first_field; f < type.first_field + type.field_count; ++f) {
      const heap::Field& field = snapshot_.fields[f];
      if (field.type && offset >= field.offset && offset - field.offset < snapshot_.types[field.type.row].size)
        return &field;
    }
    return nullptr;
  }

  void add(graph::NodeId from, std::uint64_t at, Address word, TypeId type, ObjectId into) {
    if (type) {
      if (auto header = read(word, type, into)) {
        header->from = from;
        header->at = at;
        out_.headers.push_back(*header);
        return;
      }
      ++out_.odd;
    }
    out_.others.push_back({from, at, into, nullptr});
  }

  std::optional<SliceHeader> read(Address word, TypeId type, ObjectId into) const {
    const heap::Type& row = snapshot_.types[type.row];
    const bool is_slice = row.kind == heap::TypeKind::kSlice;
    const std::uint64_t element = element_bytes(type);
    const auto pointer = bytes_.word(word), length = bytes_.word(word + 8);
    const auto capacity = is_slice ? bytes_.word(word + 16) : length;
    if (!pointer || !length || !capacity || *length > *capacity || element == 0) return std::nullopt;
    const Address begin = index_.address_of(into);
    const std::uint64_t size = index_.size_of(into);
    if (*pointer < begin.value || *pointer - begin.value > size) return std::nullopt;
    const std::uint64_t offset = *pointer - begin.value;
    if (*capacity > (size - offset) / element) return std::nullopt;
    SliceHeader header;
    header.type = type;
    header.into = into;
    header.element = element;
    header.begin = offset;
    header.length = *length * element;
    header.capacity = *capacity * element;
    return header;
  }

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const graph::Reachability& reached_;
  const std::function<bool(ObjectId)>& wanted_;
  TargetBytes bytes_;
  std::unordered_map<std::uint64_t, TypeId> known_;  // by type and offset
  std::set<std::pair<Address, ObjectId>> stack_words_;
  SliceHeaders out_;
};

}  // namespace

SliceHeaders find_slice_headers(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                                const graph::Reachability& reached, const std::function<bool(ObjectId)>& wanted) {
  return HeaderFinder(snapshot, index, reached, wanted).run();
}

}  // namespace holdfast::view
