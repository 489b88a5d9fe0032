#include "cli/target.h"

#include <filesystem>

#include "base/error.h"

namespace holdfast::cli {

std::unique_ptr<capture::Target> find_target(const Options& options) {
  const std::string& name = options.target;
  try {
    return capture::find_target(name, {.exe = options.exe,
                                       .use_dwarf = options.use_dwarf,
                                       .use_symbols = options.use_symbols,
                                       .symbols = options.symbols,
                                       .use_cache = options.use_cache,
                                       .with_content = options.with_content});
  } catch (const Error& error) {
    const std::string_view verb = verb_like(name);
    if (error.code() != ErrorCode::kNotFound) throw;
    if (std::filesystem::is_directory(name)) fail(error.code(), "{} is a directory, and no process is called so", name);
    if (name.find('/') != std::string::npos) fail(error.code(), "there is no file {}", name);
    if (verb.empty()) throw;
    fail(error.code(), "{}; if the verb was meant: holdfast {} TARGET", error.what(), verb);
  }
}

}  // namespace holdfast::cli
