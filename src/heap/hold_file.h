// The .hold file: a Snapshot at rest. heap/hold_format.h has the layout. It takes 3 to 5 B per object; 20 M objects are
// written, or read whole, in well under a second on all cores, and opened in 0.15 s and 3 B of memory each.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/byte_view.h"
#include "base/output_file.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

// Writes and publishes `file`, which should be private if the snapshot has content. Fails with kSystem, naming the
// file.
void write_hold(const Snapshot& snapshot, OutputFile& file);

// Whether the bytes begin like a .hold file.
bool is_hold(const ByteView& file);

// Reads the snapshot that was written, and checks it by heap/validate.h. It keeps nothing of `file`. Errors name the
// file, the section and its offset: kTruncated, kDamaged, or kUnsupported if only a newer holdfast can read it.
Snapshot read_hold(const ByteView& file);

// What keeps the file of a snapshot that was not read whole.
struct HoldOwner {
  std::shared_ptr<const void> file;
  // Told of bytes of the file that are not needed for now, so that they need not lie in memory. May be empty.
  std::function<void(std::span<const std::byte> bytes)> let_go;
};

// Does the same, but leaves in the file what is large and not part of every answer: edges and types of objects, which
// are Columns (heap/column.h), and the bytes of objects, which Content::source has. All checksums are compared here;
// whether the values keep the promises of a snapshot is found when they are asked for, and fails with kDamaged then. So
// does a checksum that is wrong by then. Types that another version of holdfast wrote are read at once: there may be
// such among them as this one does not know, and what that costs is a loss of the snapshot.
Snapshot read_hold(const ByteView& file, HoldOwner owner);

}  // namespace holdfast::heap
