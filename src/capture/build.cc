#include "capture/build.h"

#include <fmt/format.h>

#include "base/architecture.h"
#include "base/parallel.h"
#include "capture/awaited_locks.h"
#include "capture/channels.h"
#include "capture/closed_files.h"
#include "capture/content.h"
#include "capture/counters.h"
#include "capture/edges.h"
#include "capture/forecast.h"
#include "capture/goroutines.h"
#include "capture/kept_code_facts.h"
#include "capture/large_headers.h"
#include "capture/lock_holders.h"
#include "capture/map_fills.h"
#include "capture/mapping_holders.h"
#include "capture/mark_excuses.h"
#include "capture/objects.h"
#include "capture/root_writer.h"
#include "capture/roots.h"
#include "capture/samples.h"
#include "capture/span_records.h"
#include "capture/stale_words.h"
#include "capture/timers.h"
#include "go/mem_stats.h"
#include "go/special_roots.h"
#include "heap/object_index.h"
#include "typing/find_types.h"
#include "typing/variable_labels.h"

namespace holdfast::capture {
namespace {

void add_target_info(const FrozenTarget& target, heap::Snapshot& snapshot) {
  const go::Runtime& runtime = *target.identified->runtime;
  const go::LoadedImage& image = target.program->images().front();
  heap::TargetInfo& info = snapshot.target;
  info.exe = image.path;
  info.go_version = runtime.version.text;
  info.release_given = target.program->release_given();
  info.goarch = kArchitecture.go_name;
  if (const auto& build = target.program->build_info()) {
    info.main_module = build->main_module;
    for (const binary::BuildModule& module : build->modules)
      info.build_modules.push_back({.path = module.path, .version = module.version});
  }
  info.build_id = image.elf->go_build_id().empty() ? image.elf->gnu_build_id() : image.elf->go_build_id();
  info.layout_source = runtime.layouts.name();
  const binary::ElfFile& symbols = *target.program->symbol_images().front().elf;
  info.has_symbols = symbols.has_symbols();
  info.has_dwarf = symbols.has_dwarf();
  info.modules = static_cast<std::uint32_t>(runtime.modules.size());
  info.threads = static_cast<std::uint32_t>(target.threads.size());
  info.c_handles_made = go::count_c_handles(runtime);
}

// The look before was taken of a moving process, or, if there is but one runtime, not at all.
void add_runtimes(const FrozenTarget& target, heap::Snapshot& snapshot) {
  snapshot.target.runtimes = target.program->runtimes();
  for (heap::GoRuntime& runtime : snapshot.target.runtimes) {
    if (!runtime.chosen) continue;
    runtime.go_version = snapshot.target.go_version;
    for (const auto& [name, value] : snapshot.mem_stats)
      if (name == "HeapAlloc") runtime.heap_bytes = value;
  }
}

// Returns them as the linker laid them out, in whole pages.
void add_code_mappings(const Program& program, std::vector<heap::CodeMapping>& mappings) {
  for (const go::LoadedImage& image : program.images())
    for (const binary::ElfSegment& segment : image.elf->segments()) {
      if (!segment.executable()) continue;
      const std::uint64_t before = segment.offset % kSystemPage;
      const Address begin = image.at(segment.vaddr) - before;
      const std::uint64_t end =
          (begin.value + before + segment.memory_size + kSystemPage - 1) / kSystemPage * kSystemPage;
      mappings.push_back({{begin, Address(end)}, segment.offset - before, image.path, image.elf->gnu_build_id()});
      if (mappings.back().build_id.empty()) mappings.back().build_id = image.elf->go_build_id();
    }
}

// Returns the memory of the program and its plugins that is no code and that passes the test.
template <typename Test>
std::vector<AddressRange> data_of(const Program& program, const Test& test) {
  std::vector<AddressRange> ranges;
  for (const go::LoadedImage& image : program.images())
    for (const binary::ElfSegment& segment : image.elf->segments())
      if (segment.readable() && !segment.executable() && test(segment))
        ranges.push_back({image.at(segment.vaddr), image.at(segment.vaddr) + segment.memory_size});
  return ranges;
}

// Returns what they can only read.
std::vector<AddressRange> constants_of(const Program& program) {
  return data_of(program, [](const binary::ElfSegment& segment) { return !segment.writable(); });
}

// Returns that and their variables: what was to be relocated lies among these.
std::vector<AddressRange> readable_data_of(const Program& program) {
  return data_of(program, [](const binary::ElfSegment&) { return true; });
}

std::string_view function_name(const go::FunctionTables& functions, Address code) {
  const auto found = functions.find(code);
  return found ? found->function.name : std::string_view();
}

// The spans of a heap model and of a snapshot have the same rows.
std::vector<typing::LargeType> large_types_of(const go::HeapModel& heap) {
  std::vector<typing::LargeType> found;
  for (std::uint32_t row = 0; row < heap.in_use().size(); ++row)
    if (const go::MSpan& span = heap.in_use()[row]; span.size_class() == 0 && span.large_type)
      found.push_back({SpanId(row), span.large_type});
  return found;
}

// Whether what the caller would do meanwhile has to wait for the end of the copy.
bool has_to_wait(const FrozenTarget& target, const Callbacks& callbacks, const heap::Snapshot& snapshot) {
  const std::uint64_t references = snapshot.edges.count();
  const GraphSize graph{snapshot.objects, snapshot.pointerful, references,
                        GraphSize::most_repeated(references, snapshot.pointerful)};
  return callbacks.meanwhile_can_wait && target.copied_bytes > 0 && !fit_side_by_side(target.copied_bytes, graph);
}

// Returns the types that would be found in a stripped program.
heap::TypeColumns types_without_debug_information(const typing::TypeInputs& inputs, heap::Snapshot& snapshot) {
  heap::TypeColumns kept{std::move(snapshot.object_type), std::move(snapshot.types), std::move(snapshot.fields)};
  snapshot.types.clear();
  snapshot.fields.clear();
  LossLedger losses;  // dropped: they belong to another answer
  const go::Symbols no_symbols(std::vector<go::LoadedImage>{});
  typing::add_types({inputs.runtime, inputs.functions, inputs.threads, inputs.symbol_images, inputs.large_types,
                     inputs.index, inputs.scheduler, inputs.specials, no_symbols, nullptr, inputs.kept_code_facts},
                    snapshot, losses);
  heap::TypeColumns without{std::move(snapshot.object_type), std::move(snapshot.types), std::move(snapshot.fields)};
  snapshot.object_type = std::move(kept.object_type);
  snapshot.types = std::move(kept.types);
  snapshot.fields = std::move(kept.fields);
  return without;
}

}  // namespace

void build(const FrozenTarget& target, const Options& options, const Callbacks& callbacks, heap::Snapshot& snapshot,
           LossLedger& losses, PassTimes& times) {
  const go::Runtime& runtime = *target.identified->runtime;
  const go::FunctionTables& functions = *target.identified->functions;
  add_target_info(target, snapshot);

  std::optional<go::HeapModel> model =
      times.run("spans", [&] { return go::HeapModel::read(runtime, go::Motion::kStopped, losses); });
  const go::HeapModel& heap = *model;
  snapshot.audit.gc_phase = heap.gc_phase();
  const UncountedSlots uncounted = times.run("marks", [&] { return add_objects(runtime, heap, snapshot, losses); });
  // Which objects there are, and what the last collection said of each, is final.
  const heap::ObjectIndex index(snapshot.spans, snapshot.allocated);
  const go::PointerMasks masks(runtime, losses);
  times.run("edges", [&] { add_edges(runtime, heap, masks, index, snapshot, losses); });

  // What refers to what in the heap is final.
  const auto specials = times.run("specials", [&] { return go::read_special_roots(runtime, heap, losses); });
  const auto scheduler = times.run("scheduler", [&] { return go::read_scheduler(runtime, functions, losses); });
  add_span_records(runtime, heap, scheduler.processors, snapshot);
  times.run("excuses", [&] { add_mark_excuses(runtime, heap, scheduler, index, snapshot); });
  RootWriter forest(snapshot, index);
  std::optional<go::Symbols> symbols;
  times.run("roots", [&] {
    symbols.emplace(options.use_symbols ? target.program->symbol_images() : std::vector<go::LoadedImage>());
    if (target.dwarf != nullptr) symbols->add(*target.dwarf, target.program->symbol_images().front());
    add_global_roots(runtime, *symbols, forest, snapshot.strings, losses);
    add_special_roots(
        specials.roots, [&](Address code) { return function_name(functions, code); }, forest, snapshot.strings);
  });
  const go::ChannelQueues queues(runtime, scheduler);
  times.run("goroutines", [&] { add_goroutines(target, heap, scheduler, queues, forest, snapshot, losses); });
  add_timers(target, scheduler, index, snapshot);
  add_awaited_locks(runtime, *symbols, index, snapshot);
  add_lock_holders(functions, snapshot);
  // The graph is final: nothing that follows adds a root or an edge.
  times.run("samples", [&] {
    add_samples(specials.profiled, go::read_memory_profile(runtime, losses), functions, index, snapshot, losses);
    add_code_mappings(*target.program, snapshot.profile.mappings);
  });
  if (options.reads_on_demand()) snapshot.content.source = target.content;
  if (options.content == ContentNeed::kKept)
    times.run("content", [&] {
      add_content(runtime, functions, constants_of(*target.program), readable_data_of(*target.program),
                  target.residency ? target.residency->holes : std::vector<AddressRange>(), snapshot, losses);
    });
  times.run("counters", [&] {
    try {
      add_counters(target, heap, scheduler, uncounted, snapshot);
    } catch (const Error& error) {  // records of the runtime are missing, as in a core that was cut off
      losses.add(LossKind::kNoCounters, error.what());
    }
  });
  times.run("mappings", [&] {
    const auto records = target.residency ? target.residency->record_chunks : std::vector<AddressRange>();
    add_mapping_holders(runtime, *symbols, records, forest, snapshot);
  });
  add_runtimes(target, snapshot);
  // All but types, names and losses is final. The runtime's records of the heap are not needed any more, and the next
  // passes take most memory.
  const std::vector<typing::LargeType> large_types = large_types_of(heap);
  model.reset();
  typing::TypeInputs inputs{runtime,     functions,   target.threads, target.program->symbol_images(),
                            large_types, index,       scheduler,      specials.roots,
                            *symbols,    target.dwarf};
  KeptCodeFacts kept(runtime, snapshot.target.build_id, options.use_cache ? os::PrivateCache::open() : std::nullopt);
  typing::VariableFacts variables;
  std::vector<heap::NamedWord> interface_words;
  const auto types = [&] {
    times.run("types", [&] {
      inputs.kept_code_facts = kept.bytes();
      typing::FoundTypes found = typing::add_types(inputs, snapshot, losses, callbacks.type_reasons);
      kept.keep(std::move(found.code_facts));
      variables = std::move(found.variables);
      interface_words = std::move(found.interface_words);
    });
  };
  if (callbacks.first_look) callbacks.first_look(snapshot);
  if (callbacks.meanwhile && !has_to_wait(target, callbacks, snapshot))
    run_both(types, [&] { callbacks.meanwhile(snapshot); });
  else
    types();
  // What each object is, is final. Nobody but this pass reads the roots now, so it may name them.
  times.run("labels", [&] {
    const go::FunctionName name_of = [&](Address code) { return function_name(functions, code); };
    const auto pointers = typing::static_pointers(target.program->images(), runtime.modules);
    typing::label_variables(variables, pointers, *symbols, runtime.modules, name_of, snapshot);
  });
  times.run("channels", [&] { add_channels(runtime, scheduler, queues, index, snapshot, losses); });
  times.run("maps", [&] { add_map_fills(runtime, index, snapshot, losses); });
  times.run("headers", [&] {
    add_large_headers(runtime.memory, index, interface_words, snapshot);
    add_stale_words(runtime.memory, index, snapshot);
    add_closed_files(runtime.memory, index, snapshot);
  });
  if (callbacks.second_opinion) {
    inputs.kept_code_facts = kept.bytes();
    callbacks.second_opinion(snapshot, types_without_debug_information(inputs, snapshot));
  }
}

}  // namespace holdfast::capture
