#include "cli/output.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "web/site.h"

namespace holdfast::cli {
namespace {

int run_web(RunningVerb& run) {
  const Options& options = run.options();
  web::Site site({.address = options.listen, .port = options.port, .names = options.host_names},
                 [&](const std::string& target, session::Listener listener) {
                   return run.session_for(target, std::move(listener));
                 });
  if (!options.target.empty()) site.add(options.target);
  for (const std::string& later : options.later) site.add(later);
  run.finish_progress();
  print(site.new_url() + "\n");
  run.end_well_when_stopped();
  remark("holdfast: this link is good for one browser; Ctrl-C ends the page and leaves targets alone");
  site.run();
  return 0;
}

}  // namespace

const Verb kWebVerb = {
    .name = "web",
    .help =
        "a page that shows what holds the memory, for a browser on this machine; without a TARGET it lists what there "
        "is",
    .example = "holdfast web 4711",
    .flags = {web_flags(), target_flags(), rules_flags()},
    .arguments = {{.name = "MORE",
                   .help = "more targets, which the page has beside the first",
                   .set = [](Options& options, const std::string& target) { options.later.push_back(target); },
                   .optional = true,
                   .repeats = true}},
    .target_optional = true,
    .run = run_web};

}  // namespace holdfast::cli
