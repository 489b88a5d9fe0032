// Renders the report as JSON, schema holdfast.report/2. Texts are the target's own and may be no UTF-8: whoever
// writes the JSON says what becomes of that (cli/run.cc replaces it). Any thread may call this; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "view/report.h"

namespace holdfast::report {

nlohmann::ordered_json report_json(const view::Report& report);

}  // namespace holdfast::report
