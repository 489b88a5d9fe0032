// Files of profiles' stacks for other tools: a profile of pprof again, after filters, sums and differences; a file for
// speedscope (formats/speedscope.h says what that reads); a flame graph as one SVG file. Nothing throws but for what
// the profiles' reader does. One thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "formats/stream.h"
#include "profile/call_tree.h"
#include "profile/filtered_profile.h"

namespace holdfast::formats {

// The samples that pass, with the calls that are shown, of all sample types; equal stacks with equal labels are one. Of
// a difference, what the first profile has is taken from what the last one has. Packed by gzip.
std::string stacks_as_pprof(std::span<const profile::FilteredProfile> profiles, profile::Combine combine);

struct StackPicture {
  std::string title;       // "heap.pb.gz: inuse_space"
  std::string_view unit;   // of the sample type: "bytes", "nanoseconds", "count"
  profile::CallTree tree;  // of a difference with negative values where something shrank
  bool is_difference = false;
};

// A difference is two profiles, since speedscope takes no negative weight: what grew, and what shrank.
void write_speedscope(const StackPicture& picture, Stream& out);

// Boxes are as wide as what they have, callers above what they call, and the colour is the package's; of a difference
// what grew is red and above, what shrank is blue and below, in one scale. A click shows a box alone, and what matches
// an expression can be lit up, by a script in the file, which asks nobody. At most 20,000 boxes.
void write_flame_svg(const StackPicture& picture, Stream& out);

}  // namespace holdfast::formats
