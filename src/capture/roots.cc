#include "capture/roots.h"

#include <fmt/format.h>

#include <array>
#include <bit>

#include "go/gc_program.h"

namespace holdfast::capture {
namespace {

// The mask of one section: the expanded one of the runtime, or, if its page is missing, expanded anew from the program.
std::vector<std::uint64_t> section_mask(const go::Runtime& runtime, Address mask, std::uint64_t bits, Address program,
                                        AddressRange section, LossLedger& losses) {
  const std::uint64_t words = std::min(bits, section.size() / 8);
  std::vector<std::uint64_t> out((words + 63) / 64);
  const auto bytes = std::as_writable_bytes(std::span(out)).first((words + 7) / 8);
  if (words > 0 && !runtime.memory.try_read(mask, bytes)) {
    const auto expanded = go::expand_gc_program(runtime.memory, program, words, 64 << 20);
    if (expanded.end != go::GcProgramEnd::kComplete)
      losses.add("no-section-mask", "which package variables hold pointers cannot be told: what they hold is missing",
                 section.begin);
    out = expanded.bits.words;
    out.resize((words + 63) / 64);
  }
  if (words % 64 != 0 && !out.empty()) out.back() &= (std::uint64_t{1} << (words % 64)) - 1;
  return out;
}

class GlobalRoots {
 public:
  GlobalRoots(const go::Runtime& runtime, const go::Symbols& symbols, RootWriter& forest, LossLedger& losses)
      : runtime_(runtime), symbols_(symbols), forest_(forest), losses_(losses) {}

  void add(const go::Module& module) {
    of_program_ = &module == &runtime_.modules.front();
    add_section(module, module.data,
                section_mask(runtime_, module.data_mask, module.data_mask_bits, module.gcdata, module.data, losses_));
    add_section(module, module.bss,
                section_mask(runtime_, module.bss_mask, module.bss_mask_bits, module.gcbss, module.bss, losses_));
  }

 private:
  void add_section(const go::Module& module, AddressRange section, const std::vector<std::uint64_t>& mask) {
    current_ = {};
    open_ = false;
    for (std::uint64_t w = 0; w < mask.size(); ++w) {
      for (std::uint64_t bits = mask[w]; bits != 0; bits &= bits - 1)
        add_word(module, section.begin + (w * 64 + static_cast<std::uint64_t>(std::countr_zero(bits))) * 8);
    }
    close();
  }

  void add_word(const go::Module& module, Address at) {
    const auto value = runtime_.memory.try_pointer(at);
    if (!value) {
      losses_.add("unreadable-variable", "package variables cannot be read: what they hold is missing", at);
      return;
    }
    if (!*value) return;
    if (!open_ || !current_.contains(at)) {
      close();
      const go::Variable* variable = symbols_.find(at);
      current_ = variable != nullptr ? variable->range : AddressRange{at, at + 8};
      forest_.add(heap::RootKind::kGlobal, RootId(),
                  variable != nullptr ? std::string(variable->name) : go::place_name(module, of_program_, at),
                  current_.begin);
      open_ = true;
    }
    forest_.hold(*value, at - current_.begin);
  }

  void close() {
    if (open_) forest_.drop_if_empty();
    open_ = false;
  }

  const go::Runtime& runtime_;
  const go::Symbols& symbols_;
  RootWriter& forest_;
  LossLedger& losses_;
  bool of_program_ = true;
  AddressRange current_;
  bool open_ = false;
};

struct SpecialKind {
  go::SpecialRootKind kind;
  heap::RootKind root;
  const char* group;
  const char* word;
};

constexpr std::array kSpecialKinds = {
    SpecialKind{go::SpecialRootKind::kFinalizer, heap::RootKind::kFinalizer, "finalizers", "finalizer"},
    SpecialKind{go::SpecialRootKind::kFinalizerQueue, heap::RootKind::kFinalizerQueue, "finalizer queue",
                "finalizer queue:"},
    SpecialKind{go::SpecialRootKind::kCleanup, heap::RootKind::kCleanup, "cleanups", "cleanup"},
    SpecialKind{go::SpecialRootKind::kCleanupQueue, heap::RootKind::kCleanupQueue, "cleanup queue", "cleanup queue:"},
    SpecialKind{go::SpecialRootKind::kWeakHandle, heap::RootKind::kWeakHandle, "handles of weak pointers",
                "weak handle"},
    SpecialKind{go::SpecialRootKind::kTinyBlock, heap::RootKind::kTinyBlock, "blocks for tiny objects", "tiny block"},
};

}  // namespace

void add_global_roots(const go::Runtime& runtime, const go::Symbols& symbols, RootWriter& forest, LossLedger& losses) {
  GlobalRoots globals(runtime, symbols, forest, losses);
  for (const go::Module& module : runtime.modules) globals.add(module);
}

void add_special_roots(const std::vector<go::SpecialRoot>& specials, const go::FunctionName& name_of,
                       RootWriter& forest) {
  for (const SpecialKind& kind : kSpecialKinds) {
    RootId group;
    for (const go::SpecialRoot& special : specials) {
      if (special.kind != kind.kind) continue;
      if (!group) group = forest.add(heap::RootKind::kGroup, RootId(), kind.group);
      const std::string name =
          special.function ? fmt::format("{} {}", kind.word, name_of(special.function)) : std::string(kind.word);
      forest.add(kind.root, group, name, special.record);
      for (const auto& word : special.words) forest.hold(word.value, word.at - special.record);
      if (special.through_object) forest.hold_what_it_holds(special.object);
    }
  }
}

}  // namespace holdfast::capture
