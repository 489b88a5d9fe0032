// Snapshot: what is known about one moment of one Go heap, as flat columns. It is the only bridge between the layers
// that read a process (capture and below) and those that answer questions (graph, view, report, ...): whoever has a
// Snapshot needs no process, no ELF file and no model of Go's runtime. It owns everything in it; several threads may
// read it. A .hold file (heap/hold_file.h) holds exactly this; a snapshot that was read from one may leave its largest
// columns packed there until somebody asks for them (heap/column.h).
//
// Numbering. An object is an allocated slot of an in-use span, reachable or not. ObjectId rows 0 .. pointerful-1 are
// the objects of spans that can hold pointers, in address order; pointerful .. objects-1 those of pointer-free spans,
// in address order. So "can it hold pointers" is one compare, and edge rows exist for the first part only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/architecture.h"
#include "base/huge_array.h"
#include "base/ids.h"
#include "base/loss.h"
#include "base/string_table.h"
#include "base/wait_reason.h"
#include "heap/awaited_lock.h"
#include "heap/closed_file.h"
#include "heap/column.h"
#include "heap/known_by.h"
#include "heap/large_header.h"
#include "heap/map_fill.h"
#include "heap/memory_facts.h"
#include "heap/roots.h"
#include "heap/stale_word.h"
#include "heap/timer.h"
#include "heap/type_kind.h"
#include "heap/type_role.h"
#include "heap/wake_ups.h"

namespace holdfast::heap {

enum class TargetKind : std::uint8_t { kLive, kCore };

// A Go runtime in the process that was looked at. There are several where a program of another language has loaded
// several libraries written in Go (-buildmode=c-shared); plugins share the runtime of their program.
struct GoRuntime {
  std::string image;                        // path of the file that holds it
  std::string go_version;                   // empty if nothing says it
  std::optional<std::uint64_t> heap_bytes;  // MemStats.HeapAlloc; none if its counters could not be read
  bool chosen = false;                      // the snapshot is of this one

  bool operator==(const GoRuntime&) const = default;
};

// Who was looked at. Strings are empty and numbers 0 where not known.
// A module whose code is in the program, from the build info; of a replaced one what replaces it.
struct BuildModule {
  std::string path;     // "golang.org/x/net"
  std::string version;  // "v0.17.0"; "(devel)" or empty of one in development

  bool operator==(const BuildModule&) const = default;
};

struct TargetInfo {
  TargetKind kind = TargetKind::kLive;
  std::int32_t pid = 0;
  std::string name;           // short program name
  std::string exe;            // path of the program
  std::string go_version;     // "go1.26.8", with experiments as the runtime writes them
  std::string goarch;         // "amd64"
  std::string main_module;    // path of the main package's module, from the build info
  std::string build_id;       // Go's or the GNU build id, hex or Go's own form
  std::string layout_source;  // "dwarf" or "table go1.26"
  bool has_symbols = false;
  bool has_dwarf = false;
  std::uint32_t modules = 0;  // moduledata records: 1, more with plugins
  std::uint32_t threads = 0;
  std::uint64_t memory_limit = 0;  // of its control group, in bytes; 0 = none known
  // When and where holdfast looked: nanoseconds since 1970 UTC (for a live target, when it was stopped), the machine's
  // name, its kernel's release, holdfast's version.
  std::int64_t captured_at_ns = 0;
  std::string host;
  std::string kernel;
  std::string captured_with;
  std::int64_t core_written_ns = 0;  // when the core file was last written, in the same clock
  // How often the program has called runtime/cgo.NewHandle; none if it has no such function, or it is not known.
  std::optional<std::uint64_t> c_handles_made;
  bool release_given = false;              // go_version is what the user said; nothing in the program says it
  bool from_file = false;                  // read from a .hold file, which does not store this
  std::vector<GoRuntime> runtimes;         // all of the process, the largest heap first; empty if not known
  std::vector<BuildModule> build_modules;  // the main module first; empty if it was built without modules

  bool operator==(const TargetInfo&) const = default;
};

// What the look cost a live target, in milliseconds; 0 for a core.
struct Pause {
  double predicted_ms = 0;       // if nobody else wants the processors
  double measured_ms = 0;        // from the first thread interrupted to the last resumed
  std::uint64_t bytes_read = 0;  // copied during the pause
  // Between which it was expected to be on a machine as busy as this one was; 0 = not foretold, by older versions.
  double predicted_least_ms = 0;
  double predicted_most_ms = 0;

