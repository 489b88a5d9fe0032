// Why each object has its type: the source of the claim that won, kept beside the propagation for those who ask. It
// takes 16 bytes per object and 32 per claim that was replaced by a better one. Without a Reasons the propagation keeps
// nothing and is no slower.
//
// A source is a word of another object or of a value outside of the heap. The holder of that word may have got another
// type since, so each source says how many claims had been replaced when it was made; replaced() then tells what the
// holder was taken for at that time. Followed like that, reasons lead back in time and never go in circles.
//
// One thread writes; after finish() several may read. Nothing throws. HOLDFAST_CHECK ends the process if there are more
// claims than 32 bits can number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "base/address.h"
#include "base/huge_array.h"
#include "base/ids.h"
#include "code/value.h"
#include "heap/known_by.h"
#include "heap/type_reasons.h"

namespace holdfast::typing {

using heap::KnownBy;

// Kinds of evidence that is no field of a typed object: where reasons begin.
enum class Ground : std::uint8_t {
  kNone,
  kHeader,     // the allocation header of the object itself
  kSpan,       // the type that the object's span names
  kFirstWord,  // the object's own first word, which is code
  kList,       // one of the runtime's own lists
  kSpecial,    // a finalizer or cleanup and its argument
  kVariable,   // a package variable typed by debug information
  kLocal,      // a variable of a frame typed by debug information
  kSection,    // words of data and bss without a type: interfaces are found there
  kCode,       // machine code
  kSlot,       // machine code, of a word of a frame
  kShape,      // what the object looks like, and its neighbours
  kReached,    // a typed word leads to this package variable
};

// Where one claim came from.
struct Source {
  std::uint32_t row = 0;   // the holder: an object, or a row of the grounds
  std::uint32_t word = 0;  // which word of the holder, of 8 bytes from the start of its value; the last one if too far
  std::uint32_t time = 0;  // how many claims had been replaced when the claim was made
  KnownBy known_by = KnownBy::kUnknown;
  bool whole = false;    // the claim accounts for the whole object
  bool outside = false;  // `row` is one of the grounds

  // Whether the reason ends here. An interface and a closure tell their type themselves, whatever leads to them; the
  // object that does may have had no type when the claim was made.
  bool is_last() const { return outside || known_by == KnownBy::kInterface || known_by == KnownBy::kClosure; }
};

// One piece of such evidence. What does not apply is null.
struct Grounds {
  Ground ground = Ground::kNone;
  bool strong = false;    // of kCode: see code::GlobalWord
  TypeId type = {};       // of the value at `at`; none if that is a single pointer
  Address at = {};        // where a value outside of the heap lies
  Address variable = {};  // the variable that the value is part of, or is reached from; null = it begins at `at`
  Address code = {};   // of kCode: the instruction; of kLocal, kSlot: where the frame stands; of kSpecial: the function
  StringId name = {};  // of a variable or list
  code::Origin way = {};                                 // of kCode: its loads lead from the variable to `at`
  heap::SpecialPart special = heap::SpecialPart::kNone;  // of kSpecial
  Source led_by = {};                                    // of kReached: that word
};

// A claim before it was replaced.
struct Version {
  std::uint32_t row = 0;
  TypeId type;
  Source source;
};

// Two types, of which neither begins with the other, that were claimed for the same whole objects.
struct Conflict {
  TypeId kept, refused;
  KnownBy kept_by = KnownBy::kUnknown, refused_by = KnownBy::kUnknown;
  heap::ConflictCause cause = heap::ConflictCause::kEvidence;  // it follows from the members above
  std::uint64_t claims = 0;                                    // that met like this
};

struct ConflictCase {
  std::uint32_t conflict = 0;  // row of Reasons::conflicts()
  std::uint32_t row = 0;       // the object
  Source kept, refused;        // at that time
};

class Reasons {
 public:
  explicit Reasons(std::uint64_t objects)
      : sources_(objects), grounds_{{.ground = Ground::kNone}, {.ground = Ground::kFirstWord}} {}

  // --- for those who make claims ---

  // Claims from now on rest on these grounds.
  void because(const Grounds& grounds);

  // --- for the propagation ---

  // Words that are pushed from now on lie in the value of the present grounds, or in an object; it begins at `base`.
  void begin_value(const std::byte* base) { origin_ = {last_, time(), base, true}; }
  void begin_object(std::uint32_t row, const std::byte* base) { origin_ = {row, time(), base, false}; }
  void end() { begin_value(nullptr); }
  // A claim is put on its way that comes from the word at `at`; null = from the grounds as a whole.
  void push(const std::byte* at);
  // The claim that was pushed as the `number`th since flushed() is being applied.
  void arrive(std::size_t number) { now_ = pushed_[number]; }
  void flushed() { pushed_.clear(); }
  // Where the claim that arrived comes from.
  Source arrived(KnownBy known_by) const {
    Source source = now_;
    source.known_by = known_by;
    return source;
  }
  // A claim that was not pushed is being applied: from the grounds, or from the object's own first word.
  void arrive_directly();
  void arrive_by_itself();

  // The claim being applied is the first on the object.
  void set(std::uint32_t row, KnownBy known_by, bool whole);
  // It replaces one that says `type`.
  void replace(std::uint32_t row, TypeId type, KnownBy known_by, bool whole);
  // It contradicts the one that the object has.
  void conflict(std::uint32_t row, Conflict between, bool new_one_wins);

  // --- when all is said ---

  void finish();
  // The claim that the object had at that time, if another one has replaced it since.
  std::optional<Version> replaced(std::uint32_t row, std::uint32_t time) const;
  // More steps than any chain of reasons has.
  std::uint64_t most_steps() const { return sources_.size() + log_.size() + grounds_.size() + 1; }
  const Source& source_of(std::uint32_t row) const { return sources_[row]; }
  const Grounds& grounds(std::uint32_t row) const { return grounds_[row]; }
  const std::vector<Conflict>& conflicts() const { return conflicts_; }
  // By conflict and object, each pair once, as it occurred first.
  const std::vector<ConflictCase>& cases() const { return cases_; }

 private:
  struct Origin {
    std::uint32_t row = 0;
    std::uint32_t time = 0;
    const std::byte* base = nullptr;
    bool outside = true;
  };
  static constexpr std::uint32_t kFirstWordRow = 1;
  std::uint32_t time() const { return static_cast<std::uint32_t>(log_.size()); }
  Source source(const std::byte* at);
  void compact_cases();

  HugeArray<Source> sources_;  // by object; of those with a claim
  std::vector<Grounds> grounds_;
  std::vector<Version> log_;           // claims that were replaced, in order of time
  std::vector<std::uint32_t> by_row_;  // rows of log_, by object and time
  std::vector<Source> pushed_;         // of the claims that are on their way
  Source now_;                         // of the claim that is being made
  Origin origin_;
  std::uint32_t last_ = 0;    // of grounds_
  bool is_last_used_ = true;  // some claim comes from it
  std::map<std::tuple<TypeId, KnownBy, TypeId, KnownBy>, std::uint32_t> conflict_rows_;
  std::vector<Conflict> conflicts_;
  std::vector<ConflictCase> cases_;
  std::size_t compact_at_ = std::size_t{1} << 20;
};

}  // namespace holdfast::typing
