#include "typing/propagate.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/wire.h"

namespace holdfast::typing {
namespace {

constexpr std::size_t kBatch = 128;
constexpr std::uint64_t kFetched = 256;  // bytes of an object that are prefetched before it is walked
constexpr int kDeepestValue = 100;       // of arrays in one another

std::uint64_t word_at(const std::byte* data) {
  return load_le<std::uint64_t>(data);
}

// Whether a descriptor or a record that the runtime itself goes by says what the object is.
bool is_named_by_program(KnownBy known_by) {
  return known_by == KnownBy::kHeader || known_by == KnownBy::kInterface || known_by == KnownBy::kClosure ||
         known_by == KnownBy::kRuntime;
}

}  // namespace

Propagation::Propagation(const HeapView& heap, TypeTable& types, Reasons* reasons)
    : heap_(heap),
      types_(types),
      reasons_(reasons),
      pointerful_(heap.pointerful()),
      claims_(heap.objects()),
      queued_((std::uint64_t{heap.pointerful()} + 63) / 64),
      most_listed_(std::max<std::uint64_t>(1024, queued_.size() / 4)),
      locations_(kBatch),
      objects_(kBatch) {
  targets_.reserve(kBatch);
  pending_.reserve(kBatch);
}

void Propagation::claim_object(std::uint32_t row, TypeId type, KnownBy known_by) {
  if (!type || type.row >= kMostTypes) return;
  ++stats_.claims;
  if (reasons_ != nullptr) reasons_->arrive_directly();
  set(row, Claim(true, known_by, run_, true, type));
}

void Propagation::claim_elements(Address target, TypeId type, std::uint64_t count, KnownBy known_by) {
  if (reasons_ != nullptr) reasons_->end();
  push(nullptr, target, {.type = type, .known_by = known_by, .several = true, .count = count});
}

void Propagation::claim_perhaps_counted(Address target, TypeId type, std::uint64_t count, KnownBy known_by) {
  if (reasons_ != nullptr) reasons_->end();
  push(nullptr, target, {.type = type, .known_by = known_by, .several = true, .may_count = true, .count = count});
}

void Propagation::claim_target(Address target, TypeId type, KnownBy known_by) {
  if (reasons_ != nullptr) reasons_->end();
  push(nullptr, target, {.type = type, .known_by = known_by});
  flush();
}

void Propagation::claim_value(std::span<const std::byte> value, TypeId type, KnownBy known_by) {
  if (reasons_ != nullptr) reasons_->begin_value(value.data());
  if (type) walk_value({value.data(), value.size()}, type, known_by);
  flush();
}

std::uint64_t Propagation::claim_interfaces(std::span<const std::byte> words) {
  if (reasons_ != nullptr) reasons_->begin_value(words.data());
  const std::uint64_t found = push_interfaces({words.data(), words.size()});
  flush();
  return found;
}

std::uint64_t Propagation::push_interfaces(Words words) {
  std::uint64_t found = 0;
  // The linker puts variables of one size together, so several words that lead to types but begin no interface may
  // stand in a row. Any pointer may follow the last of them, which would then look like an interface.
  bool after_lone_type = false;
  for (std::uint64_t at = 0; at + 16 <= words.bytes; at += 8) {
    const Address first(word_at(words.data + at));
    const bool may_begin = types_.is_interface_word(first);
    after_lone_type = may_begin && (after_lone_type || is_lone_type(first, Address(word_at(words.data + at + 8))));
    if (!may_begin || after_lone_type) continue;
    walk_interface({words.data + at, 16}, true);
    ++found;
    at += 8;  // the data word may be a descriptor itself: a reflect.Type
  }
  return found;
}

// Whether `first` leads to a type but begins no interface. An interface holds the address of a value, unless its type
// is one pointer; and no value lies where a type is described.
bool Propagation::is_lone_type(Address first, Address second) {
  if (!types_.is_interface_word(second)) return false;
  const TypeId type = types_.interface_value(first);
  return type && !types_[type].direct;
}

std::uint64_t Propagation::claim_untyped() {
  std::uint64_t found = 0;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < pointerful_;) {
    rows.clear();
    for (; row < pointerful_ && rows.size() < kBatch; ++row)
      if (is_untyped(claims_[row])) rows.push_back(row);
    heap_.read(rows, objects_);
    for (std::size_t i = 0; i < rows.size(); ++i) found += claim_untyped_object(objects_[i], rows[i]);
  }
  flush();
  return found;
}

// Claims of the present run count as none: when they arrive depends on where batches end.
bool Propagation::is_untyped(Claim claim) const {
  return claim.empty() || claim.run() == run_ || types_[claim.type()].kind == TypeKind::kClosure;
}

