// Renders what something alone keeps alive, as a tree of text and as JSON (schema holdfast.under/1). Any thread may
// call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "heap/snapshot.h"
#include "report/text_style.h"
#include "view/owner_table.h"

namespace holdfast::report {

std::string under_text(const std::vector<view::UnderRow>& rows, const TextStyle& style);
nlohmann::ordered_json under_json(const heap::Snapshot& snapshot, const std::vector<view::UnderRow>& rows);

}  // namespace holdfast::report
