#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "capture/program_calls.h"
#include "cli/compiler_output.h"
#include "cli/go_build.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "compiler/text_reader.h"
#include "formats/escape_forms.h"
#include "heap/hold_format.h"
#include "profile/profile.h"
#include "view/escape_table.h"

namespace holdfast::cli {
namespace {

using compiler::Decisions;

// What was asked for: the compiler's words, and the programs to judge them by.
struct Read {
  std::shared_ptr<const Decisions> decisions;
  std::vector<std::string> programs;
  std::string folder;                      // that paths are shown from; empty if not known
  std::unique_ptr<ScratchFolder> scratch;  // the programs are in it
};

Read build(const std::vector<std::string>& arguments) {
  GoBuild built = run_go_build(arguments);
  const std::string folder = (std::filesystem::current_path() / built.run_in / "").lexically_normal().string();
  const auto kept = std::make_shared<const std::string>(std::move(built.text));
  Decisions decisions = with_json(compiler::read_text({*kept, kept, folder}), built.json);
  return {std::make_shared<const Decisions>(std::move(decisions)), std::move(built.programs), folder,
          std::move(built.folder)};
}

std::shared_ptr<const compiler::AllocationCalls> read_programs(const std::vector<std::string>& paths) {
  if (paths.empty()) return nullptr;
  auto all = std::make_shared<compiler::AllocationCalls>(capture::read_program_calls(paths.front()));
  for (std::size_t i = 1; i < paths.size(); ++i) compiler::add_program(*all, capture::read_program_calls(paths[i]));
  return all;
}

// Profiles are neither cores nor captures.
bool is_profile(const std::string& word) {
  if (word == "-" || word.starts_with("http://") || word.starts_with("https://")) return true;
  if (!std::filesystem::is_regular_file(word)) return false;
  const Source source = read_source(word);
  const std::string_view bytes = source.text().substr(0, heap::kHoldMagic.size());
  return !bytes.starts_with(
             "\x7f"
             "ELF") &&
         bytes != heap::kHoldMagic;
}

std::shared_ptr<const view::MeasuredPlaces> measure(RunningVerb& run) {
  const Options& options = run.options();
  if (!options.is_weighed) return nullptr;
  if (!is_profile(options.target))
    return std::make_shared<const view::MeasuredPlaces>(view::MeasuredPlaces::of(run.session().groundwork()));
  const Source source = read_source(options.target);
  const auto profile = profile::Profile::parse(source.bytes, source.name);
  return std::make_shared<const view::MeasuredPlaces>(
      in_context([&] { return view::MeasuredPlaces::of(profile); }, "{}", source.name));
}

view::TableShape shape_of_escape(const Options&) {
  return view::escape_shape();
}

// Sources that are no files of ours are not there.
std::optional<std::string> read_file(const std::string& path) {
  try {
    const Source source = read_source(path);
    return std::string(source.text());
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string in_form(const std::string& as, const formats::EscapeForm& form) {
  if (as == "html") return formats::escape_page(form);
  if (as == "sarif") return formats::escape_sarif(form);
  if (as == "lsp") return formats::escape_lsp(form);
  std::string text = formats::escape_source(form);
  if (text.empty())
    fail(ErrorCode::kNotFound, "none of the sources is there: run it in the folder of the module that was built");
  return text;
}

struct Asked {
  Read read;
  view::EscapeEvidence evidence;
  view::EscapeOptions options;
};

Asked ask(RunningVerb& run) {
  const Options& options = run.options();
  Asked asked;
  asked.read = options.topic == "build"
                   ? build(options.words)
                   : Read{std::make_shared<const Decisions>(read_compiler_output(options.words)), {}, "", nullptr};
  if (!options.binary.empty()) asked.read.programs = {options.binary};
  asked.evidence = {asked.read.decisions, read_programs(asked.read.programs), measure(run)};
  asked.options = {options.all, options.flow, asked.read.folder, options.of_source};
  return asked;
}

int run_escape(RunningVerb& run) {
  const std::string& as = run.options().as;
  if (as.empty() || as == "table") {
    run.answer_with_table(
        [&] {
          const Asked asked = ask(run);
          return view::escape_table(asked.evidence, asked.options);
        },
        [] { return nullptr; });
    return 0;
  }
  const Asked asked = ask(run);
  const view::EscapeRows rows = view::escape_rows(asked.evidence, asked.options);
  const std::string text = in_form(as, {rows, *asked.read.decisions, asked.read.folder, read_file});
  run.answer([&] { return text; }, nullptr);
  return 0;
}

void check_escape(const Options& options) {
  if (options.json && !options.as.empty() && options.as != "table")
    fail(ErrorCode::kUsage, "--json is the table as JSON, and --as {} is another form: choose one of them", options.as);
}

std::string escape_ways() {
  return "build read";
}

void set_way(Options& options, const std::string& word) {
  if (word != "build" && word != "read") fail(ErrorCode::kUsage, "\"{}\" is none of: {}", word, escape_ways());
  options.topic = word;
}

}  // namespace

const Verb kEscapeVerb = {
    .name = "escape",
    .help = "what the Go compiler put on the heap and why, judged by machine code and weighed by what was allocated",
    .example = "holdfast escape build . --with heap.pb.gz",
    .answers = Answers::kNobody,
    .flags = {escape_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .arguments = {{.name = "WAY",
                   .help = "build: run `go build` with these words; read: what a build has written before",
                   .set = set_way,
                   .choices = escape_ways},
                  {.name = "WORD",
                   .help = "packages, and behind -- flags of go build; or files and folders that -m, -m=2, -json wrote",
                   .set = [](Options& options, const std::string& word) { options.words.push_back(word); },
                   .optional = true,
                   .repeats = true}},
    .shape = shape_of_escape,
    .check = check_escape,
    .run = run_escape};

}  // namespace holdfast::cli
