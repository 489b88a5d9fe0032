// Notes when, where and by which holdfast a Snapshot was taken.
#pragma once

#include "heap/snapshot.h"

namespace holdfast::capture {

// Call it at the moment that the Snapshot shows, or as near to it as possible.
void note_moment(heap::TargetInfo& target);

}  // namespace holdfast::capture
