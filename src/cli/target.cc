#include "cli/target.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.h"
#include "capture/capture.h"
#include "heap/hold_file.h"
#include "os/file_mapping.h"

namespace holdfast::cli {
namespace {

bool is_process(const std::string& target) {
  try {
    os::find_process(target);
    return true;
  } catch (const Error& error) {
    return error.code() == ErrorCode::kUsage;  // several have the name: find_process lists them later
  }
}

}  // namespace

TargetForm form_of(const std::string& target) {
  const std::filesystem::file_status status = std::filesystem::status(target);
  if (!std::filesystem::exists(status) || std::filesystem::is_directory(status)) return TargetForm::kProcess;
  if (heap::is_hold(os::map_file(target)->bytes())) return TargetForm::kHold;
  const bool may_be_name = target.find('/') == std::string::npos;
  try {
    if (capture::is_core_file(target)) return TargetForm::kCore;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage || !may_be_name || !is_process(target)) throw;
    return TargetForm::kProcess;
  }
  if (may_be_name && is_process(target)) return TargetForm::kProcess;
  fail(ErrorCode::kUsage, "{} is neither a core file nor a .hold file", target);
}

os::ProcessStatus find_process(const std::string& target) {
  try {
    return os::find_process(target);
  } catch (const Error& error) {
    const std::string_view verb = verb_like(target);
    if (error.code() != ErrorCode::kNotFound) throw;
    if (std::filesystem::is_directory(target))
      fail(error.code(), "{} is a directory, and no process is called so", target);
    if (target.find('/') != std::string::npos) fail(error.code(), "there is no file {}", target);
    if (verb.empty()) throw;
    fail(error.code(), "{}; if the verb was meant: holdfast {} TARGET", error.what(), verb);
  }
}

capture::Options capture_options(const Options& options) {
  return {.use_dwarf = options.use_dwarf,
          .use_symbols = options.use_symbols,
          .symbols = options.symbols,
          .use_cache = options.use_cache,
          .with_content = options.with_content,
          .callbacks = {}};
}

heap::Snapshot open_target(const Options& options, PassTimes& times, const capture::Callbacks& callbacks) {
  capture::Options how = capture_options(options);
  how.callbacks = callbacks;
  switch (form_of(options.target)) {
    case TargetForm::kCore:
      return capture::capture_core(options.target, options.exe, how, times);
    case TargetForm::kHold: {
      if (!options.symbols.empty())
        fail(ErrorCode::kUsage,
             "{} has its names already: --symbols is for when it is written, holdfast capture --help", options.target);
      auto snapshot = times.run("open", [&] { return heap::read_hold(os::map_file(options.target)->bytes()); });
      if (callbacks.first_look) callbacks.first_look(snapshot);
      if (callbacks.meanwhile) callbacks.meanwhile(snapshot);
      return snapshot;
    }
    case TargetForm::kProcess:
      break;
  }
  return capture::capture_live(find_process(options.target), how, times);
}

}  // namespace holdfast::cli
