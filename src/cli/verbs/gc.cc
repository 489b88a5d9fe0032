#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/output_file.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/taken.h"
#include "cli/verbs/verbs.h"
#include "collector/series.h"
#include "report/collector_report.h"
#include "view/collector_table.h"

namespace holdfast::cli {
namespace {

// What was read from each source, with the bytes that its texts are in.
struct KeptSeries {
  std::vector<std::shared_ptr<const void>> keep;
  std::vector<view::NamedSeries> sources;
};

std::shared_ptr<const std::vector<view::NamedSeries>> read_all(RunningVerb& run) {
  const Options& options = run.options();
  const auto kept = std::make_shared<KeptSeries>();
  std::vector<std::string> words = {options.target};
  words.insert(words.end(), options.later.begin(), options.later.end());
  for (const std::string& word : words) {
    const Source source = read_source(word, options.http);
    kept->sources.push_back({source.name, collector::read_series(source.bytes, source.name), {}});
    kept->keep.push_back(source.keep);
  }
  if (options.profiles.empty()) return {kept, &kept->sources};
  std::vector<collector::Taken> taken;
  for (const std::string& word : options.profiles) taken.push_back(read_taken(run, word));
  view::NamedSeries& only = kept->sources.front();
  only.marks = collector::place_marks(only.series, taken, options.started);
  return {kept, &kept->sources};
}

view::TableShape shape_of_gc(const Options&) {
  return view::collector_shape();
}

void check_gc(const Options& options) {
  if (options.as.empty() != options.output.empty())
    fail(ErrorCode::kUsage, "--as svg and -o FILE go together: one says what is written, the other where");
  if (!options.as.empty() && options.json) fail(ErrorCode::kUsage, "--as svg and --json are two formats: which one?");
  if (!options.profiles.empty() && !options.later.empty())
    fail(ErrorCode::kUsage, "--with is of one process, and {} sources are named", options.later.size() + 1);
  if (options.started && options.profiles.empty())
    fail(ErrorCode::kUsage, "--start is for what --with names, and there is no --with");
  if (!options.as.empty() && !options.later.empty())
    fail(ErrorCode::kUsage, "a picture is of one source, and {} are named", options.later.size() + 1);
}

int write_picture(RunningVerb& run) {
  const Options& options = run.options();
  OutputFile file(options.output, OutputFile::Access::kUsual);
  const auto sources = read_all(run);
  const std::string picture = report::heap_picture(sources->front());
  file.write_at(0, std::as_bytes(std::span(picture)));
  run.finish_progress();
  file.publish();
  return 0;
}

int run_gc(RunningVerb& run) {
  if (!run.options().as.empty()) return write_picture(run);
  std::shared_ptr<const std::vector<view::NamedSeries>> sources;
  const TableHead head = {
      .text = [&](const report::TextStyle& style) { return report::collector_text(*sources, style); },
      .json = [&] { return report::collector_json(*sources); }};
  run.answer_with_table(
      [&] {
        sources = read_all(run);
        return view::collector_table(sources);
      },
      [] { return nullptr; }, &head);
  return 0;
}

}  // namespace

const Verb kGcVerb = {
    .name = "gc",
    .help = "what the collector did: cycle by cycle, how what lives goes, garbage, pauses, and a chart",
    .example = "holdfast gc stderr.log",
    .answers = Answers::kNobody,
    .flags = {gc_flags(), source_flags(), json_flags(), text_flags(), table_flags()},
    .arguments = {{.name = "SOURCE",
                   .help = "a file, - for standard input, or a URL: what a program printed with GODEBUG=gctrace=1, "
                           "/debug/vars, or heap?debug=1",
                   .set = [](Options& options, const std::string& word) { options.target = word; }},
                  {.name = "MORE",
                   .help = "further ones, as of other processes",
                   .set = [](Options& options, const std::string& word) { options.later.push_back(word); },
                   .optional = true,
                   .repeats = true}},
    .shape = shape_of_gc,
    .check = check_gc,
    .run = run_gc};

}  // namespace holdfast::cli
