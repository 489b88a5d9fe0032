// Turns rows into the stored bytes of a .hold section and back: they are prepared, cut into frames and compressed
// (heap/hold_format.h). Frames are independent, so all cores work on them; the bytes do not depend on the number of
// threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/byte_view.h"
#include "heap/hold_format.h"

namespace holdfast::heap {

// The size and form of a section's rows.
struct HoldShape {
  std::uint64_t count = 0;     // rows
  std::uint32_t row_size = 1;  // bytes, at least 1; 4 with kDeltaPlanes
  HoldEncoding encoding = HoldEncoding::kPlain;

  std::uint64_t bytes() const { return count * row_size; }
  std::uint64_t frame_rows() const { return kHoldFrameBytes / row_size; }
  std::uint64_t frames() const { return (count + frame_rows() - 1) / frame_rows(); }
};

// The stored bytes of a section: the sizes of the frames, then the frames.
struct StoredFrames {
  std::vector<le32> sizes;
  std::vector<std::vector<std::byte>> frames;

  std::uint64_t bytes() const;
};

StoredFrames pack_frames(const HoldShape& shape, std::span<const std::byte> rows);

// Fails with kDamaged unless `stored` has exactly the frames of this shape. Call it before memory is reserved for the
// rows.
void check_frames(const HoldShape& shape, const ByteView& stored);
// `rows` must have shape.bytes() bytes, and `stored` must have passed check_frames(). Fails with kDamaged.
void unpack_frames(const HoldShape& shape, const ByteView& stored, std::span<std::byte> rows);
// Unpacks one frame; `rows` must have the bytes of its rows. Otherwise as unpack_frames().
void unpack_frame(const HoldShape& shape, const ByteView& stored, std::uint64_t frame, std::span<std::byte> rows);

}  // namespace holdfast::heap
