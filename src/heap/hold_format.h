// How a .hold file is laid out; heap/hold_file.cc reads and writes it.
//
//   HoldHeader
//   HoldSection x section_count, in the order of kHoldSections
//   the stored bytes of the sections, in the same order, without gaps, to the end of the file
//
// A section is a table of `count` rows of `row_size` bytes, cut into frames of kHoldFrameBytes (rounded down to whole
// rows). Its stored bytes are a le32 per frame, the frame's compressed size, then the frames. A frame is one zstd frame
// of its rows, which were prepared as `encoding` says. Every byte of the file is under one of the checksums.
//
// All columns are compressed, none is mapped in place: what is read at random after opening (dominators, retained
// sizes) is computed and not in the file, and what is in it is streamed once, which costs less than reading the larger
// raw column would (graph without locality, 37 M edges: 0.03 to 0.15 s).
#pragma once

#include <array>
#include <string_view>

#include "base/wire.h"

namespace holdfast::heap {

constexpr std::string_view kHoldMagic = "holdfast";
constexpr std::uint32_t kHoldVersion = 4;
constexpr std::uint64_t kHoldFrameBytes = 4 << 20;

enum HoldFlags : std::uint32_t { kHoldWithContent = 1 };

enum class HoldEncoding : std::uint32_t {
  kPlain = 0,        // rows as they are
  kPlanes = 1,       // all first bytes of the frame's rows, then all second bytes, ...
  kDeltaPlanes = 2,  // rows are le32: differences to the row before (0 before a frame's first), then as kPlanes
};

struct HoldHeader {
  char magic[8];
  le32 version;
  le32 flags;
  le32 section_count;
  le32 reserved;   // 0
  le64 file_size;  // bytes
  le64 checksum;   // XXH64, seed 0, of this header with checksum 0 and the section table
};
static_assert(sizeof(HoldHeader) == 40 && WireStruct<HoldHeader>);

struct HoldSection {
  char id[4];
  le32 row_size;     // bytes
  le64 count;        // rows
  le64 stored_size;  // bytes
  le64 offset;       // from the start of the file
  le32 encoding;     // HoldEncoding
  le32 reserved;     // 0
  le64 checksum;     // XXH64, seed 0, of the stored bytes
};
static_assert(sizeof(HoldSection) == 48 && WireStruct<HoldSection>);

// In the order in which they are read: what others are checked against comes first.
constexpr std::array<std::string_view, 25> kHoldSections = {
    "INFO",  // target, pause, account, audit, counters, losses; rows are bytes
    "STRL",  // length of each string
    "STRB",  // their bytes
    "SPAN",  // spans
    "ABSN",  // what of them is not in memory
    "ALOC",  // allocation bits
    "OTYP",  // type of each object
    "MARK",  // mark bits
    "FRSH",  // bits: allocated since that mark
    "TYPE",  // types
    "FLDS",  // fields
    "EROW",  // first edge of each row
    "ETGT",  // target of each edge
    "ESTP",  // step of each edge
    "ELNG",  // long steps
    "LABL",  // what roots are called
    "ROOT",  // roots
    "RTGT",  // root targets
    "GORT",  // goroutines
    "FRAM",  // frames
    "ASTK",  // allocation stacks
    "SMPL",  // sampled objects
    "EXCU",  // mark excuses
    "CRNG",  // ranges of content; empty without kHoldWithContent
    "CBYT",  // its bytes
};

}  // namespace holdfast::heap
