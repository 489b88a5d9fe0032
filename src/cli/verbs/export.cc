#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/output_file.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "formats/stream.h"
#include "session/exports.h"

namespace holdfast::cli {
namespace {

using session::ExportFormat;

ExportFormat format_of(const Options& options) {
  const std::vector<ExportFormat> all = session::export_formats();
  const auto is_meant = [&](const ExportFormat& format) {
    return options.as.empty() ? !format.ending.empty() && options.output.ends_with(format.ending)
                              : format.as == options.as;
  };
  const auto found = std::ranges::find_if(all, is_meant);
  return found == all.end() ? all.front() : *found;
}

std::string_view about(const ExportFormat& format, const Options& options) {
  if (options.of.empty()) return format.usual();
  if (format.can_be_of(options.of)) return options.of;
  fail(ErrorCode::kUsage, "there is no {} of {}: --as {} can be of {}", format.as, options.of, format.as, format.of);
}

void check_export(const Options& options) {
  if (options.output.empty() && !options.dry_run)
    fail(ErrorCode::kUsage,
         "which file is to be written? `holdfast export {} -o heap.pb.gz`, or `-o -` for standard output",
         options.target);
  const ExportFormat format = format_of(options);
  about(format, options);
  if (format.is_of_part() && !options.subject)
    fail(ErrorCode::kUsage, "a picture of what? `holdfast export {} WHAT --as {} -o {}`, where WHAT is {}",
         options.target, format.as, options.output.empty() ? "FILE" : options.output, view::subject_forms());
  if (!format.is_of_part() && options.subject)
    fail(ErrorCode::kUsage, "--as {} is of the whole heap: leave WHAT away, or use --as dot or svg", format.as);
}

int run_export(RunningVerb& run) {
  const Options& options = run.options();
  OutputFile file(options.output, OutputFile::Access::kUsual);
  std::uint64_t written = 0;
  formats::Stream out([&](std::string_view bytes) {
    file.write_at(written, std::as_bytes(std::span(bytes)));
    written += bytes.size();
  });
  const ExportFormat format = format_of(options);
  session::write_export(
      run.session(),
      {.as = format.as, .of = about(format, options), .subject = options.subject, .nodes = options.nodes}, out,
      [&](const std::string& sentence) { run.remark(sentence); });
  run.finish_progress();
  file.publish();
  return 0;
}

}  // namespace

const Verb kExportVerb = {
    .name = "export",
    .help = "write files for other tools: profiles, graphs and pictures of what allocated and what holds the memory",
    .example = "holdfast export 4711 -o heap.pb.gz",
    .flags = {export_flags(), target_flags(), rules_flags()},
    .arguments = {{.name = "WHAT",
                   .help = "of a picture: 0xADDRESS, type:T, global:NAME, goroutine:ID, func:NAME, alloc:FILE:LINE or "
                           "label:KEY=VALUE",
                   .set = [](Options& options,
                             const std::string& text) { options.subject = view::parse_subject(text); },
                   .optional = true}},
    .check = check_export,
    .run = run_export};

}  // namespace holdfast::cli
