// The table of a .hold file's sections: what each holds, how it is turned from a Snapshot into rows and back, and what
// is missing without it. How to add one: CONTRIBUTING.md. The table is constant; several threads may use it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  kMappings,
  kChannels,
  kNamedWords,
  kSpanRecords,
  kWakeUps,
  kFrameHeaders,
  kBuildModules,
  kMapFills,
  kLargeHeaders,
  kTimers,
  kAwaitedLocks,
  kStaleWords,
  kElementPointers,
  kLockHolders,
  kClosedFiles
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

// A section that stays packed in its file until its values are asked for.
struct LeftSection {
  // Unpacks its rows. Fails with kDamaged, naming file and section.
  std::function<void(std::span<std::byte> rows)> unpack;
  // Fails with kDamaged, naming the file.
  std::function<void(const std::vector<std::string>& problems)> refuse;
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
  // Makes a Column of a section that stays in its file. Fails with kDamaged. What it returns is to be called once the
  // snapshot has everything else, other such columns too: by that the values will be checked. Null for sections that
  // are read at once.
  std::function<void(const Snapshot& complete)> (*leave)(const HoldShape& shape, LeftSection left, Snapshot& to);
};

// Returns the sections in the order in which they are written and read.
std::span<const HoldSection> hold_sections();

// What it means that a file lacks a part.
enum class PartAbsence : std::uint8_t {
  kRefused,  // the file says nothing without it
  kLoss,     // a loss (LossKind::kMissingSection), with the words of the part's rule
  kUsual,    // nothing: it is absent unless somebody asks for it
};

// What a snapshot is like without a part.
struct HoldPartRule {
  HoldPart part;
  PartAbsence absence;
  // Leaves the snapshot valid without the part; it is called when everything else has been read. Null only with
  // kRefused.
  void (*forget)(Snapshot& snapshot);
  // What the absence costs, a sentence that names each verb that answers less, in backticks. Empty only with kRefused.
  std::string_view without;
};

// Returns one for each part, in their order.
std::span<const HoldPartRule> hold_part_rules();
const HoldPartRule& rule_of(HoldPart part);

}  // namespace holdfast::heap
