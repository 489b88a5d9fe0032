// The looks at a live process one after the other, as the page's time line has them: of each its sums, and of the last
// ones the parts of the picture (view/live_parts.h), so that it can be wound back. A few hundred bytes for each look,
// and 50 KiB more for each that has its parts.
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "session/session.h"
#include "view/report.h"

namespace holdfast::web {

class Looks {
 public:
  // The number of the last look, from 1 on; 0 if there was none.
  std::uint64_t last() const { return sums_.size(); }
  // Takes in the session's look, whose report this is, and returns its sums. What became of objects since the look
  // before is in a report that knows that one.
  const nlohmann::ordered_json& add(session::Session& session, const view::Report& report);
  // The sums of all looks, the first one first.
  nlohmann::ordered_json sums() const;
  // The parts at one look. Those of the last are found if nobody has asked yet, and from then on add() finds them.
  // Fails with kNotFound for a look that has none.
  std::string parts(session::Session& session, std::uint64_t look);

 private:
  struct Parts {
    std::uint64_t look = 0;
    std::string json;
  };
  void find_parts(session::Session& session);

  std::vector<nlohmann::ordered_json> sums_;
  std::deque<Parts> parts_;
  bool wants_parts_ = false;
};

}  // namespace holdfast::web
