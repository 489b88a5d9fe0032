#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output_file.h"
#include "base/units.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "heap/hold_file.h"
#include "report/target_words.h"

namespace holdfast::cli {
namespace {

using nlohmann::ordered_json;

void check_capture(const Options& options) {
  if (options.output.empty() && !options.dry_run)
    fail(ErrorCode::kUsage, "which file is to be written? `holdfast capture {} -o FILE.hold`", options.target);
}

ordered_json capture_json(const heap::Snapshot& snapshot, const std::string& file) {
  return {{"schema", "holdfast.capture/1"},
          {"target", report::target_json(snapshot.target)},
          {"file", file},
          {"objects", snapshot.objects},
          {"pause",
           {{"predicted_ms", snapshot.pause.predicted_ms},
            {"predicted_least_ms", snapshot.pause.predicted_least_ms},
            {"predicted_most_ms", snapshot.pause.predicted_most_ms},
            {"measured_ms", snapshot.pause.measured_ms},
            {"bytes_read", snapshot.pause.bytes_read}}}};
}

int run_capture(RunningVerb& run) {
  const Options& options = run.options();
  OutputFile file(options.output, options.with_content ? OutputFile::Access::kPrivate : OutputFile::Access::kUsual);
  if (options.json && file.is_standard_output())
    fail(ErrorCode::kUsage, "the file and --json cannot both go to standard output");
  session::Session& session = run.session();
  const os::ProcessStatus* const process = session.target().process();
  if (process != nullptr)
    run.remark(fmt::format("{}, pid {}: {}", process->name, process->pid, prediction_text(session.predict())));
  const heap::Snapshot& snapshot = session.snapshot();
  if (options.with_content && snapshot.content.ranges.empty())
    fail(ErrorCode::kUsage, "{} was captured without content: leave --with-content away", options.target);
  if (!options.with_content) session.forget_content();
  session.times().run("write", [&] { heap::write_hold(snapshot, file); });
  run.finish_progress();
  if (process != nullptr)
    run.remark(fmt::format("{}, pid {}: was held still for {:.1f} ms", snapshot.target.name, snapshot.target.pid,
                           snapshot.pause.measured_ms));
  run.answer([] { return std::string(); }, [&] { return capture_json(snapshot, options.output); });
  return 0;
}

}  // namespace

const Verb kCaptureVerb = {.name = "capture",
                           .help = "write a .hold file to look at later or elsewhere",
                           .example = "holdfast capture 4711 -o incident.hold",
                           .flags = {target_flags(), json_flags(), output_flags()},
                           .check = check_capture,
                           .run = run_capture};

}  // namespace holdfast::cli
