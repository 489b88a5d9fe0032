// What there is on this machine to be looked at: its Go processes, and captures and cores. Questions are answered on a
// thread of their own, since some take a second.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "os/recent_files.h"
#include "session/session.h"
#include "web/exchange.h"
#include "web/worker.h"

namespace holdfast::web {

// Makes a session on the target of that name; fails as session::Session does.
using OpenSession = std::function<std::unique_ptr<session::Session>(const std::string& target, session::Listener)>;

class Machine {
 public:
  // `add` opens a target and returns its number.
  Machine(OpenSession open, std::function<std::size_t(const std::string& target)> add);

  // "processes" are the Go processes, as `holdfast ps --json` has them; "predict" says of the process `target` for how
  // long a look would hold it still; "files" are the captures and cores that were opened last and those of the working
  // folder; "open" (POST) opens `target` and answers with its number.
  void answer(const SharedExchange& exchange, const std::string& question);
  // The target was opened: if it is a file, the next run can offer it.
  void remember(const std::string& target) const;

 private:
  Response answer_now(const std::string& question, const Request& request);
  std::string predict(const std::string& target);
  std::string files() const;

  OpenSession open_;
  std::function<std::size_t(const std::string&)> add_;
  os::RecentFiles recent_;
  Worker worker_;
};

}  // namespace holdfast::web
