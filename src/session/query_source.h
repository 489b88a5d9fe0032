// Lends a session's passes to SQL (query/source.h).
#pragma once

#include "query/source.h"
#include "session/session.h"

namespace holdfast::session {

// Opens the target if it is not yet. Refers to the session, which must outlive it.
query::Source query_source(Session& session);

}  // namespace holdfast::session
