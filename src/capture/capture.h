// What a look at a target (capture/target.h) should find out, and what it tells on the way.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "capture/forecast.h"
#include "heap/snapshot.h"
#include "heap/type_reasons.h"
#include "os/memory_room.h"

namespace holdfast::capture {

// What a caller may do before everything is known. Each callback is called once (`meanwhile` perhaps not at all), on a
// Snapshot whose object_type, types, fields and losses are still to come, and must change nothing. Empty ones are not
// called.
struct Callbacks {
  // Is for a first screen: nothing runs beside it.
  std::function<void(const heap::Snapshot&)> first_look;
  // Is for work on the graph, not on names: it runs side by side with the search for types, which adds names and takes
  // as long.
  std::function<void(const heap::Snapshot&)> meanwhile;
  // The caller can as well do that once the Snapshot is complete: then it is not called where it would take too much
  // memory beside the copy of the target (capture/forecast.h).
  bool meanwhile_can_wait = false;
  // Gets the types of the same objects found without debug information and symbols, to be compared with the snapshot's
  // own. It is called last, when everything else is known.
  std::function<void(const heap::Snapshot&, const heap::TypeColumns& without)> second_opinion;
  // Gets the reasons for the types of objects, which are known by then. To keep the reasons takes about 16 bytes per
  // object; the types are the same without.
  std::function<void(const heap::Snapshot&, const heap::TypeReasons&)> type_reasons;
};

// What the Snapshot has of what objects and package variables contain, user data too.
enum class ContentNeed : std::uint8_t {
  kNone,      // nothing: memory without pointers is not even read
  kPointers,  // as the next one, but memory without pointers is not copied for it: nothing is held still for longer
  kOnDemand,  // what is asked for is read then: Content::source. It keeps the copy of a process, and maps a core
  kKept,      // all of it, to be written to a file
};

struct Options {
  // Path of a core's program; empty to take it from the core's own notes (its build id is checked either way).
  std::string exe;
  // Which Go runtime of the process (capture/runtimes.h): its file, by name or path. Empty for the largest heap.
  std::string image;
  // The Go release that made the program, "1.26", for one that does not say it. One that does must agree.
  std::string go_release;
  // Where to look for debug information and symbols.
  bool use_dwarf = true;
  bool use_symbols = true;
  std::string symbols;  // a file or folder that has them (capture/symbol_files.h); empty: the program itself
  // Whether a run keeps what the machine code says about types for the next run on the same program
  // (os/private_cache.h).
  bool use_cache = true;
  ContentNeed content = ContentNeed::kNone;
  // With kOnDemand, of a process: memory without pointers is only copied where it lies near this object
  // (capture/nearby.h), since all of it would hold the process still for long.
  std::optional<Address> near;

  // With kPointers and the others behind it, of a process: up to 256 MiB of memory that is not Go's are copied, too. A
  // core has all of it.
  bool outside = false;

  // Whether all memory without pointers is copied.
  bool copies_all() const { return content == ContentNeed::kKept || (content == ContentNeed::kOnDemand && !near); }
  bool reads_on_demand() const { return content == ContentNeed::kPointers || content == ContentNeed::kOnDemand; }
  // Goes on even if the memory that the work needs is probably not there.
  bool force = false;
};

// What a stop of the target would cost it.
struct Prediction {
  PauseForecast pause;
  os::ProcessorLoad load;     // that the forecast counts with
  std::uint64_t bytes = 0;    // to be copied
  std::uint64_t objects = 0;  // allocated slots, about
  std::uint32_t goroutines = 0;
  std::uint32_t threads = 0;
  std::uint64_t memory_need = 0;          // bytes that holdfast itself takes at most, about
  std::optional<os::MemoryRoom> memory;   // that is left for it
  std::vector<heap::GoRuntime> runtimes;  // of the process; a single one is not looked at before the stop
};

}  // namespace holdfast::capture
