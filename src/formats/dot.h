// A picture of a part of the heap in the language of graphviz, from left to right: boxes with type, number, bytes and
// what they keep alive; what was asked about has a thick frame. Names are without import paths; the tooltips of an SVG
// that graphviz makes of it have them. Source: graphviz.org/doc/info/lang.html. One thread.
#pragma once

#include "formats/stream.h"
#include "view/picture.h"

namespace holdfast::formats {

void write_dot(const view::Picture& picture, Stream& out);

}  // namespace holdfast::formats
