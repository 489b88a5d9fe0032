#include "session/query_source.h"

namespace holdfast::session {

query::Source query_source(Session& session) {
  return {.snapshot = session.snapshot(),
          .rules = session.rules(),
          .dominators = [&session]() -> const graph::Dominators& { return session.dominators(); },
          .reached = [&session]() -> const graph::Reachability& { return session.reached(); },
          .unpack = [&session] { session.unpack(); },
          .pass = [&session](const std::string& name,
                             const std::function<void()>& work) { session.times().run(name, work); }};
}

}  // namespace holdfast::session
