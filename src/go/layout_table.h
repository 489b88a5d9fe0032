// The layouts that holdfast carries, for programs without debug information: data/layouts/go1.NN.json, made by
// tools/layouts from programs of each release, built into the binary.
#pragma once

#include <memory>

#include "go/layout.h"
#include "go/version.h"

namespace holdfast::go {

// The table of the release, with what its experiments change. A release that is newer than all tables gets the newest
// one, and its name says so: the sanity checks of identify() then decide.
std::unique_ptr<LayoutSource> layout_table(const GoVersion& version);

}  // namespace holdfast::go
