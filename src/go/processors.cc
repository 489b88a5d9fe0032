#include "go/processors.h"

#include "go/runtime_lists.h"

namespace holdfast::go {

ProcessorReader::ProcessorReader(const Runtime& runtime)
    : runtime_(runtime),
      id_(runtime.layouts.get("runtime.p", "id")),
      status_(runtime.layouts.get("runtime.p", "status")),
      m_(runtime.layouts.get("runtime.p", "m")),
      mcache_(runtime.layouts.get("runtime.p", "mcache")),
      cached_pages_(runtime.layouts.get("runtime.p", "pcache.cache")),
      cached_released_(runtime.layouts.get("runtime.p", "pcache.scav")),
      cached_at_(runtime.layouts.get("runtime.p", "pcache.base")),
      record_chunk_(runtime.layouts.get("runtime.p", "palloc.base")) {}

std::optional<Processor> ProcessorReader::try_read(Address p) const {
  const MemorySource& memory = runtime_.memory;
  const auto id = memory.try_integer<std::uint32_t>(p + id_.offset);
  const auto status = memory.try_integer<std::uint32_t>(p + status_.offset);
  const auto m = memory.try_pointer(p + m_.offset);
  const auto mcache = memory.try_pointer(p + mcache_.offset);
  const auto pages = memory.try_integer<std::uint64_t>(p + cached_pages_.offset);
  const auto released = memory.try_integer<std::uint64_t>(p + cached_released_.offset);
  const auto cached_at = memory.try_pointer(p + cached_at_.offset);
  const auto chunk = memory.try_pointer(p + record_chunk_.offset);
  if (!id || !status || !m || !mcache || !pages || !released || !cached_at || !chunk) return std::nullopt;
  return Processor{p, *id, *status, *m, *mcache, *pages, *released, *cached_at, *chunk};
}

Processor ProcessorReader::read(Address p) const {
  const auto processor = try_read(p);
  if (!processor) fail(ErrorCode::kDamaged, "the runtime.p at {:#x} cannot be read", p.value);
  return *processor;
}

std::vector<Processor> read_processors(const Runtime& runtime) {
  const ProcessorReader reader(runtime);
  std::vector<Processor> processors;
  for (const Address p : try_list_processors(runtime))
    if (const auto processor = reader.try_read(p)) processors.push_back(*processor);
  return processors;
}

}  // namespace holdfast::go
