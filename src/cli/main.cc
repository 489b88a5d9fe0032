// The program: reads the command line, runs one verb, maps errors to exit codes (0 done, 1 failed, 2 wrong usage, 3 a
// gate found something).
#include <fmt/format.h>
#include <malloc.h>

#include "base/error.h"
#include "base/parallel.h"
#include "cli/command_line.h"
#include "cli/output.h"
#include "cli/run.h"
#include "os/cancel_signals.h"
#include "os/memory_room.h"

namespace {

int run(const std::vector<std::string>& arguments) {
  using namespace holdfast;
  const cli::Parsed parsed = cli::parse(arguments);
  if (parsed.done) {
    cli::print(parsed.text);
    return 0;
  }
  set_thread_limit(parsed.options.threads);
  os::install_cancel_handlers();
  os::offer_to_be_killed_first();
  return cli::run_verb(*parsed.verb, parsed.options);
}

}  // namespace

int main(int argc, char** argv) {
  using holdfast::ErrorCode;
  namespace cli = holdfast::cli;
  // Large blocks must always come from the system and go back to it. By default, the allocator begins to keep blocks of
  // that size when the first one is freed, which costs 2 B per object of a large heap.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  int code = 1;
  try {
    cli::guard_standard_files();
    code = run({argv + 1, argv + argc});
  } catch (const holdfast::Error& error) {
    if (error.code() != ErrorCode::kNoReader) cli::remark(fmt::format("holdfast: {}", error.what()));
    if (error.code() == ErrorCode::kUsage) code = 2;
  } catch (const std::exception& error) {
    cli::remark(fmt::format("holdfast: {}", error.what()));
  }
  return code == 0 && cli::remarks_lost() ? 1 : code;
}
