// The layouts that holdfast carries for targets without debug information: data/layouts/go1.NN.json. tools/layouts
// makes them from the DWARF of a program of each release.
#pragma once

#include <memory>

#include "go/layout.h"
#include "go/version.h"

namespace holdfast::go {

// Returns the table of the version's release, with its experiments applied. A release newer than all tables gets the
// newest one, and name() says so: "table go1.27 (the newest known)". Only that release is loaded.
std::unique_ptr<LayoutSource> layout_table(const GoVersion& version);

}  // namespace holdfast::go
