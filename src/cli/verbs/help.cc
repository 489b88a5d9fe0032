#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/output.h"
#include "cli/run.h"
#include "cli/terminal.h"
#include "cli/verbs/verbs.h"
#include "query/manual.h"
#include "report/counter_report.h"

namespace holdfast::cli {
namespace {

void set_topic(Options& options, const std::string& word) {
  if (verb_named(word) == nullptr) refuse_verb(word);
  options.topic = word;
}

int help(RunningVerb& run) {
  const Options& options = run.options();
  const std::size_t width = help_width();
  if (options.format == "man")
    print(man_page());
  else if (options.format == "markdown")
    print(markdown_page());
  else if (options.format == "query")
    print(query::manual_page());
  else if (options.format == "counters")
    print(report::explained_page());
  else
    print(options.topic.empty() ? general_help(width) : verb_help(*verb_named(options.topic), width));
  return 0;
}

int complete(RunningVerb& run) {
  print(completion(run.options().topic));
  return 0;
}

}  // namespace

const Verb kHelpVerb = {.name = "help",
                        .help = "this, the help of a verb, the man page, or all of it as a page",
                        .example = "holdfast help --format man | man -l -",
                        .answers = Answers::kNobody,
                        .flags = {format_flags()},
                        .arguments = {{"VERB", "about this verb alone", set_topic, true, verb_names}},
                        .run = help};

const Verb kCompletionVerb = {.name = "completion",
                              .help = "a script that lets the shell complete verbs, options and columns",
                              .example = "source <(holdfast completion bash)",
                              .answers = Answers::kNobody,
                              .arguments = {{"SHELL", "bash, zsh or fish",
                                             [](Options& options, const std::string& shell) { options.topic = shell; },
                                             false, [] { return std::string("bash zsh fish"); }}},
                              .run = complete};

}  // namespace holdfast::cli
