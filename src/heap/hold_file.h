// The .hold file: a Snapshot at rest. Layout: heap/hold_format.h. About 3 B per object; 20 M objects are written and
// read in well under a second.
#pragma once

#include <filesystem>

#include "base/byte_view.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

// Replaces `path` at once when all bytes are on the disk: nobody sees half a file, and an error leaves what was there.
// A file with content is readable by its owner only. Fails with kSystem (or kPermission, kNotFound), naming the path.
void write_hold(const Snapshot& snapshot, const std::filesystem::path& path);

// Do the bytes begin like a .hold file?
bool is_hold(const ByteView& file);

// The snapshot that was written, checked by heap/validate.h. Nothing of `file` is kept. Errors name the file, the
// section and its offset: kTruncated, kDamaged, or kUnsupported when a holdfast with another format wrote it.
Snapshot read_hold(const ByteView& file);

}  // namespace holdfast::heap
