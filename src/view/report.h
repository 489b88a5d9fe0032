// The report as data: both JSON (schema holdfast.report/2) and the text on the first screen are made of it. Sizes
// are in bytes; they and counts are exact. It owns its texts and can outlive the snapshot. Making it only reads the
// snapshot and what was computed of it, so several threads may make reports of one; a report itself is plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/audit.h"
#include "graph/reachability.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "view/allocation.h"
#include "view/channels.h"
#include "view/groundwork.h"
#include "view/labels.h"
#include "view/memory_account.h"
#include "view/process_holders.h"
#include "view/sentence.h"
#include "view/since.h"
#include "view/type_table.h"

namespace holdfast::view {

enum class StepKind : std::uint8_t {
  kGroup,
  kGoroutine,
  kFrame,
  kRoot,  // any other root
  kObject,
  kContainer,  // the inside of a map, or of another container
  kGap,        // steps that were left out
};

// One step of a chain from a root to what it holds.
struct ChainStep {
  StepKind kind = StepKind::kObject;
  graph::NodeId node;             // the node that it shows; none for a gap
  Sentence text;                  // name of the root, or type of the object
  std::string least;              // its brief form, but only the place of a variable without a name
  std::optional<RootFacts> root;  // of a root: the facts that its name is made of
  std::string type;               // of the object, or of the root's variable; empty if not known
  std::string field;  // the place in the step before: ".sessions", "[3].next"; empty if there is no single one
  std::string place;  // of closures: where the function was written, "server.go:88"
  std::vector<heap::OwnerRule> rules;  // that made it one hop, or have a say in how it is reached
  bool several = false;                // several ways lead here from the steps before; this is on a shortest one
  bool weak = false;                   // the reference to it from the step before is weak, by one of the rules
  std::string key;          // under which the container before it has it; only with a snapshot that has content
  Address address;          // null if it has none
  std::uint64_t bytes = 0;  // of the object

  bool operator==(const ChainStep&) const = default;
};

// Somebody who reaches some of what a holder has and gave way to it.
struct AlsoHolding {
  Sentence who;
  std::uint64_t bytes = 0;
  bool for_the_moment = false;  // a goroutine that passes by; otherwise it is bookkeeping: the runtime, a finalizer
  std::optional<heap::OwnerRule> rule;  // by which it gave way: its reference is weak, it is a pool, a worker
};

// Something that keeps memory alive. No byte belongs to two holders.
struct Holder {
  std::uint64_t bytes = 0;     // retained: what would be free without it
  std::uint64_t count = 0;     // how many things `what` speaks of
  graph::NodeId example = {};  // one of them; none if it is about many small things
  // Of these, as many were allocated since the last completed mark; none if that is not known.
  std::optional<std::uint64_t> recent = {};
  Sentence what;          // a part of a sentence: "16,000 × main.Session in the map main.registry.sessions"
  std::string container;  // what these things lie in: "map", "sync.Map"; empty if in nothing of that sort
  bool is_pool = false;   // that keeps what is free
  std::optional<ChannelFacts> channel;  // that they lie in, or that it is; none if several are, or nothing is known
  std::vector<ChainStep> chain;
  std::vector<Sentence> owners;   // whose it is: one, or all who share it; empty if they are too many to be named
  std::vector<AlsoHolding> also;  // the largest first
  // The stacks of the goroutines, if several hold it together; they are not part of the heap.
  std::uint64_t stack_bytes = 0;
  CodePlace created_by;                         // where the goroutines were started; empty if it is about none
  std::optional<AllocationSites> allocated_at;  // none if the profile cannot tell
  std::string explained_by;                     // the fingerprint of the finding that explains it; empty if none does

  std::uint64_t total_bytes() const { return bytes + stack_bytes; }
};

// Goroutines that stand at the same place for the same reason.
struct GoroutineRow {
  RootId root;  // of the goroutine or the group; none if it holds nothing
  std::uint64_t count = 0;
  heap::GoroutineState state = heap::GoroutineState::kIdle;
  WaitReason wait_reason = WaitReason::kZero;
  CodePlace created_by;              // the go statement
  CodePlace top;                     // innermost frame outside of the runtime
  WaitedChannels channels;           // that they wait for
  std::uint64_t retained_bytes = 0;  // of the heap
  std::uint64_t shared_bytes = 0;    // of the heap, what they hold together with others
  std::uint64_t stack_bytes = 0;     // of their stacks, which are not part of the heap
  std::uint64_t stack_used = 0;      // of these, from the innermost frame on
  std::uint64_t depth = 0;           // functions on the deepest of the stacks, inlined ones too
  CodePlace largest_frame;           // the function of the largest frame; empty if it is not known
  std::uint64_t largest_frame_bytes = 0;
  std::uint64_t longest_waiting_ns = 0;         // lower bound; 0 = not known
  std::vector<std::uint64_t> goids;             // the first few
  bool system = false;                          // the runtime's own goroutines
  std::uint64_t leaked = 0;                     // of count: proven that nobody can ever wake them
  std::uint64_t leaked_bytes = 0;               // of the heap, what only these hold
  std::uint64_t leaked_stack_bytes = 0;         // of their stacks
  std::optional<AllocationSites> allocated_at;  // of retained_bytes
};

// The heap size at which collections are switched off.
constexpr std::uint64_t kNoCollection = std::uint64_t{1} << 62;

// Sums over goroutines of many places.
struct GoroutineSums {
  std::uint64_t places = 0;
  std::uint64_t count = 0;
  std::uint64_t retained_bytes = 0;
  std::uint64_t stack_bytes = 0;

