// The table of a .hold file's sections: what each holds, how it is turned from a Snapshot into rows and back, and what
// is missing without it. How to add one: CONTRIBUTING.md. The table is constant; several threads may use it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_view.h"
#include "heap/hold_format.h"
#include "heap/hold_frames.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

// Sections that are of use only together: a file that lacks one of a part's sections lacks the part. A section that is
// added later is a part of its own, so that older files keep what they have.
enum class HoldPart : std::uint8_t {
  kGraph,
  kTypes,
  kMarks,
  kAccount,
  kSamples,
  kLosses,
  kContent,
  kRuntimes,
  kProfile,
  kGoroutineLabels,
  kPace,
  kCHeap,
  kMappings
};

// A section of a file that is read. Its checksum was right.
struct StoredSection {
  std::uint32_t version = 1;
  HoldShape shape;
  ByteView bytes;
};

// A section that will be written.
struct PackedSection {
  HoldShape shape;
  StoredFrames frames;
};

struct HoldSection {
  std::string_view id;    // four characters
  std::uint32_t version;  // the one written, and the newest that can be read; older ones are read for ever
  bool required;          // a reader that does not know it must refuse the file
  HoldPart part;
  PackedSection (*pack)(const Snapshot& from);
  // Returns how many values were of kinds that this holdfast does not know and were read as the kind that says least.
  // Fails with kTruncated, kDamaged or kUnsupported.
  std::uint64_t (*unpack)(const StoredSection& from, Snapshot& to);
};

// Returns the sections in the order in which they are written and read.
std::span<const HoldSection> hold_sections();

// What a snapshot is like without a part.
struct HoldPartRule {
  HoldPart part;
  // Leaves the snapshot valid without the part; it is called when everything else has been read. Null: a file that
  // lacks the part is refused.
  void (*forget)(Snapshot& snapshot);
  // What it costs, a sentence; empty if the part is absent unless asked for, if no verb answers less, or if the verb
  // that needs it says so itself.
  std::string_view without;
};

const HoldPartRule& rule_of(HoldPart part);

}  // namespace holdfast::heap
