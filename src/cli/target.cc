#include "cli/target.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/output.h"

namespace holdfast::cli {

std::unique_ptr<capture::Target> find_target(const Options& options) {
  const std::string& name = options.target;
  try {
    auto target = capture::find_target(name, {.exe = options.exe,
                                              .use_dwarf = options.use_dwarf,
                                              .use_symbols = options.use_symbols,
                                              .symbols = options.symbols,
                                              .use_cache = options.use_cache,
                                              .with_content = options.with_content});
    if (!target->remark().empty()) remark(fmt::format("holdfast: {}\n", target->remark()));
    return target;
  } catch (const Error& error) {
    const std::string_view verb = verb_like(name);
    if (error.code() != ErrorCode::kNotFound || name.find('/') != std::string::npos || verb.empty()) throw;
    fail(error.code(), "{}; if the verb was meant: holdfast {} TARGET", error.what(), verb);
  }
}

}  // namespace holdfast::cli
