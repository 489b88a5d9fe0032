#include "base/error.h"
#include "base/output_file.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "formats/heap_profile.h"

namespace holdfast::cli {
namespace {

void check_export(const Options& options) {
  if (options.output.empty() && !options.dry_run)
    fail(ErrorCode::kUsage,
         "which file is to be written? `holdfast export {} -o heap.pb.gz`, or `-o -` for standard output",
         options.target);
}

int run_export(RunningVerb& run) {
  const Options& options = run.options();
  OutputFile file(options.output, OutputFile::Access::kUsual);
  const heap::Snapshot& snapshot = run.session().snapshot();
  const std::string bytes =
      options.format == "heap-text" ? formats::heap_profile_text(snapshot) : formats::heap_profile_pprof(snapshot);
  run.finish_progress();
  file.write_at(0, std::as_bytes(std::span(bytes)));
  file.publish();
  return 0;
}

}  // namespace

const Verb kExportVerb = {.name = "export",
                          .help = "write the runtime's memory profile, as of the last collection, for go tool pprof",
                          .example = "holdfast export 4711 -o heap.pb.gz",
                          .flags = {export_flags(), target_flags()},
                          .check = check_export,
                          .run = run_export};

}  // namespace holdfast::cli
