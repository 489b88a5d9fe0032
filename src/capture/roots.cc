#include "capture/roots.h"

#include <array>
#include <bit>
#include <utility>

#include "go/package_names.h"
#include "go/variable_masks.h"
#include "typing/variable_labels.h"

namespace holdfast::capture {
namespace {

class GlobalRoots {
 public:
  GlobalRoots(const go::Runtime& runtime, const go::Symbols& symbols, RootWriter& forest, StringTable& strings,
              LossLedger& losses)
      : runtime_(runtime), symbols_(symbols), forest_(forest), strings_(strings), losses_(losses) {}

  void add(const go::Module& module) {
    add_section(module.data, go::data_mask(runtime_, module, losses_));
    add_section(module.bss, go::bss_mask(runtime_, module, losses_));
  }

 private:
  void add_section(AddressRange section, const go::BitVector& mask) {
    current_ = {};
    open_ = false;
    for (std::uint64_t w = 0; w < mask.words.size(); ++w) {
      for (std::uint64_t bits = mask.words[w]; bits != 0; bits &= bits - 1)
        add_word(section.begin + (w * 64 + static_cast<std::uint64_t>(std::countr_zero(bits))) * 8);
    }
    close();
  }

  void add_word(Address at) {
    const auto value = runtime_.memory.try_pointer(at);
    if (!value) {
      losses_.add(LossKind::kUnreadableVariable, at);
      return;
    }
    if (!*value) return;
    if (!open_ || !current_.contains(at)) {
      close();
      const go::Variable* variable = symbols_.find(at);
      current_ = variable != nullptr ? variable->range : AddressRange{at, at + 8};
      forest_.add(heap::RootKind::kGlobal, RootId(), variable_label(runtime_, symbols_, at, strings_).first,
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
  StringTable& strings_;
  LossLedger& losses_;
  AddressRange current_;
  bool open_ = false;
};

// In the order of their groups.
constexpr std::array kSpecialKinds = {
    std::pair(go::SpecialRootKind::kFinalizer, heap::RootKind::kFinalizer),
    std::pair(go::SpecialRootKind::kFinalizerQueue, heap::RootKind::kFinalizerQueue),
    std::pair(go::SpecialRootKind::kCleanup, heap::RootKind::kCleanup),
    std::pair(go::SpecialRootKind::kCleanupQueue, heap::RootKind::kCleanupQueue),
    std::pair(go::SpecialRootKind::kWeakHandle, heap::RootKind::kWeakHandle),
    std::pair(go::SpecialRootKind::kTinyBlock, heap::RootKind::kTinyBlock),
};

heap::Label label_of(const go::SpecialRoot& special, const go::FunctionName& name_of, StringTable& strings) {
  heap::Label label;
  label.basis = heap::Basis::kRuntime;
  if (!special.function) return label;
  if (const std::string_view name = name_of(special.function); !name.empty())
    label.code.function = go::add_name(strings, name);
  else
    label.code.pc = special.function;
  return label;
}

}  // namespace

std::pair<heap::Label, Address> variable_label(const go::Runtime& runtime, const go::Symbols& symbols, Address at,
                                               StringTable& strings) {
  heap::Label label;
  const go::Variable* variable = symbols.find(at);
  const Address begin = variable != nullptr ? variable->range.begin : at;
  if (variable != nullptr && !variable->is_literal()) {
    label.basis = variable->is_of_dwarf ? heap::Basis::kDwarf : heap::Basis::kSymbol;
    label.variable = go::add_name(strings, variable->name);
  }
  label.data = typing::place_in_data(runtime.modules, begin, strings);
  return {label, begin};
}

void add_global_roots(const go::Runtime& runtime, const go::Symbols& symbols, RootWriter& forest, StringTable& strings,
                      LossLedger& losses) {
  GlobalRoots globals(runtime, symbols, forest, strings, losses);
  for (const go::Module& module : runtime.modules) globals.add(module);
}

void add_special_roots(const std::vector<go::SpecialRoot>& specials, const go::FunctionName& name_of,
                       RootWriter& forest, StringTable& strings) {
  for (const auto& [of_kind, kind] : kSpecialKinds) {
    RootId group;
    for (const go::SpecialRoot& special : specials) {
      if (special.kind != of_kind) continue;
      if (!group) {
        heap::Label label;
        label.basis = heap::Basis::kRuntime;
        label.members = kind;
        group = forest.add(heap::RootKind::kGroup, RootId(), label);
      }
      forest.add(kind, group, label_of(special, name_of, strings), special.record);
      if (special.object) forest.current().about = forest.index().find_object(special.object);
      for (const auto& word : special.words) forest.hold(word.value, word.at - special.record);
      if (special.through_object) forest.hold_what_it_holds(special.object);
    }
  }
}

}  // namespace holdfast::capture
