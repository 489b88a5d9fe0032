// One target that the page is about: its session, the thread that works on it, and what it tells meanwhile. It is
// opened as soon as it is made; questions wait until it is.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "evidence/look.h"
#include "session/session.h"
#include "view/counter_trend.h"
#include "web/api.h"
#include "web/events.h"
#include "web/looks.h"
#include "web/worker.h"

namespace holdfast::web {

// Makes a session on the target; fails as session::Session does.
using MakeSession = std::function<std::unique_ptr<session::Session>(session::Listener)>;

class OpenedTarget {
 public:
  // Finds the target: fails as MakeSession does. That it cannot be opened is told as an event, and every question is
  // answered with it. `name` is what the user called it.
  OpenedTarget(std::string name, MakeSession make);
  ~OpenedTarget();
  OpenedTarget(const OpenedTarget&) = delete;
  OpenedTarget& operator=(const OpenedTarget&) = delete;

  const std::string& name() const { return name_; }
  // "events" listens (events.h): `state` has {stage, error, code, look}, where the stage is opening, ready or failed;
  // `pass` what runs just now; `account` what is known first; `counters` the counters of a live process, every two
  // seconds, which never stops it; `ended` what became of it; `refused` why it could not be looked at again. "look"
  // (POST) looks at a live process again, "looks" has the sums of all looks, "parts" the picture of one; "download" is
  // a file (downloads.h), "history" says what lay at an address at the look before. All
  // other questions are those of Api.
  void answer(SharedExchange exchange, const std::string& question);
  // Answers with what changed from the first of these targets to the last, as `holdfast diff` does. Each is looked at
  // anew, a live process too, in a session of its own.
  void compare(SharedExchange exchange, std::vector<const OpenedTarget*> targets);

 private:
  void open();
  void look_again();
  Before before();
  std::string history(const Request& request);
  void tell_state(const char* stage);
  void watch_process(const std::stop_token& stop, const os::ProcessStatus& process, capture::CounterWatch* counters);
  Response compare_now(const std::vector<const OpenedTarget*>& targets);
  Response answer_now(const std::string& question, const Request& request);

  std::string name_;
  MakeSession make_;
  Events events_;
  std::mutex session_mutex_;                   // held by whoever replaces the session or calls it from another thread
  std::unique_ptr<session::Session> session_;  // of the worker's thread, but for cancel() and go_on()
  session::Session* compared_ = nullptr;       // another one that works; with session_mutex_
  std::unique_ptr<Api> api_;
  Looks looks_;
  std::optional<view::EarlierLook> earlier_;  // what is left of the look before
  std::optional<evidence::Look> first_look_;  // of a process that was looked at again
  std::mutex trend_mutex_;
  view::CounterTrend trend_;        // with trend_mutex_
  std::string report_;              // as JSON, of this look
  std::string error_, error_code_;  // why it could not be opened; empty if it could
  std::jthread watcher_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace holdfast::web
