#include "typing/frame_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/architecture.h"

namespace holdfast::typing {
namespace {

constexpr int kDeepestField = 8;
constexpr std::uint64_t kMostInArray = 64;  // of an array in a frame
constexpr std::size_t kMostHeaders = 256;   // of one variable

// A slice or string in a value.
struct InnerHeader {
  std::uint64_t offset = 0;
  TypeId type;
  std::string path;  // ".field[2]"; empty if the value is the header
};

void find_headers(const TypeTable& table, const StringTable& strings, const InnerHeader& value, int depth,
                  std::vector<InnerHeader>& out) {
  if (!value.type || depth > kDeepestField || out.size() >= kMostHeaders) return;
  const Type& type = table[value.type];
  if (type.kind == TypeKind::kSlice || type.kind == TypeKind::kString) {
    out.push_back(value);
  } else if (type.kind == TypeKind::kStruct) {
    for (std::uint32_t f = type.first_field; f < type.first_field + type.field_count; ++f) {
      const Field& field = table.fields()[f];
      const std::string path = fmt::format("{}.{}", value.path, strings[field.name]);
      find_headers(table, strings, {value.offset + field.offset, field.type, path}, depth + 1, out);
    }
  } else if (type.kind == TypeKind::kArray && type.elem && type.count > 0) {
    const std::uint64_t stride = table[type.elem].size;
    for (std::uint64_t i = 0; i < std::min(type.count, kMostInArray); ++i)
      find_headers(table, strings, {value.offset + i * stride, type.elem, fmt::format("{}[{}]", value.path, i)},
                   depth + 1, out);
  }
}

// Where the word at `offset` of the variable is, from the canonical frame address; none if it is in no memory.
std::optional<std::int64_t> place_of_word(const binary::DwarfVariable& variable, std::uint64_t offset) {
  for (const binary::DwarfPiece& piece : variable.pieces)
    if (offset >= piece.offset && offset + kWord <= piece.offset + piece.size)
      return piece.cfa_offset + static_cast<std::int64_t>(offset - piece.offset);
  return std::nullopt;
}

Address from(Address base, std::int64_t offset) {
  return Address(base.value + static_cast<std::uint64_t>(offset));
}

bool is_live(const LiveFrame& frame, Address slot) {
  return std::ranges::binary_search(frame.slots, slot);
}

}  // namespace

const std::vector<FrameHeaders::Place>& FrameHeaders::places_at(DwarfEvidence& dwarf, Address pc) {
  const auto [known, is_new] = places_.try_emplace(pc);
  if (!is_new) return known->second;
  for (const binary::DwarfVariable& variable : dwarf.variables_at(pc)) {
    if (variable.pieces.empty()) continue;
    std::vector<InnerHeader> inner;
    find_headers(table_, strings_, {0, dwarf.type_of_variable(variable.type), std::string(variable.name)}, 0, inner);
    for (const InnerHeader& header : inner) {
      const auto pointer = place_of_word(variable, header.offset);
      if (!pointer) continue;
      Place place;
      place.pointer = *pointer;
      place.type = header.type;
      place.variable = strings_.add(header.path);
      place.length = place_of_word(variable, header.offset + kWord);
      if (!is_string(header.type)) place.capacity = place_of_word(variable, header.offset + 2 * kWord);
      known->second.push_back(place);
    }
  }
  return known->second;
}

void FrameHeaders::add_variables(DwarfEvidence& dwarf, std::span<const LiveFrame> frames) {
  places_.clear();
  for (const LiveFrame& frame : frames) {
    const go::StackFrame& stands = frame.frame;
    for (const Place& place : places_at(dwarf, stands.pc - (stands.is_return_address ? 1 : 0))) {
      const Address at = from(stands.fp, place.pointer);
      if (!is_live(frame, at)) continue;
      const auto length = place.length ? std::optional(from(stands.fp, *place.length)) : std::nullopt;
      const auto capacity = place.capacity ? std::optional(from(stands.fp, *place.capacity)) : std::nullopt;
      heap::FrameHeader header = read(at, place.type, length, capacity, heap::HeaderBasis::kVariable);
      header.variable = place.variable;
      add(header);
    }
  }
}

void FrameHeaders::add_code(const code::CodeEvidence& evidence, std::span<const LiveFrame> frames) {
  for (const LiveFrame& frame : frames)
    for (const Address slot : frame.slots) add_slot(evidence, frame, slot);
}

void FrameHeaders::add_slot(const code::CodeEvidence& evidence, const LiveFrame& frame, Address slot) {
  if (add_part_of_variable(evidence, frame, slot)) return;
  const auto offset = static_cast<std::int64_t>(slot.value - frame.base().value);
  const auto* const word = code::find_at(evidence.frame_words, frame.function, offset);
  if (word == nullptr || word->word.offset != 0) return;
  const bool is_array = word->word.kind == code::WordKind::kPointer && word->word.in_array;
  if (word->word.kind != code::WordKind::kPart && !is_array) return;
  const TypeId known = table_.intern(word->word.type);
  const TypeId type = known && is_array ? slice_of(known) : known;
  if (type && (is_string(type) || table_[type].kind == TypeKind::kSlice)) add_first_word(type, slot, is_array);
}

// The type of slices with such elements, which need not have a descriptor.
TypeId FrameHeaders::slice_of(TypeId elem) {
  const auto [known, is_new] = slices_.try_emplace(elem);
  if (!is_new) return known->second;
  const std::string name = fmt::format("[]{}", table_.name(elem));
  if (const TypeId found = table_.by_name(name)) return known->second = found;
  Type made{.name = strings_.add(name), .kind = TypeKind::kSlice, .size = 3 * kWord};
  made.pointer_bytes = kWord;
  made.elem = elem;
  return known->second = table_.describe(made, {});
}

// A variable of the frame whose address was passed on lies there as a whole.
bool FrameHeaders::add_part_of_variable(const code::CodeEvidence& evidence, const LiveFrame& frame, Address slot) {
  const auto offset = static_cast<std::int64_t>(slot.value - frame.base().value);
  const auto* const variable = code::find_before(evidence.frame_variables, frame.function, offset);
  if (variable == nullptr || variable->word.kind != code::WordKind::kPointer || variable->word.offset != 0)
    return false;
  const TypeId type = table_.intern(variable->word.type);
  const auto inner_offset = static_cast<std::uint64_t>(offset - variable->offset);
  if (!type || inner_offset >= table_[type].size) return false;
  std::vector<InnerHeader> inner;
  find_headers(table_, strings_, {0, type, {}}, 0, inner);
  const auto header = std::ranges::find(inner, inner_offset, &InnerHeader::offset);
  if (header == inner.end()) return true;
  const auto capacity = is_string(header->type) ? std::nullopt : std::optional(slot + 2 * kWord);
  add(read(slot, header->type, slot + kWord, capacity, heap::HeaderBasis::kCode));
  return true;
}

// What is only known to lead to an array may be any pointer to it, unless what stands behind it would fit.
void FrameHeaders::add_first_word(TypeId type, Address slot, bool only_if_fits) {
  const auto capacity = is_string(type) ? std::nullopt : std::optional(slot + 2 * kWord);
  const heap::FrameHeader header = read(slot, type, slot + kWord, capacity, heap::HeaderBasis::kNearness);
  if (!only_if_fits || (fits(header) && header.capacity != 0)) add(header);
}

heap::FrameHeader FrameHeaders::read(Address at, TypeId type, std::optional<Address> length,
                                     std::optional<Address> capacity, heap::HeaderBasis basis) const {
  const auto number = [&](const std::optional<Address>& where) {
    return where ? runtime_.memory.try_integer<std::uint64_t>(*where) : std::nullopt;
  };
  heap::FrameHeader header;
  header.at = at;
  header.type = type;
  header.basis = basis;
  header.data = runtime_.memory.try_pointer(at).value_or(Address());
  header.length = number(length);
  header.capacity = number(capacity);
  return header;
}

void FrameHeaders::add(heap::FrameHeader header) {
  const auto known = found_.find(header.at);
  if (known != found_.end() && (known->second.length || header.basis == heap::HeaderBasis::kNearness)) return;
  if (!find(header.data)) return;
  if (!fits(header)) header.length = header.capacity = std::nullopt;
  found_.insert_or_assign(header.at, header);
}

std::optional<HeapView::Location> FrameHeaders::find(Address data) const {
  HeapView::Location location;
  heap_.find({&data, 1}, {&location, 1});
  if (location.row == HeapView::Location::kNone || location.offset > location.bytes) return std::nullopt;
  return location;
}

// Whether the numbers can be those of a header that refers to this object. What only stands near a pointer must say of
// the object what chance hardly does: where it ends, as far as its size class tells that.
bool FrameHeaders::fits(const heap::FrameHeader& header) const {
  const auto location = find(header.data);
  const std::uint64_t element = element_bytes(header.type);
  if (!location || element == 0 || !header.length) return false;
  const std::uint64_t most = header.capacity.value_or(*header.length);
  if (*header.length > most || most > (location->bytes - location->offset) / element) return false;
  if (header.basis != heap::HeaderBasis::kNearness) return true;
  return (is_string(header.type) || header.capacity) && location->offset + most * element > location->too_small;
}

std::uint64_t FrameHeaders::element_bytes(TypeId type) const {
  if (is_string(type)) return 1;
  return table_[type].elem ? table_[table_[type].elem].size : 0;
}

std::vector<TypedVariable> FrameHeaders::slices_in_variables(const code::CodeEvidence& evidence) {
  std::vector<TypedVariable> slices;
  const auto add = [&](Address at, const code::WordType& word) {
    if (word.kind != code::WordKind::kPointer || !word.in_array || word.offset != 0 || !runtime_.is_variable(at))
      return;
    const TypeId elem = table_.intern(word.type);
    if (!elem || table_[elem].size == 0) return;
    const heap::FrameHeader header = read(at, slice_of(elem), at + kWord, at + 2 * kWord, heap::HeaderBasis::kNearness);
    if (fits(header) && header.length != 0) slices.push_back({{at, at + 3 * kWord}, header.type});
  };
  for (const code::GlobalWord& global : evidence.globals) add(global.at, global.word);
  for (const code::AccessPath& path : evidence.paths)
    if (path.origin.root == code::Origin::Root::kGlobal) add(path.origin.place(runtime_.memory), path.word);
  return slices;
}

std::vector<heap::FrameHeader> FrameHeaders::take() {
  std::vector<heap::FrameHeader> headers;
  headers.reserve(found_.size());
  for (const auto& [at, header] : found_) headers.push_back(header);
  found_.clear();
  return headers;
}

}  // namespace holdfast::typing