std::uint64_t Propagation::claim_untyped_object(const HeapView::Object& object, std::uint32_t row) {
  if (object.data == nullptr || object.bytes < 8) return 0;
  const TypeId closure = types_.closure(Address(word_at(object.data)));
  if (closure && closure.row < kMostTypes) {
    ++stats_.claims;
    if (reasons_ != nullptr) reasons_->arrive_by_itself();
    set(row, Claim(true, KnownBy::kClosure, run_, false, closure));
  }
  if (reasons_ != nullptr) reasons_->begin_object(row, object.data);
  const std::uint64_t interfaces = push_interfaces({object.data, object.bytes});
  return closure || interfaces > 0 ? 1 : 0;
}

void Propagation::run() {
  flush();
  while (waiting_ > 0 || !unwalked_.empty()) {
    if (waiting_ == 0)
      walk_reached();
    else if (next_.size() < most_listed_)
      walk_listed();
    else
      walk_marked();
    flush();
  }
  run_ = std::min(run_ + 1, kMostRuns);
}

// Walks the listed rows. A list of ten million elements takes as many rounds of one row, so a round must be cheap.
void Propagation::walk_listed() {
  std::vector<std::uint32_t> rows;
  rows.swap(next_);
  std::sort(rows.begin(), rows.end());
  for (std::size_t begin = 0; begin < rows.size(); begin += kBatch)
    walk_rows(std::span(rows).subspan(begin, std::min(kBatch, rows.size() - begin)));
}

// Walks all queued rows. Rows that are queued meanwhile are walked too if they lie ahead, else listed for the next
// round.
void Propagation::walk_marked() {
  next_.clear();
  std::vector<std::uint32_t> rows;
  for (std::uint64_t word = 0; word < queued_.size(); ++word) {
    for (std::uint64_t bits = queued_[word]; bits != 0; bits &= bits - 1)
      rows.push_back(static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits))));
    if (rows.size() + 64 <= kBatch && word + 1 < queued_.size()) continue;
    walk_rows(rows);
    rows.clear();
  }
}

// Walks at most a batch of rows. Rows that were walked since they were listed are skipped.
void Propagation::walk_rows(std::span<const std::uint32_t> rows) {
  heap_.read(rows, objects_);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::uint64_t at = 0; at < std::min(objects_[i].bytes, kFetched); at += 64)
      __builtin_prefetch(objects_[i].data + at);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << (rows[i] % 64);
    if ((queued_[rows[i] / 64] & bit) == 0) continue;
    queued_[rows[i] / 64] &= ~bit;
    --waiting_;
    walk_object(rows[i], objects_[i]);
  }
}

void Propagation::walk_object(std::uint32_t row, const HeapView::Object& object) {
  if (object.data == nullptr) return;
  ++stats_.walks;
  const Claim claim = claims_[row];
  if (reasons_ != nullptr) reasons_->begin_object(row, object.data);
  const std::uint64_t size = types_[claim.type()].size;
  if (types_.program(claim.type()).count == 0) return;
  // What a guess leads to is a guess as well.
  const bool is_guess = claim.whole() && claim.known_by() == KnownBy::kInferred;
  const KnownBy known_by = is_guess ? KnownBy::kInferred : KnownBy::kPropagated;
  if (!claim.several() || size == 0) return walk_value({object.data, object.bytes}, claim.type(), known_by);
  if (walk_references(row, object, claim.type(), known_by)) return;
  for (std::uint64_t at = 0; at + size <= object.bytes; at += size)
    walk_value({object.data + at, size}, claim.type(), known_by);
}

// Elements that are one pointer say the same of the same address: each address is enough.
bool Propagation::walk_references(std::uint32_t row, const HeapView::Object& object, TypeId type, KnownBy known_by) {
  const TypeTable::Program program = types_.program(type);
  if (types_[type].size != 8 || program.count != 1) return false;
  const Step step = types_.step(program.first);
  if ((step.action != Action::kPointer && step.action != Action::kArray) || step.offset != 0) return false;
  return heap_.visit_references(row, [&](std::uint64_t offset) {
    if (offset + 8 <= object.bytes) walk_step({object.data + offset, 8}, step, known_by);
  });
}

