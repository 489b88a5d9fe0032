// Renders the report as JSON, schema holdfast.report/2. Texts are the target's own and may be no UTF-8: whoever
// writes the JSON says what becomes of that (cli/run.cc replaces it). Any thread may call this; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "view/report.h"

namespace holdfast::report {

// `target` is what it is called on the command line, for the commands that open holders and findings.
nlohmann::ordered_json report_json(const view::Report& report, const std::string& target = {});

}  // namespace holdfast::report
