#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "dumps/crash_addresses.h"
#include "view/dangling_table.h"

namespace holdfast::cli {
namespace {

// The messages stand at the beginning of what a program prints when it ends; its goroutines follow.
constexpr std::size_t kMostCrashBytes = std::size_t{64} << 20;

std::string read_crash(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostCrashBytes, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && (!file.eof() || file.bad()))
    fail(ErrorCode::kUsage, "the crash in {} cannot be read: {}", path, std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::vector<dumps::AskedAddress> asked_of(const Options& options) {
  if (options.crash.empty())
    return options.address ? std::vector{dumps::AskedAddress{*options.address}} : std::vector<dumps::AskedAddress>();
  if (options.address) fail(ErrorCode::kUsage, "--object and --crash both say what is asked about: give one of them");
  std::vector<dumps::AskedAddress> asked = dumps::addresses_of_crash(read_crash(options.crash));
  if (asked.empty())
    fail(ErrorCode::kUsage,
         "{} has no message with an address that could be freed memory: a bad pointer, a marked free object, a fault "
         "above the first {}",
         options.crash, format_bytes(dumps::kFirstPage));
  return asked;
}

view::TableShape shape_of_dangling(const Options&) {
  return view::dangling_shape();
}

int run_dangling(RunningVerb& run) {
  const std::vector<dumps::AskedAddress> asked = asked_of(run.options());
  session::Session& session = run.session();
  run.answer_with_table([&] { return session.dangling(asked); }, [&] { return &session.snapshot(); });
  return 0;
}

}  // namespace

const Verb kDanglingVerb = {
    .name = "dangling",
    .help = "words that name freed memory, or what names one address that a crash told",
    .example = "holdfast dangling 4711 --object 0xc000123400",
    .flags = {dangling_flags(), target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .shape = shape_of_dangling,
    .reads_headers = true,
    .reads_outside = true,
    .run = run_dangling};

}  // namespace holdfast::cli
