// The .hold file: a Snapshot at rest. Layout: heap/hold_format.h. About 3 B per object; 20 M objects are written and
// read in well under a second.
#pragma once

#include "base/byte_view.h"
#include "base/output_file.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

// Writes and publishes `file`, which is to be private if the snapshot has content. Fails with kSystem, naming the file.
void write_hold(const Snapshot& snapshot, OutputFile& file);

// Do the bytes begin like a .hold file?
bool is_hold(const ByteView& file);

// The snapshot that was written, checked by heap/validate.h. Nothing of `file` is kept. Errors name the file, the
// section and its offset: kTruncated, kDamaged, or kUnsupported when a holdfast with another format wrote it.
Snapshot read_hold(const ByteView& file);

}  // namespace holdfast::heap
