#include "typing/propagate.h"

#include <algorithm>
#include <bit>

#include "base/wire.h"

namespace holdfast::typing {
namespace {

constexpr std::size_t kBatch = 512;
constexpr int kMostNesting = 100;  // of arrays in one another

std::uint64_t word_at(const std::byte* data) {
  return load_le<std::uint64_t>(data);
}

}  // namespace

Propagation::Propagation(const HeapView& heap, TypeTable& types)
    : heap_(heap), types_(types), claims_(heap.objects()), queued_((heap.pointerful() + 63) / 64), places_(kBatch) {
  targets_.reserve(kBatch);
  pending_.reserve(kBatch);
}

void Propagation::claim_object(std::uint32_t row, TypeId type, KnownBy known_by) {
  if (!type || type.row >= kMostTypes) return;
  ++stats_.claims;
  set(row, Claim(true, known_by, run_, true, type));
}

void Propagation::claim_target(Address target, TypeId type, KnownBy known_by) {
  push(target, {.type = type, .known_by = known_by});
  flush();
}

void Propagation::claim_value(std::span<const std::byte> value, TypeId type, KnownBy known_by) {
  if (type) walk_value({value.data(), value.size()}, type, known_by);
  flush();
}

std::uint64_t Propagation::claim_interfaces(std::span<const std::byte> words) {
  std::uint64_t found = 0;
  for (std::uint64_t at = 0; at + 16 <= words.size(); at += 8) {
    const Address first(word_at(words.data() + at));
    if (!types_.is_interface_word(first)) continue;
    walk_interface({words.data() + at, 16}, true);
    ++found;
    at += 8;  // the data word may be a descriptor itself: a reflect.Type
  }
  flush();
  return found;
}

std::uint64_t Propagation::claim_untyped() {
  std::uint64_t found = 0;
  std::vector<std::uint32_t> rows;
  std::vector<HeapView::Object> objects(kBatch);
  for (std::uint32_t row = 0; row < heap_.pointerful();) {
    rows.clear();
    for (; row < heap_.pointerful() && rows.size() < kBatch; ++row)
      if (claims_[row].empty() || types_[claims_[row].type()].kind == Kind::kClosure) rows.push_back(row);
    heap_.read(rows, objects);
    for (std::size_t i = 0; i < rows.size(); ++i) found += claim_untyped_object(objects[i], rows[i]);
  }
  return found;
}

std::uint64_t Propagation::claim_untyped_object(const HeapView::Object& object, std::uint32_t row) {
  if (object.data == nullptr || object.bytes < 8) return 0;
  const TypeId closure = claims_[row].empty() ? types_.closure(Address(word_at(object.data))) : TypeId();
  if (closure && closure.row < kMostTypes) {
    ++stats_.claims;
    set(row, Claim(true, KnownBy::kClosure, run_, false, closure));
  }
  const std::uint64_t interfaces = claim_interfaces({object.data, object.bytes});
  return closure || interfaces > 0 ? 1 : 0;
}

void Propagation::run() {
  std::vector<std::uint32_t> rows;
  std::vector<HeapView::Object> objects(kBatch);
  flush();
  while (!next_.empty()) {
    take_frontier(rows);
    for (std::size_t begin = 0; begin < rows.size(); begin += kBatch) {
      const auto batch = std::span(rows).subspan(begin, std::min(kBatch, rows.size() - begin));
      heap_.read(batch, objects);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        queued_[batch[i] / 64] &= ~(std::uint64_t{1} << (batch[i] % 64));
        walk_object(claims_[batch[i]], objects[i]);
      }
    }
    flush();
  }
  run_ = std::min(run_ + 1, kMostRuns);
}

// Moves the waiting rows to `rows`, in ascending order. A large frontier is read off the bits, a small one sorted: a
// list of ten million elements makes as many frontiers of one row.
void Propagation::take_frontier(std::vector<std::uint32_t>& rows) {
  rows.clear();
  if (next_.size() < queued_.size() / 4) {
    rows.swap(next_);
    std::sort(rows.begin(), rows.end());
    return;
  }
  rows.reserve(next_.size());
  for (std::uint64_t word = 0; word < queued_.size(); ++word)
    for (std::uint64_t bits = queued_[word]; bits != 0; bits &= bits - 1)
      rows.push_back(static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits))));
  next_.clear();
}

void Propagation::walk_object(Claim claim, const HeapView::Object& object) {
  if (object.data == nullptr) return;
  ++stats_.walks;
  const std::uint64_t size = types_[claim.type()].size;
  if (types_.program(claim.type()).count == 0) return;
  if (!claim.several() || size == 0) return walk_value({object.data, object.bytes}, claim.type(), KnownBy::kPropagated);
  for (std::uint64_t at = 0; at + size <= object.bytes; at += size)
    walk_value({object.data + at, size}, claim.type(), KnownBy::kPropagated);
}

void Propagation::walk_value(Words value, TypeId type, KnownBy known_by) {
  if (++nesting_ < kMostNesting) {
    const TypeTable::Program program = types_.program(type);
    // By number: a step may add rows to the table.
    for (std::uint32_t i = 0; i < program.count; ++i) walk_step(value, types_.step(program.first + i), known_by);
  }
  --nesting_;
}

