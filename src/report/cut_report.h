// Renders what would be free without some references (view/cut.h), as text and as JSON (schemas holdfast.cut/1,
// holdfast.smallest-cut/1). Any thread may call these; nothing throws.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "heap/snapshot.h"
#include "report/text_style.h"
#include "view/cut.h"

namespace holdfast::report {

std::string cut_text(const view::CutEffect& effect, std::size_t rows, const TextStyle& style);
nlohmann::ordered_json cut_json(const heap::Snapshot& snapshot, const view::CutEffect& effect);

// `name` is what the target is called on the command line, for the commands that go on from here.
std::string fewest_pointers_text(const view::FewestPointers& fewest, const std::string& name, const TextStyle& style);
nlohmann::ordered_json fewest_pointers_json(const heap::Snapshot& snapshot, const view::FewestPointers& fewest);

}  // namespace holdfast::report
