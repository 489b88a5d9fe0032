// Renders what goroutines share (view/goroutine_shares.h) as text and as JSON (schema holdfast.shares/1). Any thread
// may call these; nothing throws.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/text_style.h"
#include "view/goroutine_shares.h"

namespace holdfast::report {

// `top`: rows of each list, 0 for all. `target`: as the user named it, for the commands that go on.
std::string shares_text(const view::GoroutineShares& shares, std::size_t top, const std::string& target,
                        const TextStyle& style);
nlohmann::ordered_json shares_json(const heap::Snapshot& snapshot, const view::GoroutineShares& shares);

}  // namespace holdfast::report