  void add(const GoroutineRow& row) {
    ++places;
    count += row.count;
    retained_bytes += row.retained_bytes;
    stack_bytes += row.stack_bytes;
  }
  // Takes away a row that was added before.
  void take_away(const GoroutineRow& row) {
    --places;
    count -= row.count;
    retained_bytes -= row.retained_bytes;
    stack_bytes -= row.stack_bytes;
  }
};

// How sure a finding is, from the least on; see docs/glossary.md.
enum class Confidence : std::uint8_t { kPossible, kStrong, kProven };

// A leak that others have met before: a fault of a library, and the version that has it no more.
struct KnownLeak {
  std::string library;   // the path of its module
  std::string version;   // that the program was built with
  std::string fixed_in;  // empty: no version has the fix
  std::string issue;     // where it was reported
  std::string words;     // what is wrong, a sentence without its end

  bool operator==(const KnownLeak&) const = default;
};

// A finding that is about bytes which a better one explains.
struct FoldedFinding {
  std::string id;
  Sentence title;
  std::uint64_t bytes = 0;
  Confidence confidence = Confidence::kPossible;
  std::string fingerprint;
};

// Something that is likely to be wrong, and what shows it.
struct Finding {
  std::string id;  // what sort: "goroutine-leak", "sparse-map", ...
  Sentence title;
  std::uint64_t bytes = 0;            // that mending it would free
  std::uint64_t exclusive_bytes = 0;  // the part of these in live objects; the rest are stacks, garbage, mappings
  // Of live objects, what it leads to and others keep as well; none if that is not known.
  std::optional<std::uint64_t> shared_bytes;
  std::uint64_t count = 0;
  Confidence confidence = Confidence::kPossible;
  Sentence because;              // what shows it
  std::vector<ChainStep> chain;  // may be empty
  // What shows more where the chain leads to nothing: one of the goroutines that it is about (0: it is about none), and
  // a verb (empty: there is none).
  std::uint64_t goid = 0;
  std::string_view verb;
  bool is_minor = false;  // true, but too little to begin a report with
  std::string fault;      // what is at fault: a variable, a line of code, a setting
  std::optional<AllocationSites> allocated_at;
  Sentence fix;
  std::string fingerprint;  // the same in every run on every host, and after edits of the program elsewhere
  std::optional<KnownLeak> known;
  std::vector<FoldedFinding> folded;
  std::string waits_for;  // fingerprint of the finding whose goroutines these wait for; empty if there is none
};

struct HeapTotals {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  std::uint64_t reachable_objects = 0;
  std::uint64_t reachable_bytes = 0;
  std::uint64_t edges = 0;
  std::uint64_t roots = 0;
  std::uint64_t typed_bytes = 0;  // reachable and of a known type
  std::uint64_t named_bytes = 0;  // held by one root alone, so that a chain can name the holder
};

struct Report {
  heap::TargetInfo target;
  heap::Pause pause;
  std::vector<std::pair<std::string, double>> took_ms;  // by pass; whoever ran the passes fills it
  std::uint64_t peak_rss_bytes = 0;                     // our own; whoever ran the passes fills it
  heap::Account account;
  MemoryAccount memory;
  HeapTotals heap;
  ProfileFacts profile;
  graph::Audit audit;
  std::string audit_line;
  std::vector<TypeTotals> types;         // ordered by retained bytes
  std::uint64_t type_count = 0;          // before the list was cut
  std::vector<Holder> holders;           // ordered by total_bytes()
  std::uint64_t holder_count = 0;        // before the list was cut
  std::uint64_t held_bytes = 0;          // the sum of total_bytes() over holder_count holders
  std::uint64_t held_stack_bytes = 0;    // the part of held_bytes that is in stacks
  std::vector<ProcessHolder> outside;    // of the live heap and of held_stack_bytes; ordered by bytes, never cut
  std::vector<GoroutineRow> goroutines;  // ordered by bytes of heap and stacks, then count
  GoroutineSums user_goroutines;         // the program's own
  GoroutineSums system_goroutines;       // the runtime's own; both count before the list was cut
  std::uint64_t goroutine_count = 0;     // alive
  std::uint64_t goroutine_places = 0;    // rows before the list was cut
  std::optional<Since> since;            // what grew since an earlier look; none if there is none to compare with
  std::vector<Finding> findings;         // possible ones last; else by bytes, but for what others wait for
  std::uint64_t finding_count = 0;       // before the list was cut
  std::uint64_t detectors = 0;           // that were asked
  std::uint64_t cut_finding_bytes = 0;   // of findings that were cut off; several may be about the same bytes
  std::vector<Loss> losses;

  std::uint64_t goroutine_stack_bytes() const { return user_goroutines.stack_bytes + system_goroutines.stack_bytes; }
  // What all lists of holders add up to: the whole process where its account is known, and bytes of objects and stacks
  // that are not in memory; else objects and stacks of goroutines.
  std::uint64_t whole_bytes() const;
};

// How long the lists may be.
struct ReportLimits {
  std::size_t types = 50;
  std::size_t holders = 10;
  std::size_t goroutines = 50;
  std::size_t findings = 20;
};

// Makes everything but the findings: detectors look at the whole report. `target`, `pause` and `losses` are copied.
// Only the limit of the holders counts here, shorten() cuts the rest. Throws when cancelled.
Report make_report(const Groundwork& groundwork, const graph::Reachability& reached, const graph::Audit& audit,
                   const ReportLimits& limits = {});

// Cuts the findings, and the lists that detectors had to see whole. Of goroutines as many places of the program's own
// stay as of the runtime's.
void shorten(Report& report, const ReportLimits& limits = {});

}  // namespace holdfast::view
