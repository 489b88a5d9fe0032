// What the Go compiler decided about memory: which variables and expressions it puts on the heap and why, which
// parameters leak, what was inlined where. It says so as text (-gcflags=-m, -m=2) and as files of JSON
// (-gcflags=-json=0,DIR); both become this. Go 1.19-1.27.
//
// Generic functions are compiled once for each shape and each wrapper, so the compiler says the same again and again:
// what it says with the same words of the same place is one decision, with a count.
//
// Most of what the compiler says explains how values flow. That stays in the bytes that were read, which this keeps,
// and is decoded when it is asked for. Several threads may read one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/string_table.h"
#include "compiler/expression.h"
#include "compiler/reasons.h"

namespace holdfast::compiler {

enum class Verdict : std::uint8_t {
  kMovedToHeap,        // a variable or parameter
  kEscapes,            // what an expression makes goes to the heap, if it needs storage at all
  kStays,              // "does not escape": no promise that nothing is allocated
  kLeaks,              // a parameter: what is passed goes to the heap
  kLeaksContent,       // a parameter: what it points to does
  kLeaksToResult,      // a parameter: it is in a result, or what it points to is
  kCapturedReference,  // a variable, by a closure that shares it
  kCapturedValue,      // a variable, by a closure that copies it
  kZeroCopy,           // a conversion between text and bytes that shares the bytes (1.22+)
  kSelfAssignment,     // n.s = n.s[1:] is no leak
  kUintptr,            // an argument that is kept alive as an unsafe uintptr
  kInlinedCall,
  kCanInline,
  kCannotInline,
  kDevirtualized,
};

// Lines and columns begin with 1, columns count bytes; 0 = not known.
struct Place {
  StringId path;
  std::uint32_t line = 0, column = 0;
  bool operator==(const Place&) const = default;
};

struct Decision {
  Verdict verdict = Verdict::kEscapes;
  Made made = Made::kNothing;
  SizeReason size = SizeReason::kNone;  // no change of the flow would help
  std::uint16_t step = 0;               // the reason() that brings it to where it stays: a row of reasons(), 0 = none
  Place place;                          // where inlined code is called; of a variable, its declaration
  StringId package;                     // its import path; "main" for every command in JSON
  StringId function;                    // that the compiler names: "(*Cart).add"; none if it names none
  std::string_view subject;             // the expression, variable or function; empty if the compiler names none
  std::string_view detail;              // "to result q level=1", "function too complex: ...", "with cost 3"
  std::uint32_t count = 1;              // how often the compiler said so
  std::uint32_t flow = kNoFlow;         // row of flows
  std::uint32_t first_inlined = 0, inlined = 0;  // rows of inlined places, see Decisions::inlined()
  bool knows_inlining = false;  // JSON said it: without inlined places, the code is really where it was written

  static constexpr std::uint32_t kNoFlow = ~std::uint32_t{0};
  bool on_heap() const { return verdict == Verdict::kMovedToHeap || verdict == Verdict::kEscapes; }
};

// A step of how a value gets to the heap: "flow: DESTINATION ← SOURCE", then what in the source makes it so.
struct FlowStep {
  bool is_flow = false;
  std::string text;         // "~r0 ← &x"; of the others the expression
  std::string reason = {};  // "address-of"; empty for a flow
  std::string path = {};    // of the others; empty if not known
  std::uint32_t line = 0, column = 0;
};

// What could not be read, so that nobody takes silence for an answer.
struct NotUnderstood {
  static constexpr std::size_t kMostShown = 5;
  std::uint64_t lines = 0;
  std::vector<std::string> first;  // some of them
};

class Decisions {
 public:
  std::span<const Decision> all() const { return rows_; }
  std::string_view text(StringId id) const { return texts_[id]; }
  // The places inside of the decision's own where the code was written that is inlined there, from the outer to the
  // inner; the last one is what profiles and function tables show first. Only JSON says them.
  std::span<const Place> inlined(const Decision& decision) const {
    return std::span(inlined_).subspan(decision.first_inlined, decision.inlined);
  }
  // Where the code was written: the last inlined place, or the decision's own.
  const Place& written(const Decision& decision) const {
    return decision.inlined > 0 ? inlined(decision).back() : decision.place;
  }
  // The path that -trimpath gives to the file of the decision's own place, if it is in the package's folder:
  // "example.com/m/x/a.go".
  std::string trimmed_path(const Decision& decision) const;
  std::vector<FlowStep> flow(const Decision& decision) const;

  const NotUnderstood& not_understood() const { return not_understood_; }
  std::uint64_t notes() const { return notes_; }  // understood, but not about memory: checks of bounds and the like
  std::string_view go_version() const { return go_version_; }  // "go1.27.4"; empty if nothing says it
  std::uint64_t packages() const { return packages_; }         // that said anything

 private:
  friend class DecisionBuilder;
  friend class Merger;
  struct Flow {
    std::string_view bytes;  // lines of text behind the head of the tree, or one line of JSON
    bool is_json = false;
  };

  std::vector<std::shared_ptr<const void>> keep_;
  StringTable texts_;
  std::vector<Decision> rows_;
  std::vector<Place> inlined_;
  std::vector<Flow> flows_;
  NotUnderstood not_understood_;
  std::uint64_t notes_ = 0, packages_ = 0;
  std::string go_version_;
};

// Collects decisions for the readers; each is kept once.
class DecisionBuilder {
 public:
  // `bytes` and all texts of decisions made from now on are views into what `keep` holds.
  void keep(std::shared_ptr<const void> keep) { out_.keep_.push_back(std::move(keep)); }
  std::string_view text(StringId id) const { return out_.texts_[id]; }
  StringId intern(std::string_view text) { return text.empty() ? StringId() : out_.texts_.add(text); }
  // Adds a decision; `inlined` from the outer place to the inner.
  void add(Decision decision, std::span<const Place> inlined);
  std::uint32_t add_flow(std::string_view bytes, bool is_json);
  void not_understood(std::string_view line);
  void note() { ++out_.notes_; }
  void package() { ++out_.packages_; }
  void set_go_version(std::string_view version) { out_.go_version_ = version; }
  Decisions take() { return std::move(out_); }

 private:
  bool is_same(const Decision& a, const Decision& b, std::span<const Place> inlined) const;

  Decisions out_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> rows_;  // by hash of what makes them the same
};

// Mixes `value` into a hash.
constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 29);
}
inline std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  return mix(hash, std::hash<std::string_view>()(text));
}

}  // namespace holdfast::compiler
