#include "profile/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/run.h"
#include "cli/verbs/profile_files.h"
#include "cli/verbs/profile_source.h"
#include "cli/verbs/verbs.h"
#include "os/source_files.h"
#include "view/profile_calls.h"
#include "view/profile_growth.h"
#include "view/profile_listing.h"
#include "view/profile_table.h"

namespace holdfast::cli {
namespace {

// A way to look at profiles. To add one, add a row.
struct View {
  std::string_view name;
  const char* takes;  // a word before SOURCE; null for none
  std::size_t least_sources;
  view::TableShape (*shape)();
  view::Table (*table)(const view::Profiles& profiles, const view::ProfileQuestion& question, const Options& options);
};

template <view::Table (*kMake)(const view::Profiles&, const view::ProfileQuestion&)>
view::Table plain(const view::Profiles& profiles, const view::ProfileQuestion& question, const Options&) {
  return kMake(profiles, question);
}

view::Table tree(const view::Profiles& profiles, const view::ProfileQuestion& question, const Options& options) {
  return view::profile_tree_table(profiles, question, options.topic == "peek" ? options.words.front() : "");
}

view::Table list(const view::Profiles& profiles, const view::ProfileQuestion& question, const Options& options) {
  const auto files = std::make_shared<os::SourceFiles>(options.source_roots);
  view::Table table = view::profile_list_table(profiles, question, options.words.front(), [&](std::string_view path) {
    const os::SourceFile* const file = files->find(path);
    return file == nullptr ? view::SourceText() : view::SourceText{file->path, &file->lines};
  });
  view::keep_with(table, files);
  return table;
}

constexpr std::array kViews = {
    View{"top", nullptr, 1, view::profile_shape, plain<view::profile_table>},
    View{"survival", nullptr, 1, view::survival_shape, plain<view::survival_table>},
    View{"list", "FUNC", 1, view::profile_list_shape, list},
    View{"tree", nullptr, 1, view::profile_tree_shape, tree},
    View{"peek", "REGEX", 1, view::profile_tree_shape, tree},
    View{"tags", nullptr, 1, view::profile_tags_shape, plain<view::profile_tags_table>},
    View{"raw", nullptr, 1, view::profile_raw_shape, plain<view::profile_raw_table>},
    View{"diff", nullptr, 2, view::profile_diff_shape, plain<view::profile_diff_table>},
    View{"ladder", nullptr, 3, view::profile_ladder_shape, plain<view::profile_ladder_table>},
};

const View& view_of(const Options& options) {
  const auto* const found = std::ranges::find(kViews, options.topic, &View::name);
  return found == kViews.end() ? kViews.front() : *found;
}

std::string profile_views() {
  std::string names;
  for (const View& one : kViews) names += fmt::format("{}{}", names.empty() ? "" : " ", one.name);
  return names;
}

void set_view(Options& options, const std::string& word) {
  if (std::ranges::find(kViews, word, &View::name) == kViews.end())
    fail(ErrorCode::kUsage, "\"{}\" is none of: {}", word, profile_views());
  options.topic = word;
}

void check_profile(const Options& options) {
  check_file(options);
  const View& view = view_of(options);
  const std::size_t sources = options.words.size() - (view.takes == nullptr ? 0 : 1);
  if (sources >= view.least_sources) return;
  if (view.takes != nullptr)
    fail(ErrorCode::kUsage, "which SOURCE? `holdfast profile {} {} heap.pb.gz`", view.name, view.takes);
  fail(ErrorCode::kUsage, "profile {} needs {} SOURCEs, in the order of time, and has {}: `holdfast profile {} {}`",
       view.name, view.least_sources, sources, view.name,
       view.least_sources == 2 ? "before.pb.gz after.pb.gz" : "1.pb.gz 2.pb.gz 3.pb.gz");
}

// Growth over several steps is of lines unless somebody asks.
profile::By by_of(const Options& options) {
  if (options.by.empty() && options.topic == "ladder") return profile::By::kLine;
  if (options.by == "line") return profile::By::kLine;
  if (options.by == "file") return profile::By::kFile;
  return options.by == "address" ? profile::By::kAddress : profile::By::kFunction;
}

view::TableShape shape_of_profile(const Options& options) {
  view::TableShape shape = view_of(options).shape();
  view::show_places(shape, by_of(options));
  return shape;
}

view::Profiles read_profiles(RunningVerb& run) {
  const Options& options = run.options();
  std::vector<profile::FilteredProfile> profiles;
  for (std::size_t i = view_of(options).takes == nullptr ? 0 : 1; i < options.words.size(); ++i)
    profiles.emplace_back(read_profile(run, options.words[i]), options.stacks_query);
  return std::make_shared<const std::vector<profile::FilteredProfile>>(std::move(profiles));
}

int run_profile(RunningVerb& run) {
  const Options& options = run.options();
  if (wants_file(options)) {
    write_file(run, read_profiles(run), by_of(options), options.topic == "diff");
    return 0;
  }
  run.answer_with_table(
      [&] {
        return view_of(options).table(read_profiles(run), {by_of(options), options.sample_type}, options);
      },
      [] { return nullptr; });
  return 0;
}

}  // namespace

const Verb kProfileVerb = {
    .name = "profile",
    .help = "what profiles of pprof say: where memory was allocated, what of it lives, and how sure that is",
    .example = "holdfast profile top heap.pb.gz --by line",
    .answers = Answers::kNobody,
    .flags = {profile_flags(), source_flags(), target_flags(), json_flags(), text_flags(), table_flags()},
    .arguments =
        {{.name = "VIEW",
          .help = "top: the places with the most; survival: allocated, freed, in use and what share that is, in "
                  "bytes and objects; list FUNC: the source of functions; tree and peek REGEX: what calls what; "
                  "tags: labels; raw: samples one by one; diff: what changed between profiles, and what may be "
                  "chance; ladder: what rises at every step of three or more, and what only warms up",
          .set = set_view,
          .choices = profile_views},
         {.name = "SOURCE",
          .help = "a file, - for standard input, a URL (of a service alone, its /debug/pprof/heap), or TARGET: the "
                  "runtime's memory profile, from memory; several are added up, but diff and ladder compare them",
          .set = [](Options& options, const std::string& word) { options.words.push_back(word); },
          .repeats = true}},
    .shape = shape_of_profile,
    .check = check_profile,
    .run = run_profile};

}  // namespace holdfast::cli
