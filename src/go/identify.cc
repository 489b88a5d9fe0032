#include "go/identify.h"

#include <algorithm>
#include <array>

#include "go/goroutine_record.h"
#include "go/heap_model.h"
#include "go/runtime_lists.h"
#include "go/variables.h"

namespace holdfast::go {
namespace {

constexpr std::size_t kSpansToCheck = 100;

std::string join(const std::vector<std::string>& sentences) {
  std::string out;
  for (const std::string& sentence : sentences) out += (out.empty() ? "" : "; ") + sentence;
  return out;
}

// Names each module after its file: the image whose segments hold its text.
void name_modules(std::vector<Module>& modules, const std::vector<LoadedImage>& images) {
  for (Module& module : modules) {
    for (const LoadedImage& image : images) {
      for (const auto& segment : image.elf->loads()) {
        const AddressRange range{image.at(segment.vaddr), image.at(segment.vaddr) + segment.memory_size};
        if (range.contains(module.text)) module.path = image.path;
      }
    }
  }
}

bool fits_its_class(const Runtime& runtime, const MSpan& span) {
  const unsigned size_class = span.size_class();
  if (size_class == 0) return span.slots == 1;
  return span.slot_size == size_of_class(size_class) && span.pages == pages_of_class(size_class) &&
         span.slots == slots_of_class(runtime.version, size_class, span.has_pointers());
}

// Compares span records with what their size class says.
void check_spans(const Runtime& runtime, Motion motion, std::vector<std::string>& problems) {
  LossLedger losses;
  std::size_t checked = 0;
  std::size_t wrong = 0;
  const HeapModel heap = HeapModel::read(runtime, motion, losses);
  for (const MSpan& span : heap.in_use()) {
    if (++checked > kSpansToCheck) break;
    if (fits_its_class(runtime, span)) continue;
    // A record that was torn because the runtime was writing it reads differently the second time.
    if (motion == Motion::kStopped || heap.read_again(span) == span) ++wrong;
  }
  if (wrong > 0)
    problems.push_back(
        fmt::format("{} of {} span records contradict their size class", wrong, std::min(checked, kSpansToCheck)));
  if (heap.sweep_gen() % 2 != 0) problems.push_back(fmt::format("sweepgen {} is odd", heap.sweep_gen()));
}

void check_goroutines(const Runtime& runtime, Motion motion, std::vector<std::string>& problems) {
  std::vector<Address> goroutines;
  try {
    goroutines = list_goroutines(runtime);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) return;
    throw;
  }
  if (goroutines.empty()) {
    problems.emplace_back("runtime.allgs lists no goroutine");
    return;
  }
  const GoroutineFields fields(runtime.layouts);
  Record record(runtime.memory, fields.size);
  std::size_t wrong = 0;
  const std::size_t looked = std::min(goroutines.size(), kSpansToCheck);
  const auto plausible = [&](Address g) {
    if (!record.read(g)) return false;
    const AddressRange stack = fields.stack_of(record);
    const bool has_stack = stack.begin < stack.end || (!stack.begin && !stack.end);
    return has_stack && GoroutineFields::is_status(record.number(fields.status));
  };
  // The two ends of a stack that moves meanwhile are not read at the same moment.
  for (std::size_t i = 0; i < looked; ++i)
    if (!plausible(goroutines[i]) && (motion == Motion::kStopped || !plausible(goroutines[i]))) ++wrong;
  if (wrong > 0) problems.push_back(fmt::format("{} of {} goroutine records are implausible", wrong, looked));
}

}  // namespace

std::vector<std::string> check_layouts(const Runtime& runtime, Motion motion) {
  std::vector<std::string> problems;
  try {
    check_spans(runtime, motion, problems);
    check_goroutines(runtime, motion, problems);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kTruncated) throw;  // missing memory contradicts nothing
    problems.emplace_back(error.what());
  }
  return problems;
}

Identified find_runtime(const MemorySource& memory, const LayoutSource& layouts, const GoVersion& version,
                        const std::vector<LoadedImage>& images, LossLedger& losses) {
  const LoadedImage& image = images.front();
  const Address first = find_first_module(memory, layouts, image);
  if (!first)
    fail(ErrorCode::kUnsupported, "{} ({}): no record of the Go runtime fits the layouts of {}", image.path,
         version.text, layouts.name());
  Identified out;
  out.runtime =
      std::make_unique<Runtime>(Runtime{memory, layouts, version, read_modules(memory, layouts, first, losses), {}});
  name_modules(out.runtime->modules, images);
  out.functions = std::make_unique<FunctionTables>(*out.runtime, losses);
  out.runtime->vars = find_variables(memory, layouts, image, [&](std::string_view name) {
    std::vector<AddressRange> ranges;
    for (const Code& code : out.functions->find_by_name(name))
      ranges.push_back({code.function.entry, code.function.end});
    return ranges;
  });
  return out;
}

Identified identify(const MemorySource& memory, const LayoutSource& layouts, const GoVersion& version,
                    const std::vector<LoadedImage>& images, Motion motion, LossLedger& losses) {
  Identified out = find_runtime(memory, layouts, version, images, losses);
  const LoadedImage& image = images.front();
  const auto problems = check_layouts(*out.runtime, motion);
  if (!problems.empty())
    fail(ErrorCode::kUnsupported, "{} ({}) does not fit the layouts of {}: {}", image.path, version.text,
         layouts.name(), join(problems));
  return out;
}

Identified identify_again(const Identified& known, const MemorySource& memory, const MemorySource* unchanging,
                          LossLedger& losses) {
  Identified out;
  const Runtime& k = *known.runtime;
  out.runtime = std::make_unique<Runtime>(Runtime{memory, k.layouts, k.version, k.modules, k.vars, unchanging});
  out.functions = std::make_unique<FunctionTables>(*out.runtime, losses);
  return out;
}

}  // namespace holdfast::go
