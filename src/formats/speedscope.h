// A tree of what holds what as a file for speedscope (www.speedscope.app): a profile of bytes and one of objects, whose
// stacks go from the owner to the thing. Sources: lib/file-format-spec.ts and import/speedscope.ts of speedscope 1.25,
// which searches the children of each node from the start and takes no negative weight. One thread.
#pragma once

#include <string>

#include "formats/stream.h"
#include "view/held_tree.h"

namespace holdfast::formats {

// `name`: what the tree is of, for the title. Bytes that are too many to be told apart are a frame "(smaller)".
void write_speedscope(const view::HeldTree& tree, const std::string& name, Stream& out);

}  // namespace holdfast::formats