  bool operator==(const Pause&) const = default;
};

// One in-use span; spans are sorted by base. Facts are as in runtime.mspan (reference 2.3, Go 1.19-1.27).
struct Span {
  Address base;
  std::uint64_t slot_size = 0;     // bytes per slot (elemsize)
  std::uint32_t pages = 0;         // of 8 KiB
  std::uint32_t slots = 0;         // nelems
  std::uint32_t alloc_count = 0;   // allocCount, the runtime's own
  std::uint32_t objects = 0;       // allocated slots by the rule "index < freeindex or allocBits set"
  std::uint32_t first_object = 0;  // ObjectId row of its first allocated slot
  std::uint32_t bits_at = 0;       // first word of this span in Snapshot::allocated; (slots + 63) / 64 words
  std::uint8_t size_class = 0;     // 0 = one large object
  std::uint8_t header = 0;         // bytes before the value in each slot: 8 with an allocation header (Go 1.22+)
  bool has_pointers = false;
  bool user_arena = false;  // a chunk of GOEXPERIMENT=arenas
  bool has_marks = false;   // the last completed mark is known for its slots (reference 9.3)

  std::uint64_t bytes() const { return pages * kGoPage; }
  bool operator==(const Span&) const = default;
};

// How far the sweep after the last collection has come with a span (mspan.sweepgen, reference 9.2).
enum class SweepState : std::uint8_t { kUnknown, kSwept, kWaits, kBeingSwept };

// How the runtime keeps a span. It has no part in the graph.
struct SpanRecord {
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};

  std::uint32_t free_index = 0;  // freeindex: slots below it are taken, those from it on as their allocation bits say
  SweepState sweep = SweepState::kUnknown;
  std::uint32_t processor = kNobody;  // the P in whose mcache it is: only that one allocates from it

  bool operator==(const SpanRecord&) const = default;
};

// Column value: the type and how it is known, in 4 bytes.
class ObjectType {
 public:
  constexpr ObjectType() = default;
  constexpr ObjectType(TypeId type, KnownBy known_by)
      : bits_((static_cast<std::uint32_t>(known_by) << 28) | (type.row & kMask)) {}
  constexpr TypeId type() const { return known_by() == KnownBy::kUnknown ? TypeId() : TypeId(bits_ & kMask); }
  constexpr KnownBy known_by() const { return static_cast<KnownBy>(bits_ >> 28); }
  explicit constexpr operator bool() const { return known_by() != KnownBy::kUnknown; }
  bool operator==(const ObjectType&) const = default;

 private:
  static constexpr std::uint32_t kMask = (1U << 28) - 1;
  std::uint32_t bits_ = 0;
};

struct Type {
  // With the full package path where known: "example.com/app/cart.Item", "map[string]*main.Session". The function, for
  // a closure. None where the role and `of` tell everything: the parts of maps and channels without a name of their
  // own.
  StringId name;
  TypeKind kind = TypeKind::kInvalid;
  TypeRole role = TypeRole::kNone;
  bool is_named = false;            // declared with a name, not composed of other types
  std::uint64_t size = 0;           // bytes of one value
  std::uint64_t pointer_bytes = 0;  // the beginning that can hold pointers
  TypeId elem;                      // of array, chan, map, pointer, slice
  TypeId key;                       // of map
  TypeId of;                        // the type that the role belongs to, see TypeRole; none if not known
  std::uint64_t count = 0;          // of array
  std::uint32_t first_field = 0;    // fields[first_field .. + field_count)
  std::uint32_t field_count = 0;
  StringId file;  // of closures: where the function begins, with its path
  std::uint32_t line = 0;
  MapRemovals removals = MapRemovals::kUnknown;  // of maps

  bool operator==(const Type&) const = default;
};

struct Field {
  StringId name;
  TypeId type;
  std::uint64_t offset = 0;

  bool operator==(const Field&) const = default;
};

// One answer to the question which type each object has. Names are in the snapshot's strings.
struct TypeColumns {
  Column<ObjectType> object_type;  // by ObjectId
  std::vector<Type> types;
  std::vector<Field> fields;
};

