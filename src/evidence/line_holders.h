// Who holds what: the words of the verdict for it.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "evidence/line_verdicts.h"
#include "view/groundwork.h"
#include "view/home_of.h"

namespace holdfast::evidence {

// By home (view/owners.h): bytes.
using HeldBytes = std::unordered_map<std::uint32_t, double>;

// Who has a home: an owner, two, or the first of more.
view::Sentence home_sentence(const view::Groundwork& groundwork, std::uint32_t home);

// Fills `held` of the line with those who have most.
void add_holders(const view::Groundwork& groundwork, const HeldBytes& held, LineVerdict& line);

}  // namespace holdfast::evidence
