// Trees of what holds or allocated what as a file for speedscope (www.speedscope.app): a profile of bytes and one of
// objects for each, whose stacks go from the owner to the thing. Sources: lib/file-format-spec.ts and
// import/speedscope.ts of speedscope 1.25, which searches the children of each node from the start and takes no
// negative weight. One thread.
#pragma once

#include <span>
#include <string>

#include "formats/stream.h"
#include "view/held_tree.h"

namespace holdfast::formats {

// A tree that becomes two profiles: "NAME: bytes" and "NAME: objects".
struct SpeedscopePart {
  std::string name;
  const view::HeldTree* tree = nullptr;
};

// The trees must have the same frames. `name`: what they are of, for the title. Things that are too many to be told
// apart are a frame "(smaller)".
void write_speedscope(const std::string& name, std::span<const SpeedscopePart> parts, Stream& out);

}  // namespace holdfast::formats