// The edges of pointerful objects as compressed rows, each row in ascending source offset. A source can have several
// edges to one target. A pointer to the middle of an object is an edge to the object.
struct Edges {
  Column<std::uint32_t> row_begin;  // pointerful + 1
  Column<std::uint32_t> target;     // ObjectId rows
  // Words (8 bytes) from the source word of the previous edge in the row (for the first: from the object's start); 255
  // = `long_steps` has the number.
  Column<std::uint8_t> step;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> long_steps;  // (edge, words), ascending by edge

  std::uint64_t count() const { return target.size(); }
  // The numbers of the edges of a pointerful object, by its row.
  std::ranges::iota_view<std::uint32_t, std::uint32_t> of(std::uint32_t row) const {
    return {row_begin[row], row_begin[row + 1]};
  }
};

enum class GoroutineState : std::uint8_t {
  kIdle,
  kRunnable,
  kRunning,
  kSyscall,
  kWaiting,
  kDead,
  kCopyStack,
  kPreempted,
  kLeaked,
  kDeadExtra
};

struct Goroutine {
  std::uint64_t goid = 0;
  std::uint64_t parent_goid = 0;  // 0 before Go 1.21 and for the runtime's own
  GoroutineState state = GoroutineState::kIdle;
  bool system = false;  // the runtime's own
  bool locked_to_thread = false;
  bool unwound = false;  // its stack was walked to its outermost frame
  WaitReason wait_reason = WaitReason::kZero;
  std::optional<std::uint64_t> waiting_ns;  // a lower bound: the runtime writes the time at a collection
  AddressRange stack;
  Address g;              // its runtime.g
  Address waits_on;       // channel, semaphore, ...; null if not known
  StringId created_by;    // function of the go statement
  StringId created_file;  // where the go statement stands, with its path
  std::uint32_t created_line = 0;
  RootId root;
  std::uint32_t first_frame = 0;  // frames[first_frame .. + frame_count), innermost first
  std::uint32_t frame_count = 0;
  // Of `stack`: bytes in use, from the innermost frame to the end; the largest physical frame and its size. 0 and none
  // if it was not walked, or if an older holdfast wrote the file.
  std::uint64_t stack_used = 0;
  FrameId largest_frame;
  std::uint64_t largest_frame_bytes = 0;

  bool operator==(const Goroutine&) const = default;

  // The runtime keeps the record for another one. runtime.NumGoroutine counts those that have not ended and are not its
  // own.
  bool has_ended() const { return state == GoroutineState::kDead || state == GoroutineState::kDeadExtra; }
};

// A pprof label that a goroutine has: pprof.Do gave it, or it came with the go statement.
struct GoroutineLabel {
  GoroutineId goroutine;
  StringId key;
  StringId value;

  bool operator==(const GoroutineLabel&) const = default;
};

// What the header of a channel says (runtime.hchan, Go 1.19-1.27). Of a live target the headers of channels whose
// elements have no pointers were copied only where goroutines wait for them; the others have no row.
struct Channel {
  ObjectId object;             // the header
  std::uint64_t length = 0;    // elements in its buffer; at most `capacity`
  std::uint64_t capacity = 0;  // elements that the buffer has room for; 0: senders and receivers meet. Of a timer's
                               // channel it is 1, though from Go 1.23 on cap() says 0
  bool closed = false;

  bool operator==(const Channel&) const = default;
};

// A goroutine that waits in the queue of a channel. In a select it waits for several.
struct ChannelWait {
  GoroutineId goroutine;
  ChannelId channel;
  bool sends = false;  // otherwise it receives

  auto operator<=>(const ChannelWait&) const = default;
};

struct Frame {
  Address pc;
  StringId function;
  StringId file;
  std::uint32_t line = 0;
  bool inlined = false;  // it shares the physical frame of the next one

  bool operator==(const Frame&) const = default;
};

// What says that words of a frame are the header of a slice or string, and where its length stands.
enum class HeaderBasis : std::uint8_t {
  kVariable,  // debug information: it is a variable, or a part of one
  kCode,      // machine code: it lies in a variable whose address was passed on, so it is in memory as a whole
  kNearness,  // machine code says it of the first word; the words behind that would fit, to the end of the object
};

