#include "report/target_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"

namespace holdfast::report {
namespace {

const char* form_of(const heap::TargetInfo& target) {
  return target.kind == heap::TargetKind::kCore ? "core" : "live";
}

nlohmann::ordered_json moment_json(std::int64_t ns) {
  return ns == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(iso_moment(ns));
}

// As short as it can be told from the others: the file's name, or the whole path.
std::string short_name(const heap::GoRuntime& runtime, const std::vector<heap::GoRuntime>& all) {
  const std::string_view name = base_name(runtime.image);
  const auto same =
      std::count_if(all.begin(), all.end(), [&](const auto& other) { return base_name(other.image) == name; });
  return cleaned(same == 1 ? name : runtime.image);
}

}  // namespace

std::string runtimes_words(const std::vector<heap::GoRuntime>& runtimes, bool of_capture) {
  if (runtimes.size() < 2) return {};
  std::string list, chosen, others;
  for (const heap::GoRuntime& runtime : runtimes) {
    const std::string name = short_name(runtime, runtimes);
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", name,
                        runtime.heap_bytes ? format_bytes(*runtime.heap_bytes) : "of unknown size");
    if (runtime.chosen)
      chosen = name;
    else
      others += (others.empty() ? "" : " or ") + fmt::format("`--image {}`", name);
  }
  std::string words = fmt::format("{} Go runtimes in this process: {}; this is of {}", runtimes.size(), list, chosen);
  if (of_capture) return words;
  return fmt::format("{}; {} for {}", words, others, runtimes.size() == 2 ? "the other" : "another");
}

nlohmann::ordered_json runtimes_json(const std::vector<heap::GoRuntime>& runtimes) {
  auto list = nlohmann::ordered_json::array();
  for (const heap::GoRuntime& runtime : runtimes)
    list.push_back({{"image", runtime.image},
                    {"go_version", runtime.go_version},
                    {"heap_bytes", runtime.heap_bytes ? nlohmann::ordered_json(*runtime.heap_bytes) : nullptr},
                    {"chosen", runtime.chosen}});
  return list;
}

std::string release_words(const heap::TargetInfo& target) {
  return cleaned(target.go_version) + (target.release_given ? ", as given" : "");
}

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
               {"go_version_given", target.release_given},
               {"goarch", target.goarch},
               {"main_module", target.main_module},
               {"build_id", target.build_id},
               {"stripped", !target.has_symbols},
               {"dwarf", target.has_dwarf},
               {"layout_source", target.layout_source},
               {"modules", target.modules},
               {"runtimes", runtimes_json(target.runtimes)},
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
