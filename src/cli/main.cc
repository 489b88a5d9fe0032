// The command line: reads arguments, runs one verb, maps errors to exit codes (0 done, 1 failed, 2 wrong usage, 3 a
// gate found something).
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/output_file.h"
#include "base/parallel.h"
#include "base/units.h"
#include "capture/processes.h"
#include "capture/target.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/process_table.h"
#include "cli/progress.h"
#include "cli/target.h"
#include "detect/findings.h"
#include "graph/audit.h"
#include "graph/dominators.h"
#include "heap/hold_file.h"
#include "os/cancel_signals.h"
#include "os/process.h"
#include "report/audit_report.h"
#include "report/comparison_report.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "report/table_json.h"
#include "report/table_text.h"
#include "report/type_chain_report.h"
#include "view/goroutine_table.h"
#include "view/root_table.h"
#include "view/span_table.h"
#include "view/type_chain.h"
#include "view/type_comparison.h"
#include "view/type_conflicts.h"
#include "view/type_table.h"

namespace holdfast::cli {
namespace {

using cli::print;
using nlohmann::ordered_json;

constexpr int kGate = 3;

// Names come from the target and may be no UTF-8.
void print(const ordered_json& json) {
  print(json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

// One run over one target.
class Run {
 public:
  explicit Run(const Options& options)
      : options_(options), times_([this](const std::string& pass) { progress_.begin(pass); }) {}

  int run() {
    if (options_.dry_run) return dry_run();
    if (options_.verb == Verb::kPs) return processes();
    if (options_.compare_dwarf) return compare_types();
    if (options_.of) return explain_type(*options_.of);
    if (is_table(options_.verb)) return table();
    if (options_.verb == Verb::kCapture) return capture();
    return options_.verb == Verb::kAudit ? audit() : report();
  }

 private:
  capture::Target& target() {
    if (!target_) target_ = find_target(options_);
    return *target_;
  }
  void open() { snapshot_ = target().snapshot({}, times_); }
  graph::Dominators open_and_dominate() {
    std::optional<graph::Dominators> dominators;
    snapshot_ = target().snapshot(
        {.first_look =
             [this](const heap::Snapshot& s) {
               if (options_.verb == Verb::kReport)
                 progress_.show_first([&](std::size_t width) { return report::first_screen(s, width); });
             },
         .meanwhile = [&](const heap::Snapshot& s) { dominators = graph::dominators(s, &times_); },
         .second_opinion = {},
         .type_reasons = {}},
        times_);
    return std::move(*dominators);
  }
  graph::Reachability reach() {
    return times_.run("reach", [&] { return graph::reach(snapshot_); });
  }

  int report() {
    const graph::Dominators dominators = open_and_dominate();
    const auto reached = times_.run("reach", [&] { return graph::reachability(dominators); });
    const graph::Audit audit = times_.run("audit", [&] { return graph::audit(snapshot_, reached); });
    view::Report report =
        times_.run("report", [&] { return view::make_report(snapshot_, reached, dominators, audit); });
    times_.run("findings", [&] { report.findings = detect::find_findings(snapshot_, dominators, report); });
    view::shorten(report);
    report.took_ms = times_.milliseconds();
    report.peak_rss_bytes = os::own_peak_rss();
    progress_.finish();
    if (options_.json)
      print(report::report_json(report));
    else
      print(report::report_text(report, {.color = use_color(), .target = options_.target}));
    return 0;
  }

  bool use_color() const {
    if (options_.color != Color::kAuto) return options_.color == Color::kAlways;
    return isatty(STDOUT_FILENO) != 0;
  }

  int audit() {
    open();
    const auto reached = reach();
    const graph::Audit audit = times_.run("audit", [&] { return graph::audit(snapshot_, reached); });
    progress_.finish();
    if (options_.json)
      print(report::audit_json(snapshot_, audit));
    else
      print(report::audit_text(snapshot_, audit));
    return options_.strict && !audit.clean ? kGate : 0;
  }

  int table() {
    const view::TablePlan plan = view::plan_table(shape_of(options_), options_.table);
    const view::Table table = open_table();
    const view::Selection selection = times_.run("select", [&] { return view::select(table, plan); });
    progress_.finish();
    if (options_.json) {
      print(report::table_json(table, selection, &snapshot_));
      return 0;
    }
    print(report::table_text(table, plan, selection));
    if (!snapshot_.losses.empty())
      print(fmt::format("{} kinds of loss in the target: holdfast audit lists them\n", snapshot_.losses.size()));
    return 0;
  }

  int compare_types() {
    if (target().form() == capture::TargetForm::kHold || !options_.use_dwarf)
      fail(ErrorCode::kUsage, "--compare-dwarf needs a live process or a core, and its debug information");
    std::optional<view::TypeComparison> comparison;
    capture::Callbacks callbacks;
    callbacks.second_opinion = [&](const heap::Snapshot& s, const heap::TypeColumns& without) {
      if (!s.target.has_dwarf)
        fail(ErrorCode::kUnsupported, "{} has no debug information that its types could be compared with",
             s.target.exe);
      comparison = view::compare_types(s, without, graph::dominators(s));
    };
    snapshot_ = target().snapshot(callbacks, times_);
    progress_.finish();
    if (options_.json)
      print(report::comparison_json(*comparison));
    else
      print(report::comparison_text(*comparison));
    return 0;
  }

  // Of a .hold file, which has types without their reasons, what it has is printed; the answer is still a failure.
  int explain_type(Address address) {
    std::optional<view::ExplainedType> explained;
    std::string place;
    const auto look = [&](const heap::Snapshot& s, const heap::TypeReasons* reasons) {
      const heap::ObjectIndex index(s);
      const ObjectId object = index.find_object(address);
      if (!object)
        place = view::place_text(s, index, address, reasons == nullptr ? "" : reasons->variable_at(address));
      else
        explained = {address, object, std::nullopt};
      if (object && reasons != nullptr) explained->chain = reasons->chain(object);
    };
    capture::Callbacks callbacks;
    callbacks.type_reasons = [&](const heap::Snapshot& s, const heap::TypeReasons& reasons) { look(s, &reasons); };
    snapshot_ = target().snapshot(callbacks, times_);
    const bool has_reasons = target().form() != capture::TargetForm::kHold;
    if (!has_reasons) look(snapshot_, nullptr);
    progress_.finish();
    if (!explained) fail(ErrorCode::kNotFound, "there is no object at {:#x}: it is in {}", address.value, place);
    const heap::ObjectIndex index(snapshot_);
    if (options_.json)
      print(report::explained_json(snapshot_, index, *explained));
    else
      print(report::explained_text(snapshot_, index, *explained));
    if (!has_reasons)
      remark(fmt::format("holdfast: {} keeps types without the reasons for them: ask the process, or a core\n",
                         options_.target));
    return has_reasons ? 0 : 1;
  }

  view::Table conflict_table() {
    if (target().form() == capture::TargetForm::kHold)
      fail(ErrorCode::kUsage, "--conflicts needs a live process or a core: a .hold file keeps types without reasons");
    std::vector<heap::TypeConflict> conflicts;
    capture::Callbacks callbacks;
    callbacks.type_reasons = [&](const heap::Snapshot&, const heap::TypeReasons& reasons) {
      conflicts = reasons.conflicts();
    };
    snapshot_ = target().snapshot(callbacks, times_);
    return view::conflict_table(snapshot_, std::move(conflicts));
  }

  int processes() {
    const view::TablePlan plan = view::plan_table(process_shape(), options_.table);
    capture::ProcessList list = times_.run("look", [] { return capture::list_go_processes(); });
    const view::Table table = process_table(std::move(list.go));
    const view::Selection selection = view::select(table, plan);
    progress_.finish();
    if (options_.json)
      print(report::table_json(table, selection, nullptr));
    else
      print(report::table_text(table, plan, selection));
    if (!list.closed.empty())
      remark(fmt::format("not looked into, for lack of permission: {}; the first is {} {}\n", list.closed.size(),
                         list.closed.front().status.pid, list.closed.front().status.name));
    return 0;
  }

  view::Table open_table() {
    if (options_.conflicts) return conflict_table();
    if (options_.verb == Verb::kSpans) {
      open();
      const auto reached = reach();
      return view::span_table(snapshot_, reached);
    }
    const graph::Dominators dominators = open_and_dominate();
    return times_.run("table", [&] {
      if (options_.verb == Verb::kTypes) return view::type_table(snapshot_, dominators);
      if (options_.verb == Verb::kRoots) return view::root_table(snapshot_, dominators);
      return view::goroutine_table(snapshot_, dominators, {options_.stacks, options_.group});
    });
  }

  int capture() {
    OutputFile file(options_.output, options_.with_content ? OutputFile::Access::kPrivate : OutputFile::Access::kUsual);
    if (options_.json && file.is_standard_output())
      fail(ErrorCode::kUsage, "the file and --json cannot both go to standard output");
    const os::ProcessStatus* process = target().process();
    if (process != nullptr)
      remark(fmt::format("{}, pid {}: {}\n", process->name, process->pid, foretold(target().predict(times_))));
    open();
    settle_content();
    times_.run("write", [&] { heap::write_hold(snapshot_, file); });
    progress_.finish();
    if (process != nullptr)
      remark(fmt::format("{}, pid {}: was held still for {:.1f} ms\n", snapshot_.target.name, snapshot_.target.pid,
                         snapshot_.pause.measured_ms));
    if (options_.json)
      print(ordered_json{{"schema", "holdfast.capture/1"},
                         {"target", report::target_json(snapshot_.target)},
                         {"file", options_.output},
                         {"objects", snapshot_.objects},
                         {"pause",
                          {{"predicted_ms", snapshot_.pause.predicted_ms},
                           {"measured_ms", snapshot_.pause.measured_ms},
                           {"bytes_read", snapshot_.pause.bytes_read}}}});
    return 0;
  }

  // A .hold file has content or has none; in the new file is what was asked for.
  void settle_content() {
    if (!options_.with_content) snapshot_.content = {};
    if (options_.with_content && snapshot_.content.ranges.empty())
      fail(ErrorCode::kUsage, "{} was captured without content: leave --with-content away", options_.target);
  }

  static std::string foretold(const capture::Prediction& prediction) {
    return fmt::format("would be held still for about {:.1f} ms to copy {} ({} objects, {} goroutines, {} threads)",
                       prediction.pause_ms, format_bytes(prediction.bytes), format_count(prediction.objects),
                       format_count(prediction.goroutines), format_count(prediction.threads));
  }

  int dry_run() {
    if (target().form() != capture::TargetForm::kProcess)
      fail(ErrorCode::kUsage, "--dry-run is about live processes; {} is a file", options_.target);
    const os::ProcessStatus& status = *target().process();
    const auto prediction = target().predict(times_);
    progress_.finish();
    if (options_.json)
      print(ordered_json{{"schema", "holdfast.dry-run/1"},
                         {"pid", status.pid},
                         {"name", status.name},
                         {"pause_ms", prediction.pause_ms},
                         {"bytes", prediction.bytes},
                         {"objects", prediction.objects},
                         {"goroutines", prediction.goroutines},
                         {"threads", prediction.threads}});
    else
      print(fmt::format("{}, pid {}: {}\n", status.name, status.pid, foretold(prediction)));
    return 0;
  }

  const Options& options_;
  Progress progress_;
  PassTimes times_;
  std::unique_ptr<capture::Target> target_;
  heap::Snapshot snapshot_;
};

int run(const std::vector<std::string>& arguments) {
  const Parsed parsed = parse(arguments);
  if (parsed.done) {
    print(parsed.text);
    return 0;
  }
  set_thread_limit(parsed.options.threads);
  os::install_cancel_handlers();
  return Run(parsed.options).run();
}

}  // namespace
}  // namespace holdfast::cli

int main(int argc, char** argv) {
  using holdfast::ErrorCode;
  namespace cli = holdfast::cli;
  // Large blocks always come from the system and go back to it. By default the first one that is freed teaches the
  // allocator to keep its like, which costs 2 B per object of a large heap.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  int code = 1;
  try {
    cli::guard_standard_files();
    code = cli::run({argv + 1, argv + argc});
  } catch (const holdfast::Error& error) {
    if (error.code() != ErrorCode::kNoReader) cli::remark(fmt::format("holdfast: {}\n", error.what()));
    if (error.code() == ErrorCode::kUsage) code = 2;
  } catch (const std::exception& error) {
    cli::remark(fmt::format("holdfast: {}\n", error.what()));
  }
  return code == 0 && cli::remarks_lost() ? 1 : code;
}
