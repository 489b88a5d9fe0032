// MemStats of a program as it tells them itself: as JSON, as /debug/vars of expvar does, one object or several in a
// row, and as the lines behind a heap profile in text form. Also values of runtime/metrics, as an object of names and
// numbers.
#pragma once

#include <string>
#include <string_view>

#include "collector/series.h"

namespace holdfast::collector {

// Adds what each object has. Fails with kDamaged where the JSON goes wrong; other objects are passed over.
void read_json(std::string_view text, const std::string& name, Series& series);

// Adds what each trailer "# runtime.MemStats" has.
void read_trailers(std::string_view text, Series& series);

}  // namespace holdfast::collector