void Propagation::walk_step(Words value, const Step& from_table, KnownBy known_by) {
  const Step step = from_table;
  if (step.offset + std::uint64_t{8} > value.bytes) return;
  const std::byte* at = value.data + step.offset;
  const std::uint64_t room = value.bytes - step.offset;
  if (step.library && known_by == KnownBy::kPropagated) known_by = KnownBy::kLibrary;
  switch (step.action) {
    case Action::kPointer:
      return push(Address(word_at(at)), {.type = step.type, .known_by = known_by});
    case Action::kArray:
      return push(Address(word_at(at)), {.type = step.type, .known_by = known_by, .several = true});
    case Action::kSlice:
      if (room < 24 || word_at(at + 16) == 0) return;
      return push(Address(word_at(at)),
                  {.type = step.type, .known_by = known_by, .several = true, .count = word_at(at + 16)});
    case Action::kString:
      if (room < 16 || word_at(at + 8) == 0) return;
      return push(Address(word_at(at)),
                  {.type = step.type, .known_by = known_by, .several = true, .count = word_at(at + 8)});
    case Action::kInterface:
      if (room >= 16) walk_interface({at, 16}, false);
      return;
    case Action::kDirectory: {
      if (step.extra + std::uint64_t{8} > value.bytes) return;
      const bool one_group = word_at(value.data + step.extra) == 0;
      return push(Address(word_at(at)),
                  {.type = one_group ? step.type : step.other, .known_by = known_by, .several = true});
    }
    case Action::kInline: {
      const std::uint64_t size = types_[step.type].size;
      for (std::uint64_t i = 0; i < step.extra && (i + 1) * size <= room; ++i)
        walk_value({at + i * size, size}, step.type, known_by);
      return;
    }
  }
}

// What an interface points to is known by its first word, whoever holds the interface.
void Propagation::walk_interface(Words pair, bool exact) {
  const TypeId type = types_.interface_value(Address(word_at(pair.data)));
  if (!type) return;
  if (types_[type].direct) return walk_value({pair.data + 8, 8}, type, KnownBy::kInterface);
  push(Address(word_at(pair.data + 8)), {.type = type, .known_by = KnownBy::kInterface, .exact = exact});
}

void Propagation::push(Address target, const Pending& claim) {
  if (!target || !claim.type) return;
  targets_.push_back(target);
  pending_.push_back(claim);
  if (targets_.size() == kBatch) flush();
}

void Propagation::flush() {
  if (targets_.empty()) return;
  heap_.find(targets_, places_);
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (places_[i].row != HeapView::Place::kNone) __builtin_prefetch(&claims_[places_[i].row]);
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (places_[i].row != HeapView::Place::kNone) apply(places_[i], pending_[i]);
  targets_.clear();
  pending_.clear();
}

// Finds out what a type stands for in this object; false if nothing.
bool Propagation::resolve(const HeapView::Place& place, Pending& claim) {
  if (place.row >= heap_.pointerful() || place.offset != 0) return false;
  HeapView::Object object;
  heap_.read({&place.row, 1}, {&object, 1});
  if (object.data == nullptr || object.bytes < 8) return false;
  claim.type = types_.resolve(claim.type, word_at(object.data));
  return static_cast<bool>(claim.type);
}

void Propagation::apply(const HeapView::Place& place, Pending claim) {
  if (types_.is_dynamic(claim.type) && !resolve(place, claim)) return;
  if (claim.type.row >= kMostTypes) return;
  ++stats_.claims;
  const Type& type = types_[claim.type];
  const bool has_pointers = place.row < heap_.pointerful();
  if (type.kind == Kind::kClosure) return set(place.row, Claim(true, KnownBy::kClosure, run_, false, claim.type));
  // Structures of the runtime may be longer than their layout (a channel with its buffer), and it may allocate them as
  // pointer-free (a channel of such elements).
  if (type.kind == Kind::kOpaque && claim.type != types_.text()) {
    if (place.offset == 0 && type.size <= place.bytes)
      set(place.row, Claim(true, claim.known_by, run_, claim.several, claim.type));
    return;
  }
  // A type without pointers at the start of an object with some says nothing: it may be any field.
  if (type.size == 0 || (type.pointer_bytes == 0 && has_pointers)) return;
  if (type.size > place.bytes || (type.pointer_bytes != 0 && !has_pointers)) {
    ++stats_.misfits;
    return;
  }
  if (place.offset != 0) {
    // An element in the middle of a backing array, if it is one.
    if (claim.count == 0 || place.offset >= place.bytes || place.offset % type.size != 0) return;
    return set(place.row, Claim(false, KnownBy::kInferred, run_, true, claim.type));
  }
  const std::uint64_t most = place.bytes / type.size;
  const std::uint64_t count = !claim.several ? 1 : claim.count == 0 ? most : std::min(claim.count, most);
  const bool whole = count * type.size > place.too_small || (claim.several && claim.count == 0);
  if (!whole && claim.exact) return;
  set(place.row, Claim(whole, claim.known_by, run_, claim.several, claim.type));
}

void Propagation::set(std::uint32_t row, Claim claim) {
  Claim& known = claims_[row];
  const bool has_pointers = row < heap_.pointerful();
  if (!known.empty()) {
    const bool same = known.type() == claim.type();
    if (!same && has_pointers && known.whole() && claim.whole() && !types_.begins_with(known.type(), claim.type()) &&
        !types_.begins_with(claim.type(), known.type()))
      ++stats_.conflicts;
    if (same) {
      // Nothing new to walk unless one value turns out to be several.
      const bool several = known.several() || claim.several();
      const bool walked = known.several() == several;
      known = (claim.rank() > known.rank() ? claim : known).with_several(several);
      if (walked) return;
    } else {
      if (claim.rank() < known.rank()) return;
      if (claim.rank() == known.rank() && !types_.is_better(claim.type(), known.type())) return;
      known = claim;
    }
  } else {
    known = claim;
  }
  if (!has_pointers) return;
  std::uint64_t& bits = queued_[row / 64];
  const std::uint64_t bit = std::uint64_t{1} << (row % 64);
  if ((bits & bit) != 0) return;
  bits |= bit;
  next_.push_back(row);
}

}  // namespace holdfast::typing
