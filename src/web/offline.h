// The page as one file that needs no server: the page's own files, and in it the answers to what will be asked first.
// It can be sent, kept with a ticket, and opened years later.
#pragma once

#include <cstddef>
#include <string>

#include "session/session.h"
#include "view/report.h"

namespace holdfast::web {

constexpr std::size_t kMostOfflineBytes = 3'000'000;

// `report` is the session's. The answers are taken in by their worth until the file has `most` bytes; the report itself
// is in it whatever its size. `target` is what the user called it. Fails as the session's answers do.
std::string offline_page(session::Session& session, const view::Report& report, const std::string& target,
                         std::size_t most = kMostOfflineBytes);

}  // namespace holdfast::web
