// The .hold file: a Snapshot at rest. heap/hold_format.h has the layout. It takes about 3 B per object; 20 M objects
// are written or read in well under a second, on all cores.
#pragma once

#include <memory>

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
// Does the same, but leaves the bytes of objects in the file, from which Content::source has them: `owner` keeps it.
// What is wrong with such bytes is only found when they are asked for; their checksum was right.
Snapshot read_hold(const ByteView& file, std::shared_ptr<const void> owner);

}  // namespace holdfast::heap
