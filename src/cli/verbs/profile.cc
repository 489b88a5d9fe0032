#include "profile/profile.h"

#include <memory>
#include <string>

#include "base/error.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "net/url.h"
#include "view/profile_table.h"

namespace holdfast::cli {
namespace {

std::shared_ptr<const profile::Profile> read_profile(const Options& options) {
  const bool is_url = net::is_url(options.target);
  const std::string word = is_url ? net::complete_url(options.target, "/debug/pprof/heap") : options.target;
  const Source source = read_source(word, options.http);
  return std::make_shared<const profile::Profile>(profile::Profile::parse(source.bytes, source.name));
}

profile::By by_of(const std::string& word) {
  return word == "line" ? profile::By::kLine : word == "file" ? profile::By::kFile : profile::By::kFunction;
}

view::TableShape shape_of_profile(const Options&) {
  return view::profile_shape();
}

int run_profile(RunningVerb& run) {
  run.answer_with_table(
      [&] {
        const Options& options = run.options();
        return view::profile_table(read_profile(options), by_of(options.by), options.sample_type);
      },
      [] { return nullptr; });
  return 0;
}

std::string profile_views() {
  return "top";
}

void set_view(Options& options, const std::string& word) {
  if (word != "top") fail(ErrorCode::kUsage, "\"{}\" is none of: {}", word, profile_views());
  options.topic = word;
}

}  // namespace

const Verb kProfileVerb = {
    .name = "profile",
    .help = "what a profile of pprof says: where memory was allocated, what of it lives, and how sure that is",
    .example = "holdfast profile top heap.pb.gz --by line",
    .answers = Answers::kNobody,
    .flags = {profile_flags(), source_flags(), json_flags(), text_flags(), table_flags()},
    .arguments = {{.name = "VIEW", .help = "top: the places with the most", .set = set_view, .choices = profile_views},
                  {.name = "SOURCE",
                   .help = "a file, - for standard input, or a URL: of a service alone, its /debug/pprof/heap",
                   .set = [](Options& options, const std::string& word) { options.target = word; }}},
    .shape = shape_of_profile,
    .run = run_profile};

}  // namespace holdfast::cli
