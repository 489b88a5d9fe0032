// Connections and files that the program has closed and that are still objects.
#pragma once

#include <compare>

#include "base/ids.h"

namespace holdfast::heap {

// An object with the descriptor of a connection, listener or file (internal/poll.FD, Go 1.19-1.27) whose own state says
// that it was closed: nothing can be read from it or written to it any more, and nothing opens it again.
struct ClosedFile {
  ObjectId object;

  auto operator<=>(const ClosedFile&) const = default;
};

}  // namespace holdfast::heap
