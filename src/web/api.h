// What the page asks about one opened target, by name: "table", "why", ... and the answer as JSON, which is
// that of the verb of the same name (docs/json.md) or, where the page draws something, a cut of what is drawn
// (docs/web.md). It computes nothing of its own. One thread at a time, the session's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "session/session.h"
#include "view/held_tree.h"
#include "view/table.h"
#include "web/evidence_answers.h"
#include "web/exchange.h"

namespace holdfast::web {

class Api {
 public:
  // The session must outlive this. `target` is what the user called it, for commands to copy.
  Api(session::Session& session, std::string target, Before before = {})
      : session_(session), target_(std::move(target)), evidence_(session, target_, std::move(before)) {}

  // Fails with kNotFound if there is no such question, with kUsage if its fields are wrong, and as the session's answer
  // does.
  nlohmann::ordered_json answer(std::string_view question, const Request& request);
  // What is worth having before somebody asks for it, the most wanted first: each computes it, as an answer would.
  std::vector<std::function<void()>> preparations();

 private:
  using Json = nlohmann::ordered_json;
  struct Question;
  static const Question kQuestions[];

  Json table(const Request& request);
  Json tree(const Request& request);
  Json why(const Request& request);
  Json show(const Request& request);
  Json goroutine(const Request& request);
  Json shares(const Request& request);
  Json span(const Request& request);
  Json under(const Request& request);
  Json cut(const Request& request);
  Json query(const Request& request);
  Json detectors(const Request& request);
  Json exports(const Request& request);
  Json map(const Request& request);
  Json picture(const Request& request);
  Json verdict(const Request&) { return evidence_.verdict(); }
  Json heavy(const Request&) { return evidence_.heavy(); }
  Json source(const Request& request) { return evidence_.source(request); }
  view::Table make_table(const Request& request);

  session::Session& session_;
  std::string target_;
  struct KeptTable {
    std::string key;  // what it was asked by
    view::Table table;
  };
  const view::Table& kept_table(const Request& request);
  const view::HeldTree& kept_tree(const std::string& by);

  std::deque<KeptTable> tables_;                 // the one that was asked for last comes first
  std::map<std::string, view::HeldTree> trees_;  // "dominators", "ways", "in-use", "allocated"
  EvidenceAnswers evidence_;
};

}  // namespace holdfast::web
