// Renders the report as JSON, schema holdfast.report/2. Texts are the target's own; the serializer escapes them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "view/report.h"

namespace holdfast::report {

nlohmann::ordered_json report_json(const view::Report& report);

}  // namespace holdfast::report
