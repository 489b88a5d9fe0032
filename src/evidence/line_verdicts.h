// What the memory profile, the graph and the collector say of each line of code that allocates, side by side. A line is
// the innermost call outside of plumbing and of the standard library (heap/plumbing.h): who asked for the memory.
//
// All three speak of the same objects: those that the runtime's memory profile took a sample of, each of which stands
// for others (heap/sample_estimate.h). How many of them there are is exact; what they stand for is an estimate, unless
// every object was sampled. The profile counts as of the last completed collection and knows no reason; the graph knows
// which of them something still reaches at this moment. So where the two differ, the difference is made of objects that
// can be counted, and it has a name.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/judge.h"
#include "graph/reachability.h"
#include "heap/sample_estimate.h"
#include "view/allocation.h"
#include "view/groundwork.h"
#include "view/labels.h"
#include "view/sentence.h"

namespace holdfast::evidence {

// With fewer samples than this an estimate says little, and nothing about what no sample was taken of.
constexpr std::uint64_t kFewSamples = 10;

// Sampled objects and what they stand for.
struct Sampled {
  std::uint64_t samples = 0;
  heap::EstimatedNumber objects, bytes;
};

Sampled sampled_as(const heap::SampleEstimate& estimate);

// The type of most sampled objects of a line that are alive. How many objects of it something reaches is known
// exactly, and where all samples of the type are of one line, that is what the line has.
struct LineType {
  std::string name;                      // empty if it is not known
  std::uint64_t samples = 0;             // of this line, alive
  std::uint64_t samples_of_all = 0;      // of all lines
  std::uint64_t objects = 0, bytes = 0;  // that something reaches, wherever they were allocated: exact
  TypeId id = {};
  bool is_of_this_line_alone() const { return samples > 0 && samples == samples_of_all; }
};

// What the compiler decided about something that the line allocates.
struct LineDecision {
  std::string verdict, subject;       // "moved to heap", "buffer"
  std::string call, type, condition;  // how the machine code allocates it; empty if that is not known
  std::string reason, cure;           // what brings it to the heap, and what usually helps; empty if not said
  compiler::Ruling ruling = {};

  bool operator==(const LineDecision&) const = default;
};

// Who has some of what is alive of a line.
struct HeldPart {
  view::Sentence who;
  std::uint64_t bytes = 0;  // estimated
  double share = 0;         // of what is alive of the line
};

// How profile and graph differ. Each is a number of sampled objects; what came and what went is told by size and stack.
struct Differences {
  std::uint64_t dead = 0;        // that nothing reaches: in the profile until the next collection has freed them
  std::uint64_t newer = 0;       // allocated since the last collection: not in the profile yet
  std::uint64_t newer_dead = 0;  // of these, what nothing reaches any more
  std::uint64_t freed = 0;       // freed already, and in the profile until the next collection

  bool none() const { return dead == 0 && newer == 0 && freed == 0; }
};

// What profiles from elsewhere, of other moments, say of the line.
struct ProfiledElsewhere {
  Sampled allocated, in_use;     // by the last of them
  std::vector<Sampled> earlier;  // in use by those before it, in the order of time
  bool fits = false;   // in_use and what is alive may be the same number: each lies within the bounds of the other
  bool moved = false;  // it has the function at other lines: it is of another build
};

// Objects of one type that something reaches.
struct MadeObjects {
  std::string type;
  std::uint64_t objects = 0, bytes = 0;
  std::string doubt = {};  // what else may make some of them; empty if nothing does
  TypeId id = {};
};

// What a line is known by where there is no memory profile: which types its machine code makes (evidence/code_lines.h).
// `alive` is then what something reaches of these types, `allocated`, `in_use` and `dead` are not known.
struct MadeByCode {
  // All that make these types, by file and line: with several there is no saying which of them made how much.
  std::vector<view::CodePlace> places;
  std::vector<MadeObjects> types;  // the largest first

  bool has_doubt() const {
    return std::ranges::any_of(types, [](const MadeObjects& one) { return !one.doubt.empty(); });
  }
};

struct LineVerdict {
  view::CodePlace place;     // the first of several
  view::CodePlace through;   // the function that allocates for it, if that is another one: of most samples
  Sampled allocated;         // since the program began: by the profile, and what came after it
  Sampled in_use;            // by the profile
  Sampled alive;             // by the graph
  Sampled dead;              // by the graph
  std::uint64_t recent = 0;  // of the samples alive: allocated since the last mark
  Differences differences;
  LineType type;
  std::optional<MadeByCode> by_code;  // there is no profile
  std::vector<HeldPart> held;         // the largest first, kMostHeld at most
  std::optional<ProfiledElsewhere> elsewhere;
  std::vector<LineDecision> decisions;

  static constexpr std::size_t kMostHeld = 3;
};

// How much of what is alive the machine code can tell the lines of. Bytes.
struct CodeBasis {
  std::string why_no_profile;
  std::uint64_t of_one_line = 0, of_few = 0, of_many = 0;  // of types that so many lines make
  std::uint64_t of_none = 0;                               // of types that no call names
  std::uint64_t untyped = 0;
  std::string most_of_many, most_of_none;  // the types that have most of these
};

struct LineVerdicts {
  view::ProfileFacts facts;
  bool has_estimates = false;  // else the profiler's rate is not known or has changed: bytes are those of the samples
  std::vector<LineVerdict> lines;   // those with most alive first
  Sampled all_alive;                // of all lines
  std::uint64_t reached_bytes = 0;  // by the graph, all objects: exact
  std::uint64_t reached_objects = 0;
  std::vector<std::string> elsewhere;  // what the other profiles are called, in the order of time
  std::optional<CodeBasis> by_code;    // the lines are known by the machine code alone
  bool has_decisions = false;          // what the compiler said was given
};

// Throws when cancelled; fails with kUnsupported if the snapshot has no memory profile, saying why.
LineVerdicts line_verdicts(const view::Groundwork& groundwork, const graph::Reachability& reached);

}  // namespace holdfast::evidence
