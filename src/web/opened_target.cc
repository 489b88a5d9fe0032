#include "web/opened_target.h"

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <utility>

#include "base/cancel.h"
#include "base/error.h"
#include "capture/counter_watch.h"
#include "heap/counter_look.h"
#include "os/process.h"
#include "report/growth_report.h"
#include "report/memory_report.h"
#include "report/report_json.h"
#include "report/target_words.h"
#include "session/verdict.h"
#include "view/growth.h"
#include "view/slot_before.h"
#include "view/subject.h"
#include "web/downloads.h"

namespace holdfast::web {
namespace {

using Json = nlohmann::ordered_json;
using heap::CounterId;

constexpr std::pair<const char*, CounterId> kTold[] = {{"rss", CounterId::kRss},
                                                       {"heap_alloc", CounterId::kHeapAlloc},
                                                       {"next_gc", CounterId::kNextGC},
                                                       {"num_gc", CounterId::kNumGC},
                                                       {"live", CounterId::kLive},
                                                       {"goroutines", CounterId::kGoroutines},
                                                       {"stacks", CounterId::kStackInuse},
                                                       {"last_pause_ns", CounterId::kLastPause},
                                                       {"total_alloc", CounterId::kTotalAlloc}};

Json counters_json(const heap::CounterLook& look) {
  Json json = {{"at_ns", look.at_ns}};
  for (const auto& [name, id] : kTold) {
    const std::optional<std::int64_t> value = look.of(id);
    json[name] = value ? Json(*value) : Json(nullptr);
  }
  return json;
}

std::string text_of(const Json& json) {
  // Names come from the target and may be no UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

OpenedTarget::OpenedTarget(std::string name, MakeSession make) : name_(std::move(name)), make_(std::move(make)) {
  session_ = make_({.passes_run =
                        [this](const std::string& running) {
                          events_.tell("pass", {{"running", running}});
                        },
                    .first_look =
                        [this](const heap::Snapshot& snapshot) {
                          events_.tell("account", {{"target", report::target_json(snapshot.target)},
                                                   {"account", report::account_json(snapshot.account)}});
                        }});
  tell_state("opening");
  const auto with_sessions = [this](auto what) {
    return [this, what] {
      const std::lock_guard lock(session_mutex_);
      what(*session_);
      if (compared_ != nullptr) what(*compared_);
    };
  };
  worker_ = std::make_unique<Worker>(with_sessions([](session::Session& s) { s.cancel(); }),
                                     with_sessions([](session::Session& s) { s.go_on(); }));
  worker_->add_first([this] { open(); });
  if (session_->target().process() == nullptr) return;
  std::shared_ptr<capture::CounterWatch> counters;
  try {
    counters = session_->target().watch_counters();
  } catch (const Error&) {  // the look at the process says what is wrong with it
  }
  watcher_ = std::jthread([this, counters, process = *session_->target().process()](const std::stop_token& stop) {
    watch_process(stop, process, counters.get());
  });
}

// The worker uses what else there is, so it ends first.
OpenedTarget::~OpenedTarget() {
  watcher_ = {};
  worker_.reset();
  events_.close();
}

void OpenedTarget::tell_state(const char* stage) {
  Json state = {{"stage", stage}, {"look", looks_.last()}};
  if (!error_.empty()) state.update({{"error", error_}, {"code", error_code_}});
  events_.tell("state", state);
}

void OpenedTarget::open() {
  worker_->set_idle_work({});  // of the look before
  error_.clear();
  report_.clear();
  api_ = std::make_unique<Api>(*session_, name_, before());
  try {
    const view::Report report = session_->report({}, earlier_ ? &*earlier_ : nullptr);
    report_ = text_of(report::report_json(report, name_));
    events_.tell("look", looks_.add(*session_, report));
    tell_state("ready");
    worker_->set_idle_work(api_->preparations());
  } catch (const Error& error) {
    error_ = error.what();
    error_code_ = error.code() == ErrorCode::kPermission                                         ? "permission"
                  : error.code() == ErrorCode::kTargetGone                                       ? "target-gone"
                  : error.code() == ErrorCode::kUnsupported                                      ? "unsupported"
                  : error.code() == ErrorCode::kTruncated || error.code() == ErrorCode::kDamaged ? "damaged"
                                                                                                 : "system";
    tell_state("failed");
  } catch (const std::bad_alloc&) {
    error_ = "there is not enough memory";
    error_code_ = "system";
    tell_state("failed");
  }
}

Before OpenedTarget::before() {
  Before before{.first_look = first_look_ ? &*first_look_ : nullptr};
  if (session_->target().process() == nullptr) return before;
  before.watched = [this] {
    const std::lock_guard lock(trend_mutex_);
    return trend_;
  };
  return before;
}

void OpenedTarget::look_again() {
  tell_state("opening");
  std::unique_ptr<session::Session> next;
  try {
    next = session_->anew();
  } catch (const Error& error) {  // the look before stays
    events_.tell("refused", {{"error", error.what()}});
    return tell_state(error_.empty() ? "ready" : "failed");
  }
  api_.reset();
  // Two looks would need the memory of two, so what is compared is all that stays.
  if (error_.empty()) {
    if (!first_look_) first_look_ = session::look_at(*session_, name_);
    earlier_ = session_->earlier_look();
  }
  {
    const std::lock_guard lock(session_mutex_);
    session_.swap(next);
  }
  next.reset();
  open();
}

void OpenedTarget::watch_process(const std::stop_token& stop, const os::ProcessStatus& process,
                                 capture::CounterWatch* counters) {
  std::mutex mutex;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    if (const std::optional<std::string> became = os::what_became_of(process)) {
      events_.tell("ended", {{"what", *became}});
      return;
    }
    try {
      if (counters != nullptr) {
        const heap::CounterLook look = counters->look();
        {
          const std::lock_guard lock(trend_mutex_);
          trend_.add(look);
        }
        events_.tell("counters", counters_json(look));
      }
    } catch (const Error&) {  // it has just ended, or its counters contradict each other: the next round sees
    } catch (const Cancelled&) {
      return;
    }
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, std::chrono::seconds(2), [] { return false; });
  }
}

std::string OpenedTarget::history(const Request& request) {
  const view::Subject subject = view::parse_subject(request.field("at"));
  if (subject.kind != view::SubjectKind::kAddress) fail(ErrorCode::kUsage, "at={} is no address", request.field("at"));
  Json json = {{"before", nullptr}};
  if (earlier_) {
    const view::SlotBefore before = view::slot_before(*earlier_, subject.address);
    constexpr const char* kWords[] = {"no-span", "free", "object"};
    json["before"] = {{"look", looks_.last() - 1},
                      {"what", kWords[static_cast<std::size_t>(before.what)]},
                      {"bytes", before.bytes},
                      {"type", before.type},
                      {"live", before.live}};
  }
  return text_of(json);
}

Response OpenedTarget::answer_now(const std::string& question, const Request& request) {
  if (!error_.empty()) return error_response(422, error_code_, error_);
  if (question == "report") return {.body = report_};
  if (question == "looks") return {.body = text_of(looks_.sums())};
  if (question == "parts") {
    const std::string_view look = request.field("look");
    std::uint64_t number = looks_.last();
    if (!look.empty()) {
      const auto [stop, error] = std::from_chars(look.data(), look.data() + look.size(), number);
      if (error != std::errc() || stop != look.data() + look.size())
        fail(ErrorCode::kUsage, "look={} is no number of a look", look);
    }
    return {.body = looks_.parts(*session_, number)};
  }
  if (question == "history") return {.body = history(request)};
  if (question == "download") return download(*session_, name_, request);
  return {.body = text_of(api_->answer(question, request))};
}

// One after the other, so that no two of them are in memory at once but for their slots.
Response OpenedTarget::compare_now(const std::vector<const OpenedTarget*>& targets) {
  constexpr std::size_t kRows = 25;
  view::GrowthBuilder builder;
  for (const OpenedTarget* const target : targets) {
    const std::unique_ptr<session::Session> session = target->make_(session::Listener{});
    const auto set_compared = [&](session::Session* which) {
      const std::lock_guard lock(session_mutex_);
      compared_ = which;
    };
    set_compared(session.get());
    const auto forget = std::unique_ptr<void, std::function<void(void*)>>(this, [&](void*) { set_compared(nullptr); });
    session->add_to(builder);
  }
  return {.body = text_of(report::growth_json(builder.growth(0), kRows))};
}

void OpenedTarget::compare(SharedExchange exchange, std::vector<const OpenedTarget*> targets) {
  worker_->add(std::move(exchange), [this, targets = std::move(targets)] { return compare_now(targets); });
}

void OpenedTarget::answer(SharedExchange exchange, const std::string& question) {
  const Request& request = exchange->request();
  if ((question == "look") != (request.method == "POST"))
    return exchange->answer(error_response(405, "usage", "a look is asked for by POST, and all else by GET"));
  if (question == "events") return events_.add(std::move(exchange));
  if (question == "look") {
    worker_->add_first([this] { look_again(); });
    return exchange->answer({.status = 202, .body = "{}"});
  }
  worker_->add(exchange, [this, question, request] { return answer_now(question, request); });
}

}  // namespace holdfast::web
