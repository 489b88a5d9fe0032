// Renders the audit as text and as JSON (schema holdfast.audit/1). Any thread may call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "graph/audit.h"
#include "graph/later_audit.h"
#include "heap/snapshot.h"
#include "report/text_style.h"

namespace holdfast::report {

// Returns "3 × unreadable-page: pages of the target cannot be read: ... (what an error said)": one line, which may hold
// control characters of the target.
std::string loss_text(const Loss& loss);
// Lines about losses, each with what the user can do, which stands once under neighbours that it is the same for. Of
// those that are only cosmetic there is one line with their number. Empty if nothing was lost.
std::string losses_text(const std::vector<Loss>& losses, std::size_t width);
nlohmann::ordered_json losses_json(const std::vector<Loss>& losses);
// `later` is there if a second look was taken.
nlohmann::ordered_json audit_json(const heap::Snapshot& snapshot, const graph::Audit& audit,
                                  const std::optional<graph::LaterAudit>& later = {});
std::string audit_text(const heap::Snapshot& snapshot, const graph::Audit& audit,
                       const std::optional<graph::LaterAudit>& later, const TextStyle& style);

}  // namespace holdfast::report
