// The command line: reads arguments, runs one verb, maps errors to exit codes (0 done, 1 failed, 2 wrong usage, 3 a
// gate found something).
#include <fmt/format.h>

#include <cstdio>

#include "base/error.h"
#include "base/parallel.h"
#include "cli/options.h"
#include "cli/target.h"
#include "graph/audit.h"
#include "os/cancel_signals.h"
#include "report/audit_report.h"

namespace holdfast::cli {
namespace {

constexpr int kGate = 3;

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int run_audit(const Options& options) {
  PassTimes times;
  const heap::Snapshot snapshot = open_target(options, times);
  const auto reached = graph::reach(snapshot);
  const graph::Audit audit = graph::audit(snapshot, reached);
  print(options.json ? report::audit_json(snapshot, audit).dump(2) + "\n" : report::audit_text(snapshot, audit));
  return options.strict && !audit.clean ? kGate : 0;
}

int run_dry(const Options& options) {
  if (form_of(options.target) != TargetForm::kProcess)
    fail(ErrorCode::kUsage, "--dry-run is about live processes; {} is a file", options.target);
  const auto status = os::find_process(options.target);
  const auto prediction = capture::predict(status, {});
  print(
      fmt::format("{}, pid {}: would be held still for about {:.1f} ms to copy {} bytes ({} objects, {} goroutines, {} "
                  "threads)\n",
                  status.name, status.pid, prediction.pause_ms, prediction.bytes, prediction.objects,
                  prediction.goroutines, prediction.threads));
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  const Parsed parsed = parse(arguments);
  if (parsed.done) {
    print(parsed.text);
    return 0;
  }
  const Options& options = parsed.options;
  set_thread_limit(options.threads);
  os::install_cancel_handlers();
  if (options.dry_run) return run_dry(options);
  return run_audit(options);
}

}  // namespace
}  // namespace holdfast::cli

int main(int argc, char** argv) {
  using holdfast::ErrorCode;
  try {
    return holdfast::cli::run({argv + 1, argv + argc});
  } catch (const holdfast::Error& error) {
    fmt::print(stderr, "holdfast: {}\n", error.what());
    return error.code() == ErrorCode::kUsage ? 2 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "holdfast: {}\n", error.what());
    return 1;
  }
}
