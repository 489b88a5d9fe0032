// Files for other tools, made from a session: which forms there are, what each can be about, and the writing of one.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/stream.h"
#include "session/session.h"
#include "view/subject.h"

namespace holdfast::session {

struct ExportFormat {
  std::string_view as;      // "pprof"
  std::string_view ending;  // of files that are meant to be of it; empty if none
  std::string_view of;      // what it can be about, with spaces between; the first is meant if nothing is said

  std::string_view usual() const { return of.substr(0, of.find(' ')); }
  bool can_be_of(std::string_view what) const {
    return (" " + std::string(of) + " ").find(" " + std::string(what) + " ") != std::string::npos;
  }
  // Whether it is a picture of something that is named, and not of the whole heap.
  bool is_of_part() const { return usual() == "path"; }
};

std::vector<ExportFormat> export_formats();

struct ExportQuery {
  std::string_view as, of;                    // words of the format
  std::optional<view::Subject> subject = {};  // of pictures
  std::optional<std::size_t> nodes = {};      // at most so many; what is usual for the format if none
};

// Writes what is asked for. `remark` hears in sentences what the file does not have. Fails with kUsage if there is no
// such form or it cannot be of that, with kNotFound as view::picture() does or if an SVG is wanted where graphviz is
// not, with kUnsupported for profiles of allocations where there is none; throws when cancelled.
void write_export(Session& session, const ExportQuery& query, formats::Stream& out,
                  const std::function<void(const std::string&)>& remark);

}  // namespace holdfast::session
