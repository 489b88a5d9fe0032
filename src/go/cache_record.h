// Says where the fields of runtime.mcache lie: what a P allocates from without asking anybody. Everything that reads
// one does it through this. Several threads may share it. Source: src/runtime/mcache.go of Go 1.19-1.27
// (reference 8.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/architecture.h"
#include "base/memory_source.h"
#include "go/heap_model.h"
#include "go/layout.h"

namespace holdfast::go {

// A size class with pointers and the same without are two.
constexpr std::size_t kSpanClasses = std::size_t{2} * kSizeClasses;

// Fails with kUnsupported if the layouts lack a field.
struct CacheFields {
  explicit CacheFields(const LayoutSource& layouts) : layouts_(layouts) {}

  const LayoutSource& layouts_;
  const FieldLayout tiny = need("tiny");  // the block that small objects without pointers share
  const FieldLayout tiny_allocs = need("tinyAllocs"), flush_gen = need("flushGen"), spans = need("alloc");

  // Returns the runtime.mspan that it has of each span class, null for none; nothing if the list cannot be read.
  std::optional<std::array<Address, kSpanClasses>> try_read_spans(const MemorySource& memory, Address cache) const {
    std::array<std::byte, kSpanClasses * kWord> bytes{};
    if (!memory.try_read(cache + spans.offset, bytes)) return std::nullopt;
    std::array<Address, kSpanClasses> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = Address(load_le<std::uint64_t>(bytes.data() + i * kWord));
    return out;
  }

 private:
  FieldLayout need(std::string_view field) const { return layouts_.get("runtime.mcache", field); }
};

}  // namespace holdfast::go
