// Who holds what is alive of a line.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "evidence/line_verdicts.h"
#include "view/groundwork.h"
#include "view/home_of.h"

namespace holdfast::evidence {

// By home (view/owners.h): bytes.
using HeldBytes = std::unordered_map<std::uint32_t, double>;

// Fills `held` of the line with those who have most.
void add_holders(const view::Groundwork& groundwork, const HeldBytes& held, LineVerdict& line);

}  // namespace holdfast::evidence
