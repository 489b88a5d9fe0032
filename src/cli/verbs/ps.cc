#include <fmt/format.h>

#include "capture/processes.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "session/process_table.h"

namespace holdfast::cli {
namespace {

view::TableShape ps_shape(const Options&) {
  return session::process_shape();
}

int run_ps(RunningVerb& run) {
  std::vector<capture::ClosedProcess> closed;
  run.answer_with_table(
      [&] {
        capture::ProcessList list = capture::list_go_processes();
        closed = std::move(list.closed);
        return session::process_table(std::move(list.go));
      },
      [] { return nullptr; });
  if (!closed.empty())
    run.remark(fmt::format("not looked into, for lack of permission: {}; the first is {} {}", closed.size(),
                           closed.front().status.pid, closed.front().status.name));
  return 0;
}

}  // namespace

const Verb kProcessesVerb = {.name = "ps",
                             .help = "the Go processes here; none of them is stopped",
                             .example = "holdfast ps --sort heap",
                             .answers = Answers::kNobody,
                             .flags = {json_flags(), text_flags(), table_flags()},
                             .shape = ps_shape,
                             .run = run_ps};

}  // namespace holdfast::cli
