// From which maps a program removes entries: calls of runtime.mapdelete and runtime.mapclear, which are told the type
// of the map (Go 1.19-1.27; types from code, 3).
#pragma once

#include <vector>

#include "base/address.h"

namespace holdfast::code {

// Apart from what the runtime and reflect do for others. Each ascending.
struct MapRemovals {
  std::vector<Address> types;      // of maps, by descriptor
  std::vector<Address> functions;  // that are told the type of the map only when they run: generic ones

  bool operator==(const MapRemovals&) const = default;
};

}  // namespace holdfast::code
