// What the page says of lines of code and of symptoms: the answers of Api that join the graph with profiles, machine
// code and sources. What lines there are is found when it is first asked for, and kept. One thread at a time, the
// session's.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "os/source_files.h"
#include "session/session.h"
#include "session/verdict.h"
#include "view/counter_trend.h"
#include "web/exchange.h"

namespace holdfast::web {

// What was seen of the target before this look. Whoever opens it keeps them; null or empty where there is nothing.
struct Before {
  const evidence::Look* first_look = nullptr;
  std::function<view::CounterTrend()> watched = {};
};

class EvidenceAnswers {
 public:
  // The session must outlive this. `target` is what the user called it.
  EvidenceAnswers(session::Session& session, std::string target, Before before)
      : session_(session), target_(std::move(target)), before_(std::move(before)) {}

  // As `holdfast verdict --json`, with the lines that have most alive.
  nlohmann::ordered_json verdict();
  // Places that allocate little and keep much alive (evidence/heavy_places.h), and what nothing could be said of.
  const nlohmann::ordered_json& heavy();
  // A source file, `file` being a path that lines of the verdict have, with what is said of its lines. Fails with
  // kNotFound if no line is in such a file: no other file is ever read. Where the source is not on this machine it has
  // the lines alone.
  nlohmann::ordered_json source(const Request& request);

 private:
  using Json = nlohmann::ordered_json;
  const session::LineEvidence& lines();
  Json find_heavy();
  const std::optional<evidence::LineVerdicts>& code_lines();

  session::Session& session_;
  std::string target_;
  Before before_;
  std::optional<session::LineEvidence> lines_;
  std::optional<std::optional<evidence::LineVerdicts>> code_lines_;  // inside none if the code cannot be read
  std::string why_no_code_;
  std::optional<Json> heavy_;
  std::optional<os::SourceFiles> sources_;
};

}  // namespace holdfast::web
