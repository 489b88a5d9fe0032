// Files that the page hands out: what `holdfast export` writes, as far as it fits into one answer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "session/session.h"
#include "web/exchange.h"

namespace holdfast::web {

// Returns which files there are of the target: {as, of, name, bytes, fits}, where the bytes are about what the file
// will have, null if that is little.
nlohmann::ordered_json downloads_json(session::Session& session);

// Makes one. `target` is what the user called it; the fields `as`, `of` and, of a picture, `what` are the words of the
// command. Fails as session::write_export does, and with kUnsupported, naming the command, if it has more than 256 MiB.
Response download(session::Session& session, const std::string& target, const Request& request);

}  // namespace holdfast::web
