// The live heap as lines of JSON, one for each root, object and pointer, for whatever reads tables: docs/exports.md has
// the fields. Numbers of rows and addresses are texts ("r12", "0xc000123000"), since readers make doubles of numbers
// above 2^63. The objects' bytes add up to the live bytes. One thread; throws when it is cancelled.
#pragma once

#include "formats/stream.h"
#include "view/groundwork.h"

namespace holdfast::formats {

void write_json_lines(const view::Groundwork& groundwork, Stream& out);

}  // namespace holdfast::formats
