// The report as JSON, schema holdfast.report/1.
#pragma once

#include <nlohmann/json.hpp>

#include "report/report.h"

namespace holdfast::report {

nlohmann::ordered_json report_json(const Report& report);

}  // namespace holdfast::report
