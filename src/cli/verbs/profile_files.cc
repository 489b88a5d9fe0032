#include "cli/verbs/profile_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"
#include "base/output_file.h"
#include "formats/stack_files.h"

namespace holdfast::cli {
namespace {

struct StackFormat {
  std::string_view as, ending;
};
constexpr std::array kStackFormats = {StackFormat{"pprof", ".pb.gz"}, StackFormat{"speedscope", ".speedscope.json"},
                                      StackFormat{"flame", ".svg"}};

std::string_view stack_format(const Options& options) {
  if (!options.as.empty()) return options.as;
  const auto* const named =
      std::ranges::find_if(kStackFormats, [&](const StackFormat& one) { return options.output.ends_with(one.ending); });
  return named == kStackFormats.end() ? std::string_view() : named->as;
}

std::string title_of(const view::Profiles& profiles, std::string_view type, bool is_difference) {
  const std::string &first = profiles->front().profile().name(), &last = profiles->back().profile().name();
  if (is_difference) return fmt::format("{}: {} without {}", type, last, first);
  if (profiles->size() == 1) return fmt::format("{}: {}", type, first);
  return fmt::format("{}: {} and {} more", type, first, profiles->size() - 1);
}

}  // namespace

bool wants_file(const Options& options) {
  return !options.as.empty() || !options.output.empty();
}

void check_file(const Options& options) {
  if (!wants_file(options)) return;
  if (options.topic != "top" && options.topic != "diff")
    fail(ErrorCode::kUsage, "-o writes the stacks of `profile top` or `profile diff`: {} is a table", options.topic);
  if (options.output.empty())
    fail(ErrorCode::kUsage, "which file is to be written? `-o FILE`, or `-o -` for standard output");
  if (stack_format(options).empty())
    fail(ErrorCode::kUsage,
         "{}: in which format? --as pprof, speedscope or flame; or a name that ends in .pb.gz, "
         ".speedscope.json or .svg",
         options.output);
}

void write_file(RunningVerb& run, const view::Profiles& profiles, profile::By by, bool is_difference) {
  const Options& options = run.options();
  const profile::Profile& first = profiles->front().profile();
  const auto combine = is_difference ? profile::Combine::kDifference : profile::Combine::kSum;
  OutputFile file(options.output, OutputFile::Access::kUsual);
  std::uint64_t written = 0;
  formats::Stream out([&](std::string_view bytes) {
    file.write_at(written, std::as_bytes(std::span(bytes)));
    written += bytes.size();
  });
  const std::string_view format = stack_format(options);
  if (format == "pprof") {
    out.put(formats::stacks_as_pprof(*profiles, combine));
  } else {
    const std::size_t type = view::find_sample_type(first, options.sample_type);
    const profile::SampleType& counted = first.sample_types()[type];
    const formats::StackPicture picture{title_of(profiles, counted.type, is_difference), counted.unit,
                                        profile::call_tree(*profiles, by, type, combine), is_difference};
    if (format == "speedscope")
      formats::write_speedscope(picture, out);
    else
      formats::write_flame_svg(picture, out);
  }
  out.flush();
  run.finish_progress();
  file.publish();
}

}  // namespace holdfast::cli