// The header of a slice or a string that stands in a frame of a stack, and refers to an object of the heap.
struct FrameHeader {
  Address at;    // of its first word; the others need not follow it
  Address data;  // what that word says
  TypeId type;   // of the slice or string
  // In elements; none if the frame does not keep it, or what stands there contradicts the object.
  std::optional<std::uint64_t> length, capacity;
  HeaderBasis basis = HeaderBasis::kVariable;
  StringId variable;  // "buffer", "request.Body"; none if only debug information could tell, and there is none

  bool operator==(const FrameHeader&) const = default;
};

// Where objects were allocated: one stack of the runtime's memory profile.
struct AllocationStack {
  std::uint32_t first_frame = 0;  // frames[first_frame .. + frame_count), innermost first
  std::uint32_t frame_count = 0;

  bool operator==(const AllocationStack&) const = default;
};

// An object that the memory profile took a sample of: about one for each runtime.MemProfileRate bytes allocated (512
// KiB unless the program says otherwise), so a large object is sampled more likely than a small one.
struct SampledObject {
  ObjectId object;
  AllocationStackId stack;

  bool operator==(const SampledObject&) const = default;
};

// What the memory profile says of the objects of one size that were allocated at one stack. Only sampled objects count.
struct ProfileRecord {
  AllocationStackId stack;
  std::uint64_t object_size = 0;  // as allocated, so rounded up to the size class
  std::uint64_t allocs = 0;       // all that were ever sampled
  std::uint64_t frees = 0;        // those of them that the collector has freed

  std::uint64_t alloc_bytes() const { return allocs * object_size; }
  std::uint64_t in_use() const { return allocs - frees; }
  std::uint64_t in_use_bytes() const { return in_use() * object_size; }

  bool operator==(const ProfileRecord&) const = default;
};

// A part of a file that is mapped as code.
struct CodeMapping {
  AddressRange range;
  std::uint64_t file_offset = 0;
  std::string file;
  std::string build_id;  // the GNU build id in hex, or Go's own; empty if the file has none

  bool operator==(const CodeMapping&) const = default;
};

// The runtime's memory profile (runtime.MemProfile) as the program itself would write it at this moment: as of the last
// completed collection.
struct MemoryProfile {
  bool known = false;  // it was found and read
  std::optional<std::uint64_t>
      rate;                        // runtime.MemProfileRate: a sample for each so many bytes; 0 = off, 1 = every object
  bool switched_off = false;       // by the linker, since no code of the program reads the profile
  std::uint64_t allocs_since = 0;  // sampled since that collection, and not in the records yet
  std::uint64_t alloc_bytes_since = 0;
  std::vector<ProfileRecord> records;  // in the runtime's order, the newest stack first
  std::vector<CodeMapping> mappings;   // the program's own file first

  bool operator==(const MemoryProfile&) const = default;
};

// How far two sums of one thing may be apart. In files a number: the values stay as they are.
enum class CounterRule : std::uint8_t {
  kInFlight = 0,  // threads were stopped in the middle of what is counted: Counter::in_flight at most, either way
  kMustMatch = 1,
};

// One sum, by us from the objects and by the runtime from its own counters (reference 8.2).
struct Counter {
  std::string name;  // that of MemStats: "HeapAlloc"
  std::uint64_t runtime = 0;
  std::uint64_t ours = 0;
  CounterRule rule = CounterRule::kMustMatch;
  std::uint64_t in_flight = 0;  // objects or bytes, as the sum; 0: not known, or the sums must match

  bool operator==(const Counter&) const = default;
};

// The rules by which the collector marks what nobody holds (reference 9.4).
enum class MarkCause : std::uint8_t {
  kAllocateBlack,     // allocated while it marked
  kEndedThread,       // a record of a thread that has ended, or what only such a record holds
  kResurrection,      // marked by the sweep, for a finalizer
  kConservativeWord,  // named by a word of a stack that is no live variable there
};

// An object that the collector may have marked although nobody holds it, and the rule.
struct MarkExcuse {
  ObjectId object;
  MarkCause cause = MarkCause::kAllocateBlack;
  FrameId frame = {};  // where the first word lies that names it, for kConservativeWord; none if it lies in no frame

  bool operator==(const MarkExcuse&) const = default;
};

