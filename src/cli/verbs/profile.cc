#include "profile/profile.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/units.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "os/file_mapping.h"
#include "view/profile_table.h"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMostInput = std::size_t{1} << 30;

std::string read_input() {
  constexpr std::size_t kStep = 1 << 20;
  std::string bytes;
  for (;;) {
    const std::size_t had = bytes.size();
    if (had > kMostInput) fail(ErrorCode::kUsage, "standard input has more than {}", format_bytes(kMostInput));
    bytes.resize(had + kStep);
    const ssize_t got = read(STDIN_FILENO, bytes.data() + had, kStep);
    if (got < 0 && errno != EINTR) fail_with_errno(errno, "standard input cannot be read");
    bytes.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return bytes;
  }
}

std::shared_ptr<const profile::Profile> read_profile(const std::string& source) {
  if (source == "-") {
    const std::string bytes = read_input();
    return std::make_shared<const profile::Profile>(
        profile::Profile::parse(std::as_bytes(std::span(bytes)), "standard input"));
  }
  const std::shared_ptr<const os::FileMapping> file = os::map_file(source);
  return std::make_shared<const profile::Profile>(profile::Profile::parse(file->bytes().span(), source));
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
        return view::profile_table(read_profile(options.target), by_of(options.by), options.sample_type);
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
    .flags = {profile_flags(), json_flags(), text_flags(), table_flags()},
    .arguments = {{.name = "VIEW", .help = "top: the places with the most", .set = set_view, .choices = profile_views},
                  {.name = "SOURCE",
                   .help = "a file, or - for standard input",
                   .set = [](Options& options, const std::string& word) { options.target = word; }}},
    .shape = shape_of_profile,
    .run = run_profile};

}  // namespace holdfast::cli
