#include "capture/runtimes.h"

#include <fmt/format.h>

#include <algorithm>

#include "go/goroutines.h"
#include "go/layout_table.h"
#include "go/mem_stats.h"
#include "os/proc_text.h"

namespace holdfast::capture {
namespace {

constexpr int kTries = 3;  // sums of counters that move meanwhile can be torn

void read_counters(const go::Runtime& runtime, FoundRuntime& found) {
  for (int attempt = 1;; ++attempt) {
    const auto stats = go::read_mem_stats(runtime);
    const auto heap = stats.find("HeapAlloc");
    const auto reserved = stats.find("HeapSys");
    if (!heap || !reserved) fail(ErrorCode::kNotFound, "the runtime's counters were not found");
    if (*heap <= *reserved) {
      found.goroutines = go::count_goroutines(runtime);
      found.heap_bytes = heap;
      return;
    }
    if (attempt == kTries)
      fail(ErrorCode::kUnsupported,
           "the counters contradict each other ({} bytes in use of {}): the layouts of {} do not fit", *heap, *reserved,
           runtime.layouts.name());
  }
}

FoundRuntime look_at(const Program& program, std::size_t image, const MemorySource& memory,
                     const std::optional<go::GoVersion>& given) {
  FoundRuntime found;
  found.image = image;
  try {
    std::vector<go::LoadedImage> images = program.images();
    std::rotate(images.begin(), images.begin() + static_cast<std::ptrdiff_t>(image), images.end());
    const go::GoVersion version = made_by(images.front(), given).version;
    found.go_version = version.text;
    const auto layouts = go::layout_table(version);
    LossLedger ignored;
    const auto identified = go::find_runtime(memory, *layouts, version, images, ignored);
    for (std::size_t other = 0; other < program.images().size(); ++other) {
      const auto& modules = identified.runtime->modules;
      if (other != image && std::any_of(modules.begin(), modules.end(), [&](const go::Module& module) {
            return module.path == program.images()[other].path;
          }))
        found.plugins.push_back(other);
    }
    read_counters(*identified.runtime, found);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kTargetGone) throw;
    found.trouble = error.what();
  }
  return found;
}

// A whole path is nothing else's name: "/lib/b.so" is not "/opt/lib/b.so".
bool is_called(std::string_view path, std::string_view name) {
  if (os::without_deleted_mark(name).size() == name.size()) path = os::without_deleted_mark(path);
  constexpr std::string_view kHere = "./";
  if (name.starts_with(kHere)) name.remove_prefix(kHere.size());
  if (name.empty() || !path.ends_with(name)) return false;
  return path.size() == name.size() || (name[0] != '/' && path[path.size() - name.size() - 1] == '/');
}

std::string paths_of(const Program& program, const std::vector<FoundRuntime>& runtimes) {
  std::string text;
  for (const FoundRuntime& runtime : runtimes)
    text += (text.empty() ? "" : ", ") + program.images()[runtime.image].path;
  return text;
}

const FoundRuntime& runtime_called(const std::string& name, const Program& program,
                                   const std::vector<FoundRuntime>& runtimes) {
  std::vector<FoundRuntime> called;
  std::size_t row = 0;
  for (std::size_t i = 0; i < runtimes.size(); ++i) {
    if (!is_called(program.images()[runtimes[i].image].path, name)) continue;
    called.push_back(runtimes[i]);
    row = i;
  }
  if (called.empty())
    fail(ErrorCode::kUsage, "--image {}: no Go runtime here is in a file of that name; there {} {}", name,
         runtimes.size() == 1 ? "is" : "are", paths_of(program, runtimes));
  if (called.size() > 1)
    fail(ErrorCode::kUsage, "--image {}: {} Go runtimes here are in files of that name; say more of the path: {}", name,
         called.size(), paths_of(program, called));
  return runtimes[row];
}

}  // namespace

std::vector<FoundRuntime> find_runtimes(const Program& program, const MemorySource& memory,
                                        const std::optional<go::GoVersion>& given) {
  std::vector<FoundRuntime> found;
  std::vector<bool> is_shared(program.images().size());
  for (std::size_t image = 0; image < is_shared.size(); ++image) {
    if (is_shared[image]) continue;
    found.push_back(look_at(program, image, memory, given));
    for (const std::size_t plugin : found.back().plugins) is_shared[plugin] = true;
  }
  // A program that shares the runtime of a library (-linkshared) comes before it.
  std::erase_if(found, [&](const FoundRuntime& runtime) { return is_shared[runtime.image]; });
  std::stable_sort(found.begin(), found.end(), [](const FoundRuntime& a, const FoundRuntime& b) {
    return a.heap_bytes.value_or(0) > b.heap_bytes.value_or(0);
  });
  return found;
}

go::Identified identify_taken(const Program& program, const MemorySource& memory, const go::LayoutSource& layouts,
                              go::Motion motion, LossLedger& losses) {
  try {
    return go::identify(memory, layouts, program.version(), program.images(), motion, losses);
  } catch (Error& error) {
    if (program.release_given() && error.code() == ErrorCode::kUnsupported)
      error.add_frame(fmt::format("--go-release {} may be wrong", program.version().text));
    throw;
  }
}

std::optional<go::GoVersion> given_release(const Options& options) {
  if (options.go_release.empty()) return std::nullopt;
  return in_context([&] { return go::named_release(options.go_release); }, "--go-release");
}

void take_runtime(Program& program, const MemorySource& memory, const std::string& named,
                  const std::optional<go::GoVersion>& given) {
  if (program.images().size() == 1 && named.empty())
    return program.take({0}, {{program.images()[0].path, "", std::nullopt, true}}, given);
  const auto runtimes = find_runtimes(program, memory, given);
  const FoundRuntime& chosen = named.empty() ? runtimes.front() : runtime_called(named, program, runtimes);
  std::vector<heap::GoRuntime> all;
  all.reserve(runtimes.size());
  for (const FoundRuntime& runtime : runtimes)
    all.push_back({program.images()[runtime.image].path, runtime.go_version, runtime.heap_bytes, &runtime == &chosen});
  std::vector<std::size_t> images = {chosen.image};
  images.insert(images.end(), chosen.plugins.begin(), chosen.plugins.end());
  program.take(images, std::move(all), given);
}

}  // namespace holdfast::capture
