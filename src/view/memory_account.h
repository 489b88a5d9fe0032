// Where the memory of the whole process is, beyond the graph of the heap: what is free and what keeps it apart, stacks,
// the C heap, mappings and the Go memory that points at them, and how the collector is paced. Facts only; sizes are in
// bytes. It owns its texts and can outlive the snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/reachability.h"
#include "heap/snapshot.h"
#include "view/groundwork.h"

namespace holdfast::view {

// Spans of one slot size, and what of them is free. A span goes back to the heap's free pages only when it is empty.
struct SlotClass {
  std::uint64_t slot_size = 0;
  std::uint64_t spans = 0;
  std::uint64_t span_bytes = 0;
  std::uint64_t objects = 0;
  std::uint64_t free_bytes = 0;  // slots without an object
  // Spans at most a quarter of whose slots have an object: how many, what of them is free, and the objects in them.
  std::uint64_t sparse_spans = 0;
  std::uint64_t sparse_free_bytes = 0;
  std::uint64_t sparse_objects = 0;
  std::string sparse_type;  // the commonest type of these; empty if it is not known
  std::uint64_t sparse_type_objects = 0;
};

struct FreeMemory {
  std::uint64_t slots = 0;         // in spans that are in use
  std::uint64_t tails = 0;         // of spans, behind their last slot
  std::uint64_t pages = 0;         // in no span, not given back
  std::uint64_t released = 0;      // given back to the system
  std::vector<SlotClass> classes;  // those with free slots, most free bytes first
};

struct StackMemory {
  std::uint64_t in_use = 0;      // spans of stacks, by the runtime's counter
  std::uint64_t goroutines = 0;  // the stacks of goroutines
  std::uint64_t used = 0;        // of these, from the innermost frame on
  std::uint64_t kept = 0;        // in no goroutine's stack: kept ready, or of threads that the runtime started
};

// A word of Go memory that is an address in a mapping.
struct MappingPointer {
  Address value;
  Address where;      // of the word
  std::string place;  // "main.cache.data", or a variable's name; empty if it is not known
  std::string type;   // of the object that has it
  bool operator==(const MappingPointer&) const = default;
};

// Mappings of one use and name.
struct MappingGroup {
  heap::MappingUse use = heap::MappingUse::kOther;
  std::string name;  // as the system has it; empty for plain memory
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t resident = 0;
  std::uint64_t huge = 0;
  Address first;  // where the largest one begins
  bool writable = false;
  bool shared = false;
  std::uint64_t pointers = 0;            // words of Go memory that are addresses in them
  std::vector<MappingPointer> pointing;  // a few, those of the program's own first
};

struct MemoryAccount {
  heap::Account account;
  heap::Pace pace;
  heap::CHeap c_heap;
  FreeMemory free;
  StackMemory stacks;
  std::vector<MappingGroup> mappings;  // without the Go heap; plain ones one by one; largest resident first
};

// The objects of an account, taken apart into what lives and what does not. A file without an account and a core cannot
// tell more than the whole size of objects.
heap::Account split_account(const heap::Snapshot& snapshot, const graph::Reachability& reached);

// Throws when cancelled.
MemoryAccount make_memory_account(const Groundwork& groundwork, const graph::Reachability& reached);

// Whether the memory limit is near and the collector hardly rests: it took more than a quarter of all processor time
// since the collection before, which is what it means to take while it marks, or it runs ten times a second or more.
bool spirals(const heap::Pace& pace);

}  // namespace holdfast::view
