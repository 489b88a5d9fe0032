#include "cli/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/cancel.h"
#include "base/error.h"
#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "report/report_text.h"
#include "report/table_json.h"
#include "report/table_text.h"
#include "report/target_words.h"

namespace holdfast::cli {
namespace {

using nlohmann::ordered_json;

capture::Options capture_options(const Options& options) {
  return {.exe = options.exe,
          .image = options.image,
          .go_release = options.go_release,
          .use_dwarf = options.use_dwarf,
          .use_symbols = options.use_symbols,
          .symbols = options.symbols,
          .use_cache = options.use_cache,
          .content = options.with_content ? capture::ContentNeed::kKept : capture::ContentNeed::kNone,
          .near = {},
          .outside = false,
          .force = options.force};
}

std::string read_rule_file(const std::string& path) {
  constexpr std::streamsize kLargest = 1 << 20;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kLargest + 1, '\0');
  if (!file.read(text.data(), kLargest + 1) && (!file.eof() || file.bad()))
    fail(ErrorCode::kUsage, "owner rules {} cannot be read: {}", path, std::strerror(errno));
  if (file.gcount() > kLargest)
    fail(ErrorCode::kUsage, "{} is no file of owner rules: it has more than {}", path, format_bytes(kLargest));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

heap::OwnerRules read_rules(const std::vector<std::string>& paths) {
  heap::OwnerRules rules = heap::OwnerRules::built_in();
  for (const std::string& path : paths) rules.add(read_rule_file(path), path);
  return rules;
}

std::string memory_text(const capture::Prediction& prediction) {
  std::string text = fmt::format("holdfast needs about {} of memory for it", format_bytes(prediction.memory_need));
  if (!prediction.memory) return text;
  text += fmt::format("; {} are left", format_bytes(prediction.memory->bytes));
  if (!prediction.memory->group.empty()) text += fmt::format(" in the control group {}", prediction.memory->group);
  return text;
}

ordered_json memory_json(const capture::Prediction& prediction) {
  ordered_json json = {{"need_bytes", prediction.memory_need}};
  if (!prediction.memory) return json;
  json["left_bytes"] = prediction.memory->bytes;
  json["left_in"] = prediction.memory->group.empty() ? "machine" : prediction.memory->group;
  return json;
}

void say_prediction(RunningVerb& run, session::Session& session) {
  const os::ProcessStatus status = *session.target().process();
  const capture::Prediction prediction = session.predict();
  run.answer(
      [&] {
        const std::string runtimes = report::runtimes_words(prediction.runtimes, false);
        const std::size_t width = run.style().width;
        return wrapped("", fmt::format("{}, pid {}: {}", status.name, status.pid, prediction_text(prediction)), width) +
               wrapped("", memory_text(prediction), width) +
               (runtimes.empty() ? "" : wrapped_at("; ", runtimes, width, 2, Parts::kPhrases));
      },
      [&] {
        return ordered_json{{"schema", "holdfast.dry-run/1"},
                            {"pid", status.pid},
                            {"name", status.name},
                            {"pause_ms", prediction.pause.alone_ms},
                            {"pause_least_ms", prediction.pause.least_ms},
                            {"pause_most_ms", prediction.pause.most_ms},
                            {"threads_wanting", prediction.load.wanting},
                            {"processors", prediction.load.processors},
                            {"bytes", prediction.bytes},
                            {"objects", prediction.objects},
                            {"goroutines", prediction.goroutines},
                            {"threads", prediction.threads},
                            {"memory", memory_json(prediction)},
                            {"runtimes", report::runtimes_json(prediction.runtimes)}};
      });
}

// Of several targets each live one is stopped once.
int dry_run(RunningVerb& run) {
  if (run.options().target.empty())
    fail(ErrorCode::kUsage, "--dry-run is for verbs that look at one TARGET: `holdfast audit --dry-run TARGET`");
  std::vector<session::Session*> live;
  for (std::size_t number = 0; number <= run.options().later.size(); ++number)
    if (run.session(number).target().process() != nullptr) live.push_back(&run.session(number));
  if (live.size() > 1 && run.options().json)
    fail(ErrorCode::kUsage, "--dry-run --json is about one process, and {} are named: ask for each alone", live.size());
  for (session::Session* const session : live) say_prediction(run, *session);
  return 0;
}

// Returns the fields of both, the schema first of all.
ordered_json with_head(ordered_json head, ordered_json json) {
  ordered_json out = {{"schema", json["schema"]}};
  out.update(head);
  out.update(json);
  return out;
}

bool goes_with(const Flag& flag, capture::TargetForm form) {
  switch (flag.goes_with) {
    case GoesWith::kEverything:
      return true;
    case GoesWith::kProcess:
      return form == capture::TargetForm::kProcess;
    case GoesWith::kCore:
      return form == capture::TargetForm::kCore;
    case GoesWith::kProcessAndCore:
      return form != capture::TargetForm::kHold;
  }
  return true;
}

std::string_view words_of(GoesWith forms) {
  switch (forms) {
    case GoesWith::kEverything:
      return "every target";
    case GoesWith::kProcess:
      return "live processes";
    case GoesWith::kCore:
      return "core files";
    case GoesWith::kProcessAndCore:
      return "live processes and core files";
  }
  return "";
}

std::string what_is(const capture::Target& target) {
  switch (target.form()) {
    case capture::TargetForm::kProcess:
      return fmt::format("process {} runs {}", target.process()->pid, target.process()->exe);
    case capture::TargetForm::kCore:
      return fmt::format("{} is a core file", target.name());
    case capture::TargetForm::kHold:
      return fmt::format("{} is a .hold file", target.name());
  }
  return target.name();
}

// A capture keeps the graph, and neither evidence nor what was not asked for when it was made.
void check_target(const Verb& verb, const capture::Target& target) {
  if (verb.answers == Answers::kProcessAndCore && target.form() == capture::TargetForm::kHold)
    fail(ErrorCode::kUsage,
         "{} needs a live process or a core: {} is a .hold file, which keeps types without the "
         "reasons for them",
         verb.name, target.name());
}

// Of several targets an option is for those that it has a meaning for; one at least.
void check_options(const Options& options, const std::vector<std::unique_ptr<session::Session>>& sessions) {
  for (const Flag* const flag : options.given) {
    if (std::ranges::any_of(sessions, [&](const auto& one) { return goes_with(*flag, one->target().form()); }))
      continue;
    std::string targets;
    for (const auto& one : sessions) targets += (targets.empty() ? "" : ", ") + what_is(one->target());
    fail(ErrorCode::kUsage, "{} is for {}: {}", long_name(*flag), words_of(flag->goes_with), targets);
  }
}

// Nothing is called so: perhaps something else was meant.
[[noreturn]] void refuse_target(const std::string& name, const Error& error) {
  const Verb* const verb = verb_like(name);
  if (verb == nullptr || std::filesystem::exists(name)) throw error;
  fail(error.code(), "{}; if the verb was meant: `holdfast {}{}`", error.what(), verb->name,
       verb->answers == Answers::kNobody ? "" : " TARGET");
}

}  // namespace

std::string prediction_text(const capture::Prediction& prediction) {
  const os::ProcessorLoad& load = prediction.load;
  const std::string others = load.waiting_per_processor() > 0
                                 ? fmt::format("{} want {} on this machine", format_count(load.wanting, "thread"),
                                               format_count(load.processors, "processor"))
                                 : "longer if others want the processors";
  return fmt::format("would be held still for {:.1f} to {:.1f} ms ({}) to copy {} ({}, {}, {})",
                     prediction.pause.least_ms, prediction.pause.most_ms, others, format_bytes(prediction.bytes),
                     format_count(prediction.objects, "object"), format_count(prediction.goroutines, "goroutine"),
                     format_count(prediction.threads, "thread"));
}

session::Session& RunningVerb::session(std::size_t number) {
  if (sessions_.empty()) find_targets();
  return *sessions_[number];
}

session::Session& RunningVerb::session_on(const std::string& target) {
  std::vector<std::unique_ptr<session::Session>> found;
  found.push_back(find(target));
  check_options(options_, found);
  sessions_.push_back(std::move(found.front()));
  return *sessions_.back();
}

void RunningVerb::look_again() {
  sessions_.front() = sessions_.front()->anew();
}

void RunningVerb::find_targets() {
  std::vector<std::unique_ptr<session::Session>> found;
  found.push_back(find(options_.target));
  for (const std::string& target : options_.later) found.push_back(find(target));
  check_options(options_, found);
  sessions_ = std::move(found);
}

// What objects contain is most of a heap: a live target is held still while it is copied. Where that takes long, it is
// only done if the user says so.
std::unique_ptr<session::Session> RunningVerb::find(const std::string& target) {
  constexpr double kLongMs = 100;
  // Of other verbs only if somebody asks.
  const bool reads_content = verb_.reads_content ? options_.debugger.empty() : options_.values;
  std::unique_ptr<session::Session> session = make_session(target, own_listener(), reads_content);
  if (reads_content && !options_.values && session->target().form() == capture::TargetForm::kProcess) {
    const double ms = session->predict().pause.alone_ms;
    if (ms > kLongMs) {
      remark(fmt::format(
          "holdfast: of texts and numbers only what lies near the object is read: for all of them process {} "
          "would be held still for {} or more; --values reads them all the same, and a core has them "
          "without that",
          session->target().process()->pid, format_seconds(ms / 1e3)));
      session = make_session(target, own_listener(), reads_content, options_.address);
    }
  }
  if (!session->target().remark().empty()) remark(fmt::format("holdfast: {}", session->target().remark()));
  check_target(verb_, session->target());
  return session;
}

session::Listener RunningVerb::own_listener() {
  session::Listener listener;
  listener.passes_run = [this](const std::string& running) { progress_.tell(running); };
  if (verb_.shows_first)
    listener.first_look = [this](const heap::Snapshot& s) {
      progress_.show_first([&](std::size_t width) { return report::first_screen(s, width); });
    };
  return listener;
}

std::unique_ptr<session::Session> RunningVerb::session_for(const std::string& target, session::Listener listener) {
  std::vector<std::unique_ptr<session::Session>> found;
  found.push_back(make_session(target, std::move(listener), options_.values));
  if (!found.front()->target().remark().empty()) remark(fmt::format("holdfast: {}", found.front()->target().remark()));
  check_target(verb_, found.front()->target());
  check_options(options_, found);
  return std::move(found.front());
}

std::unique_ptr<session::Session> RunningVerb::make_session(const std::string& target, session::Listener listener,
                                                            bool reads_content, std::optional<Address> near) {
  try {
    capture::Options capture = capture_options(options_);
    if (verb_.reads_headers) capture.content = capture::ContentNeed::kPointers;
    capture.outside = verb_.reads_outside;
    if (reads_content) capture.content = capture::ContentNeed::kOnDemand;
    capture.near = near;
    return std::make_unique<session::Session>(target, capture, std::move(listener), read_rules(options_.rules));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    refuse_target(target, error);
  }
}

void RunningVerb::answer(const std::function<std::string()>& text, const std::function<ordered_json()>& json) {
  // Names come from the target and may be no UTF-8.
  const std::string out =
      options_.json ? json().dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n" : text();
  progress_.finish();
  print(out);
}

void RunningVerb::answer_with_table(const std::function<view::Table()>& make,
                                    const std::function<const heap::Snapshot*()>& snapshot, const TableHead* head) {
  const view::TablePlan plan = view::plan_table(verb_.shape(options_), options_.table);
  view::Table table = make();
  if (table.command)
    table.open = [command = table.command, target = shell_word(options_.target)](std::uint32_t row) {
      const view::RowCommand words = command(row);
      return words.verb.empty() ? "" : fmt::format("holdfast {} {} {}", words.verb, target, words.arguments);
    };
  const heap::Snapshot* const of = snapshot();
  const view::Selection selection = view::select(table, plan);
  answer(
      [&] {
        const report::TextStyle looks = style();
        std::string text = head == nullptr ? "" : head->text(looks);
        text += report::table_text(table, plan, selection, looks);
        if (of == nullptr) return text;
        if (const std::string others = report::runtimes_words(of->target.runtimes, of->target.from_file);
            !others.empty())
          text += wrapped_at("; ", others, looks.width, 2, Parts::kPhrases);
        if (!of->losses.empty())
          text += wrapped(
              "",
              fmt::format("{} in the target: see `holdfast audit`", format_count(of->losses.size(), "kind of loss")),
              looks.width);
        return text;
      },
      [&] {
        ordered_json json = report::table_json(table, selection, of);
        return head == nullptr ? json : with_head(head->json(), std::move(json));
      });
}

std::string RunningVerb::fate_of_target() const {
  std::set<std::int32_t> pids;
  for (const auto& session : sessions_)
    if (session && session->target().process() != nullptr) pids.insert(session->target().process()->pid);
  if (pids.empty()) return "";
  return pids.size() == 1 ? fmt::format("; process {} goes on unharmed", *pids.begin())
                          : fmt::format("; the processes {} go on unharmed", fmt::join(pids, ", "));
}

report::TextStyle RunningVerb::style() const {
  const bool color = options_.color == Color::kAlways || (options_.color == Color::kAuto && isatty(STDOUT_FILENO) != 0);
  return {output_width(options_.wide), color};
}

int run_verb(const Verb& verb, const Options& options) {
  RunningVerb run(verb, options);
  try {
    return options.dry_run ? dry_run(run) : verb.run(run);
  } catch (const Cancelled& cancelled) {
    run.finish_progress();
    remark(fmt::format("holdfast: {}{}", cancelled.what(), run.fate_of_target()));
    return run.ends_well_when_stopped() ? 0 : kStopped;
  }
}

}  // namespace holdfast::cli