// What capture found right or wrong already, for `audit`.
struct AuditInput {
  std::uint32_t gc_phase = 0;  // 0 off, 1 mark, 2 mark termination
  std::uint64_t gc_cycles = 0;
  std::uint64_t alloc_count_mismatches = 0;
  std::vector<Address> mismatched_spans;  // the first few
  std::uint64_t pointers_to_free_slots = 0;
  std::vector<Address> free_slot_pointers;  // where such words lie, the first few
  std::uint64_t goroutines_checked = 0;     // those that are parked: their stacks must end at stktopsp
  std::vector<std::uint64_t> not_unwound;   // goids
  std::vector<Counter> counters;
  std::vector<MarkExcuse> excuses;
  // mheap.sweepgen: 2 more for each collection that has ended its mark. gc_cycles follows a moment later.
  std::uint32_t sweep_generation = 0;
  bool world_stopped = false;       // the runtime had stopped the program, as it does when a mark begins or ends
  std::uint64_t stale_numbers = 0;  // words like those of Snapshot::stale_words that are no pointers, all of them

  bool operator==(const AuditInput&) const = default;
};

// Where every byte of the resident memory (RSS) is; of a core, of what was mapped. The parts add up to `rss`. All in
// bytes.
struct Account {
  std::uint64_t rss = 0;
  std::uint64_t swapped = 0;   // of the whole process: not part of rss
  std::uint64_t live = 0;      // resident bytes of reachable objects; of all objects until split_objects()
  std::uint64_t garbage = 0;   // the same of objects that are allocated and not reachable
  std::uint64_t free = 0;      // resident bytes of heap pages and slots without an object
  std::uint64_t released = 0;  // returned to the system: not part of rss
  std::uint64_t stacks = 0;    // of goroutines and threads
  std::uint64_t runtime = 0;   // spans, bitmaps, caches, profile buckets, ...
  std::uint64_t globals = 0;   // data and bss of the Go modules: package variables
  std::uint64_t c_heap = 0;
  std::uint64_t mappings = 0;  // other anonymous memory
  std::uint64_t files = 0;     // text, read-only data, libraries, mapped files
  std::uint64_t rest = 0;      // it came or went while memory was counted
  bool known = false;          // what the process had mapped, or what of it was resident, is known
  std::uint64_t next_gc = 0;   // heap size that starts the next collection
  std::uint64_t heap_sys = 0;
  // Parts of `free`: pages in no span, and of these those that were given back to the system or never used, and are
  // resident all the same (or mapped, in a core).
  std::uint64_t free_pages = 0;
  std::uint64_t released_resident = 0;
  std::uint64_t huge = 0;  // resident bytes of the Go heap in huge pages
  // Of the Go heap, resident bytes that the system may take when it needs memory (MADV_FREE): 0 of a core.
  std::uint64_t lazy_free = 0;
  // A core does not say what was resident: then `rss` and its parts are pages that hold anything but zeros, what the
  // runtime had not given back of its heap, and files as they were mapped.
  bool of_mappings = false;

  // To be called once reachability is known: reachable objects have that many resident bytes, the others that many.
  // Their sum is `live`, unless pages came or went while they were counted; then each counts in proportion.
  void split_objects(std::uint64_t live_bytes, std::uint64_t garbage_bytes) {
    const std::uint64_t sum = live_bytes + garbage_bytes;
    __extension__ using Wide = unsigned __int128;
    garbage = sum == 0 ? 0 : static_cast<std::uint64_t>(static_cast<Wide>(live) * garbage_bytes / sum);
    live -= garbage;
  }
  bool operator==(const Account&) const = default;
};

class ContentSource;  // heap/content.h

// Bytes of the target, which are there only on request: kept (--with-content), or to be had from `source` while it is
// looked at. Ranges are sorted and disjoint; their bytes follow one another in `bytes`. Pages of zeros are not kept.
struct Content {
  std::vector<AddressRange> ranges;
  HugeArray<std::uint8_t> bytes;
  std::shared_ptr<const ContentSource> source;  // null: what was kept is all there is. No file stores it

  bool known() const { return source != nullptr || !ranges.empty(); }
};

// What a word of the content names: the type of the value in an interface whose first word it is, or the function that
// a function value calls whose only word it is.
struct NamedWord {
  Address word;
  TypeId type;          // none for functions
  bool direct = false;  // the second word of the interface is the value itself, not its address
  StringId function;    // none for types

  bool operator==(const NamedWord&) const = default;
};

