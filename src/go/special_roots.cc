#include "go/special_roots.h"

#include <string>

#include "go/cache_record.h"
#include "go/processors.h"

namespace holdfast::go {
namespace {

// Lists in a damaged heap may be cyclic, so no list is followed further than this.
constexpr std::uint64_t kMostSpecialsOfSpan = 1 << 20;
constexpr std::uint64_t kMostBlocks = 1 << 24;

class SpecialReader {
 public:
  SpecialReader(const Runtime& runtime, const HeapModel& heap, LossLedger& losses)
      : runtime_(runtime), memory_(runtime.memory), layouts_(runtime.layouts), heap_(heap), losses_(losses) {}

  SpecialRoots read() {
    for (const MSpan& span : heap_.in_use())
      if (span.specials) read_span(span);
    read_finalizer_queue();
    read_cleanup_queue();
    read_tiny_blocks();
    return std::move(out_);
  }

 private:
  std::int64_t kind(const char* name) const { return layouts_.constant(name).value_or(-1); }

  void read_span(const MSpan& span) {
    Address at = span.specials;
    for (std::uint64_t i = 0; at && i < kMostSpecialsOfSpan; ++i) {
      const auto next = memory_.try_pointer(at + next_.offset);
      const auto offset = offset_.size == 2
                              ? std::optional<std::uint64_t>(memory_.try_integer<std::uint16_t>(at + offset_.offset))
                              : memory_.try_integer<std::uint64_t>(at + offset_.offset);
      const auto special = memory_.try_integer<std::uint8_t>(at + kind_.offset);
      if (!next || !offset || !special) {
        losses_.add(LossKind::kUnreadableSpecial, at);
        return;
      }
      read_special(at, span.base + *offset, *special);
      at = *next;
    }
  }

  void read_special(Address at, Address object, std::int64_t special) {
    if (special == finalizer_) {
      SpecialRoot root{SpecialRootKind::kFinalizer, at, object, {}, {}, true, {}};
      add_word(root, at + layouts_.offset("runtime.specialfinalizer", "fn"));
      root.function = code_of(root, 0);
      root.argument_type =
          memory_.try_pointer(at + layouts_.offset("runtime.specialfinalizer", "ot")).value_or(Address());
      out_.roots.push_back(std::move(root));
    } else if (special == weak_handle_) {
      SpecialRoot root{SpecialRootKind::kWeakHandle, at, object, {}, {}, false, {}};
      add_word(root, at + layouts_.offset("runtime.specialWeakHandle", "handle"));
      out_.roots.push_back(std::move(root));
    } else if (special == cleanup_) {
      SpecialRoot root{SpecialRootKind::kCleanup, at, object, {}, {}, false, {}};
      add_cleanup_words(root, layouts_.find("runtime.specialCleanup", "cleanup"), at,
                        [&] { return layouts_.offset("runtime.specialCleanup", "fn"); });
      out_.roots.push_back(std::move(root));
    } else if (special == profile_) {
      const auto bucket = memory_.try_pointer(at + layouts_.offset("runtime.specialprofile", "b"));
      if (bucket && *bucket) out_.profiled.push_back({object, *bucket});
    }
  }

  // Go 1.26+ keeps {call, fn, arg}; earlier releases only keep the function.
  template <typename OldOffset>
  void add_cleanup_words(SpecialRoot& root, const std::optional<FieldLayout>& triple, Address at,
                         OldOffset&& old_offset) {
    if (!triple) {
      add_word(root, at + old_offset());
      root.function = code_of(root, 0);
      return;
    }
    const Address base = at + triple->offset;
    add_word(root, base + layouts_.offset("runtime.cleanupFn", "fn"));
    add_word(root, base + layouts_.offset("runtime.cleanupFn", "arg"));
    add_word(root, base + layouts_.offset("runtime.cleanupFn", "call"));
    root.function = code_of(root, 0);
  }

  void add_word(SpecialRoot& root, Address at) {
    const auto value = memory_.try_pointer(at);
    if (!value) losses_.add(LossKind::kUnreadableSpecial, at);
    root.words.push_back({at, value.value_or(Address())});
  }

  // Returns the code that the function value in word `i` runs.
  Address code_of(const SpecialRoot& root, std::size_t i) const {
    const Address closure = root.words[i].value;
    return closure ? memory_.try_pointer(closure).value_or(Address()) : Address();
  }

