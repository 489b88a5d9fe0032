// Renders why one object has its type (view/type_chain.h), as text and as JSON (schema holdfast.type-reasons/1). Any
// thread may call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/text_style.h"
#include "view/type_chain.h"

namespace holdfast::report {

std::string explained_text(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                           const view::ExplainedType& explained, const TextStyle& style);
nlohmann::ordered_json explained_json(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                                      const view::ExplainedType& explained);

}  // namespace holdfast::report