struct Snapshot {
  TargetInfo target;
  Pause pause;
  Account account;
  Pace pace;
  CHeap c_heap;
  std::vector<Mapping> mappings;               // in address order; empty if not known
  std::vector<MappingHolder> mapping_holders;  // ascending by mapping
  AuditInput audit;
  std::vector<std::pair<std::string, std::uint64_t>> mem_stats;  // fields of runtime.MemStats, as the runtime has them
  std::vector<Loss> losses;
  StringTable strings;

  std::vector<Span> spans;
  std::vector<SpanRecord> span_records;  // by SpanId; empty if not known: older files do not have them
  // The parts of spans that are not in memory: never written to, or swapped out. Whole pages of 4 KiB; sorted,
  // disjoint. Empty unless account.known, and in a core.
  std::vector<AddressRange> absent;
  HugeArray<std::uint64_t> allocated;  // a bit per slot of every span, see Span::bits_at
  std::uint32_t pointerful = 0;        // objects that can hold pointers
  std::uint32_t objects = 0;           // all

  // Columns by ObjectId.
  Column<ObjectType> object_type;
  HugeArray<std::uint64_t> marked;  // a bit each: the last completed mark reached it
  HugeArray<std::uint64_t> fresh;   // a bit each: allocated since that mark

  std::vector<Type> types;
  std::vector<Field> fields;
  Edges edges;
  std::vector<Label> labels;
  std::vector<Root> roots;
  std::vector<RootTarget> root_targets;
  std::vector<Goroutine> goroutines;
  std::vector<GoroutineLabel> goroutine_labels;  // ascending by goroutine
  std::vector<Channel> channels;                 // ascending by object, each at most once
  std::vector<ChannelWait> channel_waits;        // ascending, each at most once
  std::vector<MapFill> map_fills;                // ascending by header, each at most once
  std::vector<Timer> timers;                     // ascending
  std::vector<AwaitedLock> awaited_locks;        // ascending by semaphore, each once
  std::vector<LockHolder> lock_holders;          // ascending, each once; of locks in package variables
  std::vector<ClosedFile> closed_files;          // ascending, each once
  // What proves that goroutines can never go on. Both are empty if not everybody who can act is known.
  std::vector<WakeUp> wake_ups;            // ascending, each at most once
  std::vector<Actor> actors;               // ascending, each at most once
  std::vector<Frame> frames;               // of goroutines and allocation stacks
  std::vector<FrameHeader> frame_headers;  // ascending by `at`, each word once
  std::vector<LargeHeader> large_headers;  // in memory that is no stack; ascending by place, each place once
  // Pointers to single elements of large objects, in the same order. Some may be missing.
  std::vector<LargeHeader> element_pointers;
  std::vector<StaleWord> stale_words;  // the first kMostStaleWords; ascending by place, each place once
  std::vector<AllocationStack> allocation_stacks;
  std::vector<SampledObject> sampled;  // ascending by object, each at most once
  MemoryProfile profile;

  Content content;
  std::vector<NamedWord> named_words;  // ascending by word, each once; empty without content
};

// Returns what the word names, or null if that is not known.
inline const NamedWord* find_named_word(const Snapshot& snapshot, Address word) {
  const auto found = std::ranges::lower_bound(snapshot.named_words, word, {}, &NamedWord::word);
  return found == snapshot.named_words.end() || found->word != word ? nullptr : &*found;
}

// Returns the row of the channel whose header the object is; none if nothing is known of it.
inline ChannelId find_channel(const Snapshot& snapshot, ObjectId header) {
  const auto found = std::ranges::lower_bound(snapshot.channels, header, {}, &Channel::object);
  if (found == snapshot.channels.end() || found->object != header) return {};
  return ChannelId(static_cast<std::uint32_t>(found - snapshot.channels.begin()));
}

inline bool test_bit(const HugeArray<std::uint64_t>& bits, std::uint64_t i) {
  return (bits[i / 64] >> (i % 64) & 1) != 0;
}
inline void set_bit(HugeArray<std::uint64_t>& bits, std::uint64_t i) {
  bits[i / 64] |= std::uint64_t{1} << (i % 64);
}
inline void clear_bit(HugeArray<std::uint64_t>& bits, std::uint64_t i) {
  bits[i / 64] &= ~(std::uint64_t{1} << (i % 64));
}

}  // namespace holdfast::heap
