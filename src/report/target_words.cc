#include "report/target_words.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/units.h"

namespace holdfast::report {
namespace {

const char* form_of(const heap::TargetInfo& target) {
  return target.kind == heap::TargetKind::kCore ? "core" : "live";
}

nlohmann::ordered_json moment_json(std::int64_t ns) {
  return ns == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(iso_moment(ns));
}

}  // namespace

std::string target_words(const heap::TargetInfo& target) {
  const bool core = target.kind == heap::TargetKind::kCore;
  std::string what = core ? "core" : "";
  if (target.pid > 0) what += fmt::format("{}pid {}", core ? " of " : "", target.pid);
  if (core && target.core_written_ns != 0) what += ", written " + format_moment(target.core_written_ns);
  if (target.from_file) {
    what = fmt::format("capture{}{}{}", what.empty() ? "" : " of ", core ? "a " : "", what);
    if (target.captured_at_ns != 0) what += ", taken " + format_moment(target.captured_at_ns);
    if (!target.host.empty()) what += " on host " + cleaned(target.host);
  }
  return cleaned(target.name) + (what.empty() ? "" : ", ") + what;
}

nlohmann::ordered_json target_json(const heap::TargetInfo& target) {
  nlohmann::ordered_json json = {{"kind", target.from_file ? "capture" : form_of(target)}};
  if (target.from_file) json["of"] = form_of(target);
  json.update({{"pid", target.pid},
               {"name", target.name},
               {"exe", target.exe},
               {"go_version", target.go_version},
               {"goarch", target.goarch},
               {"main_module", target.main_module},
               {"build_id", target.build_id},
               {"stripped", !target.has_symbols},
               {"dwarf", target.has_dwarf},
               {"layout_source", target.layout_source},
               {"modules", target.modules},
               {"threads", target.threads},
               {"memory_limit", target.memory_limit},
               {"captured_at", moment_json(target.captured_at_ns)},
               {"core_written_at", moment_json(target.core_written_ns)},
               {"host", target.host},
               {"kernel", target.kernel},
               {"captured_with", target.captured_with}});
  return json;
}

}  // namespace holdfast::report
