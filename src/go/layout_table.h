// The layouts that holdfast carries for targets without debug information: data/layouts/go1.NN.json, generated from the
// DWARF of a program of each release by tools/layouts.
#pragma once

#include <memory>

#include "go/layout.h"
#include "go/version.h"

namespace holdfast::go {

// The table of the version's release with its experiments applied. A release newer than all tables gets the newest one,
// and name() says so: "table go1.27 (the newest known)". Loads only that release.
std::unique_ptr<LayoutSource> layout_table(const GoVersion& version);

}  // namespace holdfast::go
