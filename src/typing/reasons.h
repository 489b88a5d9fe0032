// Why each object has its type: the source of the claim that won, kept beside the propagation for those who ask. 16
// bytes per object and 32 per claim that was replaced by a better one; without a Reasons nothing is kept and nothing
// is slower.
//
// A source is a word of another object or of a value outside of the heap. The holder of that word may have got another
// type since; so each source says how many claims had been replaced when it was made, and what its holder was taken for
// at that time can be asked. Followed like that, reasons lead back in time, so they never go in circles.
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
#include "typing/known_by.h"

namespace holdfast::typing {

// Evidence that is no field of a typed object: where reasons begin.
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
};

struct Grounds {
  Ground ground = Ground::kNone;
  bool strong = false;    // of kCode: see code::GlobalWord
  TypeId type = {};       // of the value at `at`; none if it is a single pointer
  Address at = {};        // the value outside of the heap, null if there is none
  Address variable = {};  // that the value is part of, or is reached from; null = it begins at `at`
  Address code = {};   // of kCode: the instruction; of kLocal, kSlot: where the frame stands; of kSpecial: the function
  StringId name = {};  // of a variable or list; of kCode: the way from the variable to `at`
  std::uint32_t parent = 0;       // row of the value outside of the heap that led to this one, 0 = none
  std::uint32_t parent_word = 0;  // in words: where
};

struct Source {
  std::uint32_t row = 0;   // of an object, or of the grounds
  std::uint32_t word = 0;  // where in it, in words of 8 bytes from the start of the value; the last one if too far
  std::uint32_t time = 0;  // so many claims had been replaced when it was looked at
  KnownBy known_by = KnownBy::kUnknown;
  bool whole = false;    // the claim accounts for the whole object
  bool outside = false;  // `row` is one of the grounds

  // An interface and a closure say it themselves, whatever the object that leads to them is: nobody needs to ask for
  // the reasons of that one, and it may have had no type when this was said.
  bool is_last() const { return outside || known_by == KnownBy::kInterface || known_by == KnownBy::kClosure; }
};

// A claim as it was.
struct Version {
  std::uint32_t row = 0;
  TypeId type;
  Source source;
};

// Two claims on whole objects of types of which neither begins with the other.
struct Conflict {
  TypeId kept, refused;
  KnownBy kept_by = KnownBy::kUnknown, refused_by = KnownBy::kUnknown;
  std::uint64_t claims = 0;  // that met like this
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

  // What is claimed from now on comes from here.
  void because(const Grounds& grounds);
  // Row of the last grounds, so that others can name them as parent.
  std::uint32_t grounds_row();

  // --- for the propagation ---

  // Words from now on lie in these grounds or in this object, whose value begins at `base`.
  void begin_value(const std::byte* base) { origin_ = {last_, time(), base, true}; }
  void begin_object(std::uint32_t row, const std::byte* base) { origin_ = {row, time(), base, false}; }
  void end() { begin_value(nullptr); }
  // The claim that is pushed now comes from the word at `at`; null = from the grounds as a whole.
  void push(const std::byte* at);
  void arrive(std::size_t number) { now_ = pushed_[number]; }
  void flushed() { pushed_.clear(); }
  // A claim on an object that was not pushed: from the grounds, or from the object's own first word.
  void arrive_directly();
  void arrive_by_itself();

  void set(std::uint32_t row, KnownBy known_by, bool whole);
  // `type` is what the claim that goes says.
  void replace(std::uint32_t row, TypeId type, KnownBy known_by, bool whole);
  void conflict(std::uint32_t row, Conflict between, bool new_one_wins);

  // --- when all is said ---

  void finish();
  // What the object was taken for at that time, if its type is another claim now. Of holders of sources that are not
  // the last ones.
  std::optional<Version> replaced(std::uint32_t row, std::uint32_t time) const;
  // A chain of reasons has fewer steps.
  std::uint64_t most_steps() const { return sources_.size() + log_.size() + grounds_.size() + 1; }
  const Source& source_of(std::uint32_t row) const { return sources_[row]; }
  const Grounds& grounds(std::uint32_t row) const { return grounds_[row]; }
  const std::vector<Conflict>& conflicts() const { return conflicts_; }
  // By conflict and object, each pair once: how it was met first.
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
