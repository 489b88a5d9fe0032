// A tree of what holds what (view/held_tree.h) as a profile for pprof and whatever else reads profile.proto: what is
// below stands where functions that were called stand. Sample types inuse_objects and inuse_space; period type space.
// Sources: proto/profile.proto of github.com/google/pprof; what its readers ask for beyond that:
//
//   pprof    takes a name with brackets for one of C++ and cuts it at parentheses, unless the system name differs;
//            shows nothing of many equal leaves; needs 27 s for 1.5 million samples
//   Parca    refuses numbers of functions, locations and mappings that are not 1, 2, 3 ... in the file's order
//   others   show one line of each location
//
// So each frame is one function and one location of one line, and the system name says what kind of thing it is:
// "type:example.com/app/cart.Item", "owner:main.registry". The labels "type" and "owner" of a sample say its innermost
// and its outermost frame, for -tagfocus and -tagroot. One thread.
#pragma once

#include <string>

#include "heap/snapshot.h"
#include "view/held_tree.h"

namespace holdfast::formats {

// Returns the gzipped profile.
std::string held_profile(const heap::Snapshot& snapshot, const view::HeldTree& tree);

}  // namespace holdfast::formats
