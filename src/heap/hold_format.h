// How a .hold file is laid out in bytes. docs/hold-format.md says the same to readers without C++ at hand;
// heap/hold_sections.h has the table of sections, and heap/hold_file.cc reads and writes the whole.
//
//   HoldHeader
//   HoldEntry x section_count
//   the stored bytes of the sections, in the order of the entries, without gaps, to the end of the file
//
// A section is a table of `count` rows of `row_size` bytes, cut into frames of kHoldFrameBytes (rounded down to whole
// rows). Its stored bytes are a le32 per frame, the frame's compressed size, then the frames. A frame is one zstd frame
// of its rows, which were prepared as `encoding` says. Every byte of the file is under one of the checksums.
//
// All columns are compressed and none is mapped in place. What is read at random after opening (dominators, retained
// sizes) is computed and not in the file; what is in the file is read through once, which costs less than reading the
// larger raw column would (a graph without locality, 37 M edges: 0.03 to 0.15 s). When a file is opened, all checksums
// are compared, and edges and types of objects stay packed until somebody asks for them (heap/column.h).
#pragma once

#include <string_view>

#include "base/wire.h"

namespace holdfast::heap {

constexpr std::string_view kHoldMagic = "holdfast";
// The format's number changes only when the header, entries or frames do; the content of a section has a version of its
// own. Formats 1 to 3 were never published and are refused.
constexpr std::uint32_t kHoldFormat = 4;
constexpr std::uint64_t kHoldFrameBytes = 4 << 20;
constexpr std::uint32_t kMostHoldSections = 256;
constexpr std::uint32_t kMostHoldRowBytes = 1 << 16;
constexpr std::uint64_t kMostHoldRows = std::uint64_t{1} << 40;

enum class HoldEncoding : std::uint32_t {
  kPlain = 0,        // rows as they are
  kPlanes = 1,       // all first bytes of the frame's rows, then all second bytes, and so on
  kDeltaPlanes = 2,  // rows are le32: differences to the row before (0 before the first of a frame), then as kPlanes
};

struct HoldHeader {
  char magic[8];
  le32 format;
  le32 section_count;  // at most kMostHoldSections
  le64 file_size;      // bytes
  le64 reserved;       // 0; readers ignore it
  le64 checksum;       // XXH64, seed 0, of this header with checksum 0 and the entries
};
static_assert(sizeof(HoldHeader) == 40 && WireStruct<HoldHeader>);

enum HoldEntryFlags : std::uint32_t {
  kHoldRequired = 1,  // a reader that does not know this section, or this version of it, must refuse the file
};

struct HoldEntry {
  char id[4];
  le32 version;  // of the section, starting with 1
  le32 flags;    // HoldEntryFlags; readers ignore bits that they do not know
  le32 encoding;
  le32 row_size;     // bytes, 1 .. kMostHoldRowBytes
  le32 reserved;     // 0; readers ignore it
  le64 count;        // rows
  le64 stored_size;  // bytes
  le64 offset;       // from the start of the file
  le64 checksum;     // XXH64, seed 0, of the stored bytes
};
static_assert(sizeof(HoldEntry) == 56 && WireStruct<HoldEntry>);

}  // namespace holdfast::heap