  void read_finalizer_queue() {
    if (!runtime_.vars.allfin) {
      losses_.add(LossKind::kNoFinalizerQueue, Address());
      return;
    }
    // runtime.finBlock (finblock up to 1.24) has alllink, next, cnt, fin[]; the same in Go 1.17-1.27.
    constexpr std::uint64_t kAllLink = 0;
    constexpr std::uint64_t kCount = 16;
    constexpr std::uint64_t kEntries = 24;
    constexpr std::uint64_t kMostEntries = 101;
    const std::uint64_t size = layouts_.get_size("runtime.finalizer");
    Address block = memory_.try_pointer(runtime_.vars.allfin).value_or(Address());
    for (std::uint64_t n = 0; block && n < kMostBlocks; ++n) {
      const auto count = memory_.try_integer<std::uint32_t>(block + kCount);
      const auto next = memory_.try_pointer(block + kAllLink);
      if (!count || !next || *count > kMostEntries) {
        losses_.add(LossKind::kBadFinalizerQueue, block);
        return;
      }
      for (std::uint32_t i = 0; i < *count; ++i) read_queued_finalizer(block + kEntries + i * size);
      block = *next;
    }
  }

  void read_queued_finalizer(Address at) {
    SpecialRoot root{SpecialRootKind::kFinalizerQueue, at, {}, {}, {}, false, {}};
    for (const char* field : {"fn", "arg", "fint", "ot"})
      add_word(root, at + layouts_.offset("runtime.finalizer", field));
    root.function = code_of(root, 0);
    root.argument_type = root.words[3].value;
    out_.roots.push_back(std::move(root));
  }

  void read_cleanup_queue() {
    const auto all = layouts_.find("runtime.cleanupQueue", "all");
    if (!all) return;  // before Go 1.25 due cleanups wait in the queue of finalizers
    if (!runtime_.vars.gc_cleanups) {
      losses_.add(LossKind::kNoCleanupQueue, Address());
      return;
    }
    const std::uint64_t header = layouts_.get_size("runtime.cleanupBlockHeader");
    const std::uint32_t link = layouts_.offset("runtime.cleanupBlockHeader", "alllink");
    const std::uint32_t count_at = layouts_.offset("runtime.cleanupBlockHeader", "n");
    const auto triple = layouts_.size_of("runtime.cleanupFn");
    const std::uint64_t size = triple.value_or(8);
    const std::uint64_t room = (layouts_.get_size("runtime.cleanupBlock") - header) / size;
    Address block = memory_.try_pointer(runtime_.vars.gc_cleanups + all->offset).value_or(Address());
    for (std::uint64_t n = 0; block && n < kMostBlocks; ++n) {
      const auto count = memory_.try_integer<std::uint32_t>(block + count_at);
      const auto next = memory_.try_pointer(block + link);
      if (!count || !next || *count > room) {
        losses_.add(LossKind::kBadCleanupQueue, block);
        return;
      }
      for (std::uint32_t i = 0; i < *count; ++i) {
        const Address at = block + header + i * size;
        SpecialRoot root{SpecialRootKind::kCleanupQueue, at, {}, {}, {}, false, {}};
        add_cleanup_words(root, triple ? std::optional(FieldLayout{0, 24}) : std::nullopt, at,
                          [] { return std::uint32_t{0}; });
        out_.roots.push_back(std::move(root));
      }
      block = *next;
    }
  }

  void read_tiny_blocks() {
    const CacheFields cache(layouts_);
    for (const Processor& processor : read_processors(runtime_)) {
      if (!processor.mcache) continue;
      SpecialRoot root{SpecialRootKind::kTinyBlock, processor.mcache, {}, {}, {}, false, {}};
      add_word(root, processor.mcache + cache.tiny.offset);
      if (root.words[0].value) out_.roots.push_back(std::move(root));
    }
  }

  const Runtime& runtime_;
  const MemorySource& memory_;
  const LayoutSource& layouts_;
  const HeapModel& heap_;
  LossLedger& losses_;
  SpecialRoots out_;
  const FieldLayout next_ = layouts_.get("runtime.special", "next");
  const FieldLayout offset_ = layouts_.get("runtime.special", "offset");
  const FieldLayout kind_ = layouts_.get("runtime.special", "kind");
  const std::int64_t finalizer_ = kind("runtime._KindSpecialFinalizer");
  const std::int64_t weak_handle_ = kind("runtime._KindSpecialWeakHandle");
  const std::int64_t profile_ = kind("runtime._KindSpecialProfile");
  const std::int64_t cleanup_ = kind("runtime._KindSpecialCleanup");
};

}  // namespace

SpecialRoots read_special_roots(const Runtime& runtime, const HeapModel& heap, LossLedger& losses) {
  return SpecialReader(runtime, heap, losses).read();
}

}  // namespace holdfast::go
