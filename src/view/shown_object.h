// One object as a person looks at it: what it is, where it lies, what the collector says of it, what holds it, where it
// was allocated, what it refers to and what refers to it. Plain data that owns its texts; making it only reads the
// snapshot. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/dominators.h"
#include "graph/reachability.h"
#include "graph/referrers.h"
#include "view/groundwork.h"
#include "view/holders.h"
#include "view/value.h"

namespace holdfast::view {

// A pointer in the object.
struct ReferenceOut {
  std::uint64_t offset = 0;  // of the word, in bytes from the start of the slot
  std::string field;         // ".next", "[3].next", "+0x18"
  Address to;                // the start of the object that it leads to
  std::string type;          // of that object; empty if it is not known
  std::uint64_t bytes = 0;   // of its slot
  std::uint64_t retained_bytes = 0;
};

// Those who refer to the object from the same field of the same type, or the same sort of root.
struct ReferencesIn {
  Sentence who;  // "main.Session.next", "main.registry.sessions", "stack of main.serve"
  bool is_root = false;
  std::uint64_t count = 0;           // pointers
  std::uint64_t from_garbage = 0;    // of these, in objects that nothing reaches
  Address example;                   // an object that has one of them; null for a root
  std::uint64_t retained_bytes = 0;  // of the example; 0 for a root
};

// A list that was cut.
template <typename Row>
struct CutList {
  std::vector<Row> rows;
  std::uint64_t all = 0;             // rows before it was cut
  std::uint64_t left_out_count = 0;  // pointers in the rows that are left out
  std::uint64_t left_out_bytes = 0;  // of the objects that these lead to, or lie in; each once
};

// A finalizer, cleanup or weak pointer.
struct SpecialOfObject {
  heap::RootKind kind = heap::RootKind::kFinalizer;
  Sentence text;  // "finalizer main.closeFile"
};

struct ShownObject {
  Address asked;
  std::string read_as;  // the type that it was asked to be read as; empty for what it is
  ObjectId object;
  Address address;          // where the slot begins
  std::string field_asked;  // the place in the object that was asked for: ".next"; empty at its beginning
  std::string type;         // full; empty if it is not known
  heap::KnownBy known_by = heap::KnownBy::kUnknown;
  bool whole = true;  // the object is of that type, not only its beginning

  Address span;
  std::uint64_t span_bytes = 0;
  std::uint32_t slot = 0, slots = 0;
  std::uint64_t slot_bytes = 0;
  std::uint8_t size_class = 0;    // 0 = one large object
  std::uint8_t header_bytes = 0;  // before the value
  bool has_pointers = false;      // the collector looks into it

  bool reachable = false;
  bool marks_known = false;               // the two that follow are
  bool marked = false;                    // the last completed collection reached it
  bool fresh = false;                     // allocated since
  std::optional<heap::MarkCause> excuse;  // why it may be marked although nothing holds it
  std::vector<SpecialOfObject> specials;

  std::uint64_t retained_bytes = 0;  // what would be free without it, itself included; 0 if nothing reaches it
  std::uint32_t retained_objects = 0;
  HoldingPlace held;                        // empty if nothing reaches it
  bool profiled = false;                    // the memory profile took a sample of it
  CodePlace allocated_at;                   // of that sample: the first caller that is the program's own
  std::vector<CodePlace> allocation_stack;  // innermost first

  CutList<ReferenceOut> refers_to;    // those with the largest retained bytes first
  CutList<ReferencesIn> referred_by;  // roots first, then the most pointers first

  // For debuggers, which name a value by its type and address.
  std::string value_type;  // of the value, or of the first of several; empty if it has no type with a name
  Address value_at;
  Address word;           // of a map or channel: where a pointer to it lies that is such a value; null if none is known
  std::string word_type;  // "map[string]*main.Session"

  ShownValue value;
};

// Fails with kNotFound, saying what is there, if no object is at the address; with kUsage, listing near ones, if there
// is no type of the name that the query has or several have it.
ShownObject show_object(const Groundwork& groundwork, const graph::Reachability& reached,
                        const graph::Referrers& referrers, const ShowQuery& query);

// Says what is at an address without an object: "slot 3 of 85 of the span 0xc000010000, which is free", "the stack of
// goroutine 17", "the package variable main.registry", ...
std::string place_without_object(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address);

}  // namespace holdfast::view
