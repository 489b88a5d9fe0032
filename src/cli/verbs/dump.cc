#include "dumps/dump.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/output_file.h"
#include "base/units.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "dumps/clean.h"
#include "dumps/unwrapped.h"
#include "report/dump_report.h"
#include "view/dump_table.h"

namespace holdfast::cli {
namespace {

// A text and who keeps it.
struct Text {
  std::string name;
  std::shared_ptr<const void> keep;
  std::string_view text;
};

Text read_text(const Options& options) {
  const Source source = read_source(options.target, options.http);
  const std::string_view text = source.text();
  std::optional<std::string> plain = dumps::unwrapped(text);
  if (!plain) return {source.name, source.keep, text};
  const auto kept = std::make_shared<const std::string>(std::move(*plain));
  return {source.name, kept, *kept};
}

// A dump together with the bytes that its texts are in.
struct KeptDump {
  std::shared_ptr<const void> keep;
  dumps::Dump dump;
};

std::shared_ptr<const dumps::Dump> read_dump(const Options& options) {
  const Text text = read_text(options);
  const auto kept = std::make_shared<const KeptDump>(KeptDump{text.keep, dumps::Dump::parse(text.text, text.name)});
  return {kept, &kept->dump};
}

view::TableShape shape_of_dump(const Options& options) {
  return view::dump_shape(options.each);
}

void check_dump(const Options& options) {
  if (!options.clean && !options.output.empty())
    fail(ErrorCode::kUsage, "-o is the file that --clean writes: give both");
  if (options.clean && (options.labels || options.each || options.json))
    fail(ErrorCode::kUsage, "--clean writes a dump without labels, and no table: it goes with -o alone");
}

int write_clean(RunningVerb& run) {
  const Options& options = run.options();
  OutputFile file(options.output.empty() ? "-" : options.output, OutputFile::Access::kUsual);
  const Text text = read_text(options);
  const dumps::CleanDump clean = dumps::clean_dump(text.text);
  if (clean.goroutines == 0) dumps::Dump::parse(text.text, text.name);  // says what is wrong, if it is no dump
  file.write_at(0, std::as_bytes(std::span(clean.text)));
  run.finish_progress();
  file.publish();
  if (clean.left_out > 0)
    run.remark(fmt::format("{} of a form that is not known are left out of {}",
                           format_count(clean.left_out, "goroutine"), file.name()));
  return 0;
}

int run_dump(RunningVerb& run) {
  const Options& options = run.options();
  if (options.clean) return write_clean(run);
  std::shared_ptr<const dumps::Dump> dump;
  const TableHead head = {.text = [&](const report::TextStyle& style) { return report::happened_text(*dump, style); },
                          .json = [&] { return report::happened_json(*dump, options.labels); }};
  run.answer_with_table(
      [&] {
        dump = read_dump(options);
        return view::dump_table(dump, {.each = options.each, .label_values = options.labels});
      },
      [] { return nullptr; }, &head);
  return 0;
}

}  // namespace

const Verb kDumpVerb = {
    .name = "dump",
    .help = "what a dump of goroutines or the text of a crash says: what happened, and who waits where for how long",
    .example = "holdfast dump crash.log",
    .answers = Answers::kNobody,
    .flags = {dump_flags(), source_flags(), json_flags(), text_flags(), table_flags()},
    .arguments =
        {{.name = "SOURCE",
          .help = "a file, - for standard input, or a URL: goroutine?debug=2, or what a program printed at its end",
          .set = [](Options& options, const std::string& word) { options.target = word; }}},
    .shape = shape_of_dump,
    .check = check_dump,
    .run = run_dump};

}  // namespace holdfast::cli