void Propagation::walk_value(Words value, TypeId type, KnownBy known_by) {
  if (++nesting_ < kDeepestValue) {
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
      return push(at, Address(word_at(at)), {.type = step.type, .known_by = known_by});
    case Action::kArray:
      return push(at, Address(word_at(at)), {.type = step.type, .known_by = known_by, .several = true});
    case Action::kSlice:
      if (room < 24 || word_at(at + 16) == 0) return;
      return push(at, Address(word_at(at)),
                  {.type = step.type, .known_by = known_by, .several = true, .count = word_at(at + 16)});
    case Action::kString:
      if (room < 16 || word_at(at + 8) == 0) return;
      return push(at, Address(word_at(at)),
                  {.type = step.type, .known_by = known_by, .several = true, .count = word_at(at + 8)});
    case Action::kInterface:
      if (room >= 16) walk_interface({at, 16}, false);
      return;
    case Action::kReflected:
      if (room >= 24) walk_reflected(at, known_by);
      return;
    case Action::kDirectory: {
      if (step.extra + std::uint64_t{8} > value.bytes) return;
      const bool one_group = word_at(value.data + step.extra) == 0;
      return push(at, Address(word_at(at)),
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

// The first word of an interface tells what the second points to, whoever holds the interface.
void Propagation::walk_interface(Words pair, bool exact) {
  const TypeId type = types_.interface_value(Address(word_at(pair.data)));
  if (!type) return;
  if (types_[type].direct) return walk_value({pair.data + 8, 8}, type, KnownBy::kInterface);
  push(pair.data + 8, Address(word_at(pair.data + 8)), {.type = type, .known_by = KnownBy::kInterface, .exact = exact});
}

// A reflect.Value tells what its word is, as an interface does. But a value whose type is one pointer may also lie
// where the word points: reflect.flagIndir (Go 1.19-1.27).
void Propagation::walk_reflected(const std::byte* value, KnownBy known_by) {
  constexpr std::uint64_t kIndirect = 1 << 7;
  const TypeId type = types_.interface_value(Address(word_at(value)));
  if (!type) return;
  if (types_[type].direct && (word_at(value + 16) & kIndirect) == 0) return walk_value({value + 8, 8}, type, known_by);
  push(value + 8, Address(word_at(value + 8)), {.type = type, .known_by = known_by});
}

// Puts a claim on its way to the object at `target`. `at` is where that address was read.
void Propagation::push(const std::byte* at, Address target, const Pending& claim) {
  if (!target || !claim.type) return;
  if (reasons_ != nullptr) reasons_->push(at);
  targets_.push_back(target);
  pending_.push_back(claim);
  if (targets_.size() == kBatch) flush();
}

void Propagation::flush() {
  if (targets_.empty()) return;
  heap_.find(targets_, locations_);
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (locations_[i].row != HeapView::Location::kNone) {
      __builtin_prefetch(&claims_[locations_[i].row], 1);
      if (locations_[i].row < pointerful_) __builtin_prefetch(&queued_[locations_[i].row / 64], 1);
    }
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (reasons_ != nullptr) reasons_->arrive(i);
    if (locations_[i].row == HeapView::Location::kNone)
      note_reached(targets_[i], pending_[i]);
    else
      apply(locations_[i], pending_[i]);
  }
  if (reasons_ != nullptr) reasons_->flushed();
  targets_.clear();
  pending_.clear();
}

// No object lies there: perhaps a variable does.
void Propagation::note_reached(Address at, const Pending& claim) {
  if (in_doubt_ || claim.known_by == KnownBy::kInferred || types_.is_dynamic(claim.type)) return;
  const Type& type = types_[claim.type];
  if (type.pointer_bytes == 0) return;
  const std::uint64_t count = claim.several && !claim.may_count ? std::max<std::uint64_t>(claim.count, 1) : 1;
  const auto known = reached_.find(at);
  if (known != reached_.end()) {
    const bool is_more = known->second.type == claim.type ? count > known->second.count
                                                          : types_.is_better(claim.type, known->second.type);
    if (!is_more) return;
  }
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(count, type.size, &bytes) || heap_.variable(at, bytes) == nullptr) return;
  reached_.insert_or_assign(at, Reached{claim.type, count});
  unwalked_.emplace_back(at, reasons_ == nullptr ? Source() : reasons_->arrived(claim.known_by));
}

void Propagation::walk_reached() {
  std::vector<std::pair<Address, Source>> walked;
  walked.swap(unwalked_);
  for (const auto& way : walked) {
    const Address at = way.first;
    const Reached reached = reached_.at(at);
    const std::uint64_t size = types_[reached.type].size;
    const std::byte* const data = heap_.variable(at, reached.count * size);
    HOLDFAST_CHECK(data != nullptr);  // as when it was noted
    because([&] { return Grounds{.ground = Ground::kReached, .type = reached.type, .at = at, .led_by = way.second}; });
    if (reasons_ != nullptr) reasons_->begin_value(data);
    for (std::uint64_t i = 0; i < reached.count; ++i)
      walk_value({data + i * size, size}, reached.type, KnownBy::kPropagated);
    flush();
  }
}

// Replaces a type that stands for one of several by the one that this object has; false if it has none of them.
bool Propagation::resolve(const HeapView::Location& location, Pending& claim) {
  if (location.row >= pointerful_ || location.offset != 0) return false;
  HeapView::Object object;
  heap_.read({&location.row, 1}, {&object, 1});
  if (object.data == nullptr || object.bytes < 8) return false;
  claim.type = types_.resolve(claim.type, word_at(object.data));
  return static_cast<bool>(claim.type);
}

void Propagation::apply(const HeapView::Location& location, Pending claim) {
  if (types_.is_dynamic(claim.type) && !resolve(location, claim)) return;
  if (claim.type.row >= kMostTypes) return;
  ++stats_.claims;
  const Type& type = types_[claim.type];
  const bool has_pointers = location.row < pointerful_;
  if (location.offset != 0 && has_pointers && claims_[location.row].empty() && !in_doubt_)
    note_inner_value(location, claim.type);
  if (type.kind == TypeKind::kClosure)
    return set(location.row, Claim(true, KnownBy::kClosure, run_, false, claim.type));
  if (types_.is_loose(claim.type)) {
    if (location.offset == 0 && type.size <= location.bytes)
      set(location.row, Claim(true, claim.known_by, run_, claim.several, claim.type));
    return;
  }
  // A type without pointers says nothing about an object with pointers: it may be any first field.
  if (type.size == 0 || (type.pointer_bytes == 0 && has_pointers)) return;
  if (type.size > location.bytes || (type.pointer_bytes != 0 && !has_pointers)) {
    ++stats_.misfits;
    return;
  }
  if (location.offset != 0) {
    if (names_elements(location, claim.type))
      return set(location.row, Claim(true, claim.known_by, run_, true, claim.type));
    if (is_tiny_block(location) && !has_pointers && location.offset + type.size <= location.bytes)
      return set(location.row, Claim(false, KnownBy::kInferred, run_, true, claim.type));
    // One at the beginning and one in the middle: perhaps elements of an array, as of an arena.
    if (is_element(location, claim.type))
      return set(location.row, Claim(false, claim.known_by, run_, true, claim.type));
    // Several values in the middle of an object: perhaps the rest of an array that begins where the object does.
    if (claim.count == 0 || location.offset >= location.bytes || location.offset % type.size != 0) return;
    if (claim.may_count && claim.count > (location.bytes - location.offset) / type.size) return;
    return set(location.row, Claim(false, KnownBy::kInferred, run_, true, claim.type));
  }
  std::uint64_t used = type.size;
  if (claim.several)
    used = claim.count == 0 || claim.may_count || claim.count > location.bytes / type.size ? location.bytes
                                                                                           : claim.count * type.size;
  const bool whole = used > location.too_small || names_elements(location, claim.type);
  if (!whole && claim.exact) return;
  set(location.row, Claim(whole, claim.known_by, run_, claim.several, claim.type));
}

// Whether the object is an array of elements that are only known by their shape, and `type` has their layout and lies
// where an element does: then it names all elements.
bool Propagation::names_elements(const HeapView::Location& location, TypeId type) const {
  const Claim known = claims_[location.row];
  return !known.empty() && known.whole() && known.several() && types_.is_shape(known.type()) &&
         !types_.is_shape(type) && types_.lies_like(type, known.type()) && location.offset % types_[type].size == 0;
}

// Whether the object is known to begin with a value of the type, and another one may lie here.
bool Propagation::is_element(const HeapView::Location& location, TypeId type) const {
  const Claim known = claims_[location.row];
  return !known.empty() && !known.whole() && known.type() == type && location.offset % types_[type].size == 0;
}

// When full, drops the entries whose object has been typed since.
void Propagation::note_inner_value(const HeapView::Location& location, TypeId type) {
  const std::uint64_t size = types_[type].size;
  if (size == 0 || location.offset >= location.bytes || size > location.bytes - location.offset) return;
  if (inner_values_.size() == kMostInnerValues) {
    if (++inner_values_refused_ < kMostInnerValues) return;  // looking for room must be rare
    inner_values_refused_ = 0;
    std::erase_if(inner_values_, [this](const InnerValue& inner) { return !claims_[inner.row].empty(); });
    std::sort(inner_values_.begin(), inner_values_.end());
    inner_values_.erase(std::unique(inner_values_.begin(), inner_values_.end()), inner_values_.end());
  }
  if (inner_values_.size() < kMostInnerValues) inner_values_.push_back({location.row, location.offset, type});
}

// Several pointer-free values of less than 16 bytes share such a slot (runtime.mallocgcTiny).
bool Propagation::is_tiny_block(const HeapView::Location& location) {
  constexpr std::uint64_t kTinyBytes = 16;
  return location.bytes == kTinyBytes && location.too_small == 0;
}

bool Propagation::contradict(TypeId a, TypeId b) const {
  // A structure of the runtime may have our name or the runtime's own, and a shape stands for several types.
  if (types_.is_loose(a) || types_.is_loose(b) || types_.is_shape(a) || types_.is_shape(b)) return false;
  return !types_.begins_with(a, b) && !types_.begins_with(b, a);
}

// Whether the claim is better than what is known, which has another type.
bool Propagation::beats(Claim claim, Claim known) {
  if (claim.rank() != known.rank()) return claim.rank() > known.rank();
  return types_.is_better(claim.type(), known.type());
}

// The claim, unless one of the two only says the shape of the other, or which part of some map it is: then a claim with
// the better evidence and the name.
Propagation::Claim Propagation::named(Claim claim, Claim known) const {
  if (!claim.whole() || !known.whole()) return claim;
  const bool is_shape = types_.is_shape(claim.type());
  const bool names_shape = is_shape != types_.is_shape(known.type()) && types_.lies_like(claim.type(), known.type());
  const bool names_map = types_.names_only_one_map(claim.type(), known.type());
  if (!names_shape && !names_map) return claim;
  const Claim& stronger = claim.rank() > known.rank() ? claim : known;
  const bool knows = names_shape ? is_shape : static_cast<bool>(types_[known.type()].of);
  return Claim(true, stronger.known_by(), stronger.run(), claim.several() || known.several(),
               knows ? known.type() : claim.type());
}

heap::ConflictCause Propagation::cause_of_conflict(Claim known, Claim claim) const {
  if (types_.have_one_underlying_type(known.type(), claim.type())) return heap::ConflictCause::kConversion;
  return is_named_by_program(known.known_by()) && is_named_by_program(claim.known_by())
             ? heap::ConflictCause::kUnsafe
             : heap::ConflictCause::kEvidence;
}

void Propagation::note_conflict(std::uint32_t row, Claim known, Claim claim) {
  const heap::ConflictCause cause = cause_of_conflict(known, claim);
  if (cause == heap::ConflictCause::kEvidence && stats_.conflicts++ == 0) stats_.first_conflict = row;
  if (reasons_ == nullptr) return;
  const bool wins = beats(claim, known);
  const Claim kept = wins ? claim : known, refused = wins ? known : claim;
  reasons_->conflict(row,
                     {.kept = kept.type(),
                      .refused = refused.type(),
                      .kept_by = kept.known_by(),
                      .refused_by = refused.known_by(),
                      .cause = cause},
                     wins);
}

void Propagation::set(std::uint32_t row, Claim claim) {
  Claim& known = claims_[row];
  const bool has_pointers = row < pointerful_;
  if (!known.empty()) {
    if (in_doubt_ && known.run() < run_) return;
    const bool same_said = known.type() == claim.type();
    claim = named(claim, known);
    const bool same = known.type() == claim.type();
    if (!same && !in_doubt_ && has_pointers && known.whole() && claim.whole() && contradict(known.type(), claim.type()))
      note_conflict(row, known, claim);
    if (!same && !beats(claim, known)) return;
    // A claim that only says the shape is no reason for the name that is kept.
    if (reasons_ != nullptr && (!same || (same_said && claim.rank() > known.rank())))
      reasons_->replace(row, known.type(), claim.known_by(), claim.whole());
    if (same) {
      // There is nothing new to walk unless one value turns out to be several.
      const bool several = known.several() || claim.several();
      const bool walked = known.several() == several;
      known = (claim.rank() > known.rank() ? claim : known).with_several(several);
      if (walked) return;
    } else {
      known = claim;
    }
  } else {
    known = claim;
    if (reasons_ != nullptr) reasons_->set(row, claim.known_by(), claim.whole());
  }
  if (!has_pointers) return;
  std::uint64_t& bits = queued_[row / 64];
  const std::uint64_t bit = std::uint64_t{1} << (row % 64);
  if ((bits & bit) != 0) return;
  bits |= bit;
  ++waiting_;
  if (next_.size() < most_listed_) next_.push_back(row);
}

}  // namespace holdfast::typing
