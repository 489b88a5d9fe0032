#include "typing/shapes.h"

#include <algorithm>

#include "base/architecture.h"
#include "base/wire.h"

namespace holdfast::typing {
namespace {

constexpr std::size_t kMostObjects = 1 << 16;
constexpr std::size_t kMostLooks = 1 << 18;
constexpr std::uint64_t kLowest = 4096;                     // no address is lower
constexpr std::uint64_t kLongest = std::uint64_t{1} << 40;  // of slices and strings

// How many words at the start of such a value hold addresses.
std::uint64_t pointer_words(go::TypeKind kind) {
  switch (kind) {
    case go::TypeKind::kPointer:
    case go::TypeKind::kUnsafePointer:
    case go::TypeKind::kMap:
    case go::TypeKind::kChan:
    case go::TypeKind::kFunc:
    case go::TypeKind::kString:
    case go::TypeKind::kSlice:
      return 1;
    case go::TypeKind::kInterface:
      return 2;
    default:
      return 0;
  }
}

bool in_heap(const HeapView::Location& location) {
  return location.row != HeapView::Location::kNone;
}

// Whether a pointer to such a value can be told from others: plain words without pointers all look alike.
bool is_telling(const TypeOutline& outline) {
  return outline.pointer_bytes > 0 || outline.leaves.size() > 1;
}

}  // namespace

Shapes::Shapes(const go::TypeReader& reader, const go::TypeUniverse& universe, const HeapView& heap, TypeTable& types,
               Propagation& propagation)
    : reader_(reader),
      universe_(universe),
      heap_(heap),
      types_(types),
      propagation_(propagation),
      outlines_(reader),
      candidates_(reader, universe, outlines_) {}

std::uint64_t Shapes::claim() {
  const std::vector<Propagation::InnerValue> inner_values = gather_inner_values();
  const std::uint64_t arrays = claim_arrays(inner_values);
  std::vector<Unknown> all;
  for (const std::uint32_t row : rows_to_look_at(inner_values)) {
    if (all.size() == kMostObjects) break;
    const auto [first, last] = std::ranges::equal_range(inner_values, row, {}, &Propagation::InnerValue::row);
    Unknown unknown{.row = row, .object = {}, .words = {}, .inner_values = {first, last}, .signs = {}};
    if (!look(unknown)) continue;
    unknown.signs = signs_of(unknown);
    if (!unknown.signs.empty()) all.push_back(std::move(unknown));
  }
  find_candidates(all);
  std::vector<std::pair<std::uint32_t, Address>> found;
  for (const Unknown& unknown : all)
    if (const Address type = only_fit(unknown)) found.emplace_back(unknown.row, type);
  propagation_.because([] { return Grounds{.ground = Ground::kShape}; });
  for (const auto& [row, type] : found) propagation_.claim_object(row, types_.intern(type), KnownBy::kInferred);
  return found.size() + arrays;
}

// An object that begins with a value and has another one where an element would lie is an array of them. Whoever
// referred to the second came before it was known how the object begins.
std::uint64_t Shapes::claim_arrays(std::span<const Propagation::InnerValue> inner_values) {
  std::vector<Propagation::InnerValue> elements;
  for (const Propagation::InnerValue& inner : inner_values)
    if (inner.offset > 0 && propagation_.type(inner.row) == inner.type && inner.offset % types_[inner.type].size == 0)
      elements.push_back(inner);
  propagation_.because([] { return Grounds{.ground = Ground::kShape}; });
  for (const Propagation::InnerValue& element : elements)
    propagation_.claim_object(element.row, element.type, KnownBy::kInferred);
  return elements.size();
}

// The objects that somebody refers to and, up to a number, others: a busy program also leaves garbage that nobody knows
// the type of.
std::vector<std::uint32_t> Shapes::rows_to_look_at(const std::vector<Propagation::InnerValue>& inner_values) const {
  std::vector<std::uint32_t> rows;
  rows.reserve(inner_values.size());
  for (const Propagation::InnerValue& inner : inner_values) rows.push_back(inner.row);
  const std::size_t most = rows.size() + kMostLooks;
  for (std::uint32_t row = 0; row < heap_.pointerful() && rows.size() < most; ++row)
    if (is_open(row)) rows.push_back(row);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

// Whether the object has no type, or only that of a part.
bool Shapes::is_open(std::uint32_t row) const {
  return !propagation_.type(row) || propagation_.known_by(row) == KnownBy::kPart;
}

// A beginning of one word, such as a string, is no sign: too many types begin like that.
std::vector<Propagation::InnerValue> Shapes::gather_inner_values() {
  std::vector<Propagation::InnerValue> inner_values;
  for (const Propagation::InnerValue& inner : propagation_.inner_values())
    if (is_open(inner.row) && types_[inner.type].descriptor) inner_values.push_back(inner);
  std::size_t parts = 0;
  for (std::uint32_t row = 0; row < heap_.pointerful() && parts < kMostLooks; ++row) {
    if (propagation_.known_by(row) != KnownBy::kPart) continue;
    const Address type = types_[propagation_.type(row)].descriptor;
    if (!type || outlines_.of(type).leaves.size() < 2) continue;
    inner_values.push_back({row, 0, propagation_.type(row)});
    ++parts;
  }
  std::sort(inner_values.begin(), inner_values.end());
  inner_values.erase(std::unique(inner_values.begin(), inner_values.end()), inner_values.end());
  return inner_values;
}

// Reads the object; false if it is too large or its memory is missing.
bool Shapes::look(Unknown& unknown) {
  heap_.read({&unknown.row, 1}, {&unknown.object, 1});
  const HeapView::Object& object = unknown.object;
  if (object.data == nullptr || object.bytes > TypeOutlines::kMostBytes) return false;
  std::vector<Address> addresses;
  for (std::uint64_t at = 0; at + kWord <= object.bytes; at += kWord)
    addresses.emplace_back(load_le<std::uint64_t>(object.data + at));
  std::vector<HeapView::Location> locations(addresses.size());
  heap_.find(addresses, locations);
  for (std::size_t i = 0; i < addresses.size(); ++i) unknown.words.push_back({addresses[i].value, locations[i]});
  return true;
}

// The descriptor of an object's type; null if the type is a guess or has no descriptor.
Address Shapes::descriptor_of(std::uint32_t row) const {
  const TypeId type = propagation_.type(row);
  return type && propagation_.known_by(row) < KnownBy::kInferred ? types_[type].descriptor : Address();
}

std::vector<ShapeSign> Shapes::signs_of(const Unknown& unknown) {
  std::vector<ShapeSign> signs;
  for (const Propagation::InnerValue& inner : unknown.inner_values)
    signs.push_back({inner.offset, false, types_[inner.type].descriptor});
  for (std::size_t i = 0; i < unknown.words.size(); ++i) {
    const HeapView::Location& location = unknown.words[i].location;
    const Address type = in_heap(location) && location.offset == 0 ? descriptor_of(location.row) : Address();
    if (!type || !is_telling(outlines_.of(type))) continue;
    for (const auto& [offset, value] : outlines_.of(type).values)
      if (offset == 0) signs.push_back({i * kWord, true, value});
  }
  return signs;
}

void Shapes::find_candidates(const std::vector<Unknown>& all) {
  candidates_.clear();
  for (const Unknown& unknown : all) {
    candidates_.want_size(unknown.object.too_small, unknown.object.bytes);
    for (const ShapeSign& sign : unknown.signs) candidates_.want(sign);
  }
  candidates_.search();
}

Address Shapes::only_fit(const Unknown& unknown) {
  std::vector<Address> types;
  for (const ShapeSign& sign : unknown.signs) {
    const std::vector<Address>& found = candidates_.with(sign);
    if (found.size() > ShapeCandidates::kMost) return {};
    types.insert(types.end(), found.begin(), found.end());
  }
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  Address only;
  for (const Address type : types) {
    if (!explains(outlines_.of(type), unknown)) continue;
    const TypeId row = types_.intern(type);
    if (!row || types_.is_shape(row)) continue;
    if (only) return {};
    only = type;
  }
  return only;
}

bool Shapes::explains(const TypeOutline& outline, const Unknown& unknown) {
  if (outline.size > unknown.object.bytes || outline.size <= unknown.object.too_small) return false;
  for (const Propagation::InnerValue& inner : unknown.inner_values)
    if (!outline.has(inner.offset, types_[inner.type].descriptor)) return false;
  std::vector<bool> may_point(unknown.words.size());
  bool agrees = !unknown.inner_values.empty();
  for (const TypeOutline::Leaf& leaf : outline.leaves) {
    const std::uint64_t words = pointer_words(leaf.kind);
    for (std::uint64_t i = 0; i < words; ++i) may_point[leaf.offset / kWord + i] = true;
    const Fit fits = fit(leaf, unknown);
    if (fits == Fit::kContradicts) return false;
    agrees = agrees || fits == Fit::kAgrees;
  }
  for (std::size_t i = 0; i < unknown.words.size(); ++i) {
    if (in_heap(unknown.words[i].location) && !may_point[i]) return false;
    if (i * kWord >= outline.size && unknown.words[i].value != 0) return false;
  }
  return agrees;
}

Shapes::Fit Shapes::fit(const TypeOutline::Leaf& leaf, const Unknown& unknown) {
  const auto is_address = [](std::uint64_t value) { return value == 0 || value >= kLowest; };
  const LocatedWord& word = unknown.words[leaf.offset / kWord];
  switch (leaf.kind) {
    case go::TypeKind::kPointer:
      return fit_pointer(leaf.elem, 0, word);
    case go::TypeKind::kSlice:
      return fit_slice(leaf, unknown);
    case go::TypeKind::kString:
      return fit_text(leaf, unknown);
    case go::TypeKind::kInterface:
      return fit_interface(leaf, unknown);
    case go::TypeKind::kMap:
    case go::TypeKind::kChan:
      return fit_header(leaf, word);
    case go::TypeKind::kFunc: {
      if (!in_heap(word.location)) return is_address(word.value) ? Fit::kMayBe : Fit::kContradicts;
      const TypeId type = propagation_.type(word.location.row);
      return word.location.offset == 0 && (!type || types_[type].kind == TypeKind::kClosure) ? Fit::kMayBe
                                                                                             : Fit::kContradicts;
    }
    case go::TypeKind::kUnsafePointer:
      return is_address(word.value) ? Fit::kMayBe : Fit::kContradicts;
    case go::TypeKind::kBool:
      return std::to_integer<unsigned>(unknown.object.data[leaf.offset]) <= 1 ? Fit::kMayBe : Fit::kContradicts;
    default:
      return Fit::kMayBe;
  }
}

// Whether the word may point to values of type `elem`: at least one, and at least `bytes` of them.
Shapes::Fit Shapes::fit_pointer(Address elem, std::uint64_t bytes, const LocatedWord& word) {
  if (word.value == 0) return Fit::kMayBe;
  if (!in_heap(word.location)) return word.value < kLowest ? Fit::kContradicts : Fit::kMayBe;
  const TypeOutline& pointee = outlines_.of(elem);
  const HeapView::Location& location = word.location;
  const bool has_pointers = location.row < heap_.pointerful();
  if (pointee.pointer_bytes > 0 && !has_pointers) return Fit::kContradicts;
  if (location.offset > location.bytes || std::max(bytes, pointee.size) > location.bytes - location.offset)
    return Fit::kContradicts;
  const TypeId known = propagation_.type(location.row);
  if (!known || location.offset != 0 || propagation_.known_by(location.row) >= KnownBy::kInferred) return Fit::kMayBe;
  const Address type = types_[known].descriptor;
  if (!type) return has_pointers ? Fit::kContradicts : Fit::kMayBe;
  if (!are_alike(elem, type)) return Fit::kContradicts;
  return is_telling(pointee) ? Fit::kAgrees : Fit::kMayBe;
}

// Whether they are the same, or one begins with the other.
bool Shapes::are_alike(Address a, Address b) {
  return a == b || outlines_.of(a).has(0, b) || outlines_.of(b).has(0, a);
}

Shapes::Fit Shapes::fit_slice(const TypeOutline::Leaf& leaf, const Unknown& unknown) {
  const std::size_t at = leaf.offset / kWord;
  const std::uint64_t length = unknown.words[at + 1].value, capacity = unknown.words[at + 2].value;
  if (length > capacity || capacity > kLongest) return Fit::kContradicts;
  if (capacity == 0) return Fit::kMayBe;
  if (unknown.words[at].value == 0) return Fit::kContradicts;
  const std::uint64_t size = outlines_.of(leaf.elem).size;
  if (size > kLongest / capacity) return Fit::kContradicts;
  return fit_pointer(leaf.elem, capacity * size, unknown.words[at]);
}

Shapes::Fit Shapes::fit_text(const TypeOutline::Leaf& leaf, const Unknown& unknown) const {
  const LocatedWord& data = unknown.words[leaf.offset / kWord];
  const std::uint64_t length = unknown.words[leaf.offset / kWord + 1].value;
  if (length == 0) return Fit::kMayBe;
  if (data.value < kLowest || length > kLongest) return Fit::kContradicts;
  if (!in_heap(data.location)) return Fit::kMayBe;
  const HeapView::Location& location = data.location;
  const bool has_room = location.offset <= location.bytes && length <= location.bytes - location.offset;
  return has_room && location.row >= heap_.pointerful() ? Fit::kMayBe : Fit::kContradicts;
}

Shapes::Fit Shapes::fit_interface(const TypeOutline::Leaf& leaf, const Unknown& unknown) const {
  const Address first(unknown.words[leaf.offset / kWord].value);
  if (!first) return unknown.words[leaf.offset / kWord + 1].value == 0 ? Fit::kMayBe : Fit::kContradicts;
  if (!types_.is_interface_word(first)) return Fit::kContradicts;
  if (const go::Itab* const itab = universe_.itab_at(first))
    return itab->interface == leaf.type ? Fit::kAgrees : Fit::kContradicts;
  const auto interface = reader_.read(leaf.type);
  return interface && interface->interface_methods.empty() ? Fit::kMayBe : Fit::kContradicts;
}

// Whether the word may be a map or channel of the leaf's type.
Shapes::Fit Shapes::fit_header(const TypeOutline::Leaf& leaf, const LocatedWord& word) {
  if (word.value == 0) return Fit::kMayBe;
  if (!in_heap(word.location) || word.location.offset != 0) return Fit::kContradicts;
  const TypeId known = propagation_.type(word.location.row);
  if (!known) return Fit::kMayBe;
  const TypeId type = types_.intern(leaf.type);
  if (!type) return Fit::kContradicts;
  const TypeId header = leaf.kind == go::TypeKind::kMap ? types_.map_header(type) : types_.channel_header(type);
  return header && header == known ? Fit::kAgrees : Fit::kContradicts;
}

}  // namespace holdfast::typing
