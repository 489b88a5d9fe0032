#include "typing/variable_labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_view.h"
#include "go/package_names.h"

namespace holdfast::typing {
namespace {

constexpr std::uint64_t kWord = 8;
constexpr int kDeepest = 8;  // static values that lead to one another

// The last of the rows that begins at or below `at`.
template <typename Row, typename Begin>
const Row* last_at_or_below(const std::vector<Row>& rows, Address at, Begin begin) {
  const auto above = std::partition_point(rows.begin(), rows.end(), [&](const Row& row) { return begin(row) <= at; });
  return above == rows.begin() ? nullptr : &*std::prev(above);
}

bool is_variable(const std::vector<go::Module>& modules, Address at) {
  return std::any_of(modules.begin(), modules.end(),
                     [&](const go::Module& module) { return module.data.contains(at) || module.bss.contains(at); });
}

void add_words(const go::LoadedImage& image, const std::vector<go::Module>& modules, const AddressRange& data,
               std::vector<StaticPointer>& to) {
  for (const binary::ElfSegment& segment : image.elf->loads()) {
    // Strippers cut zeros off its end.
    const auto bytes = image.elf->segment_bytes(segment);
    const AddressRange there{image.at(segment.vaddr), image.at(segment.vaddr) + bytes.size()};
    for (Address at = std::max(data.begin, there.begin); at + kWord <= std::min(data.end, there.end); at += kWord) {
      const Address target(load_le<std::uint64_t>(bytes.data() + (at - there.begin)));
      if (is_variable(modules, target)) to.push_back({target, at});
    }
  }
}

}  // namespace

std::vector<StaticPointer> static_pointers(const std::vector<go::LoadedImage>& images,
                                           const std::vector<go::Module>& modules) {
  std::vector<StaticPointer> out;
  for (const go::LoadedImage& image : images) {
    for (const binary::RelativeRelocation& relocation : image.elf->relative_relocations())
      if (is_variable(modules, image.at(relocation.where)) && is_variable(modules, image.at(relocation.value)))
        out.push_back({image.at(relocation.value), image.at(relocation.where)});
    if (image.elf->type() != binary::ElfType::kExec) continue;
    for (const go::Module& module : modules)
      if (module.path == image.path) add_words(image, modules, module.data, out);
  }
  std::sort(out.begin(), out.end(), [](const StaticPointer& a, const StaticPointer& b) {
    return a.target != b.target ? a.target < b.target : a.where < b.where;
  });
  return out;
}

std::string VariableLabels::label(Address word) const {
  const Use* const own = use_at(word);
  if (own != nullptr && !is_initialised_only(*own)) return fmt::format("global of {}", functions(*own));
  // Who works with the whole says more than who fills its parts.
  if (const AddressRange* const extent = extent_around(word))
    if (const Use* const whole = use_at(extent->begin); whole != nullptr && extent->begin != word)
      return fmt::format("global+{:#x} of {}", word - extent->begin, functions(*whole));
  const Holder holder = holder_of(word, 0);
  if (own != nullptr) return label_of_filled(*own, holder);
  if (holder) return label_behind(holder);
  const Use* const below = use_below(word);
  return below == nullptr ? std::string()
                          : fmt::format("{:#x} after a global of {}", word - below->variable, functions(*below));
}

// A word that only initialisers use by its address. The linker puts variables of many packages side by side, so a
// pointer near by that only functions of another package use leads to something else.
std::string VariableLabels::label_of_filled(const Use& own, const Holder& holder) const {
  std::string label = fmt::format("global of {}", functions(own));
  if (!holder || (holder.symbol == nullptr && is_initialised_only(*holder.use))) return label;
  const std::string name =
      holder.symbol != nullptr ? std::string(holder.symbol->name) : name_of_(holder.use->functions[0]);
  if (holder.is_certain) return label_behind(holder);
  if (go::package_of(name) != go::package_of(name_of_(own.functions[0]))) return label;
  return fmt::format("{}, perhaps behind {}{}", label, holder.symbol != nullptr ? "" : "one of ", name);
}

std::string VariableLabels::label_behind(const Holder& holder) const {
  return fmt::format("variable {}behind {}", holder.is_certain ? "" : "perhaps ",
                     holder.symbol != nullptr ? std::string(holder.symbol->name)
                                              : fmt::format("a global of {}", functions(*holder.use)));
}

const code::VariableUse* VariableLabels::use_at(Address word) const {
  const Use* const use = use_below(word);
  return use != nullptr && use->variable == word ? use : nullptr;
}

// Of the nearest used word, this one included, in the same section.
const code::VariableUse* VariableLabels::use_below(Address word) const {
  const Use* const use = last_at_or_below(facts_.uses, word, [](const Use& row) { return row.variable; });
  return use != nullptr && section_of(word).contains(use->variable) ? use : nullptr;
}

const AddressRange* VariableLabels::extent_around(Address word) const {
  const auto* const extent = last_at_or_below(facts_.extents, word, [](const auto& row) { return row.begin; });
  return extent != nullptr && extent->contains(word) ? extent : nullptr;
}

// Who uses the variable that leads to the one which the word is part of. That one begins where a pointer leads. It
// reaches as far as the pointer's type says, at least; and perhaps to the next word that is used by itself.
VariableLabels::Holder VariableLabels::holder_of(Address word, int depth) const {
  const auto* const last = last_at_or_below(pointers_, word, [](const auto& row) { return row.target; });
  if (last == nullptr || depth == kDeepest || !section_of(word).contains(last->target)) return {};
  const Address target = last->target;
  const auto first =
      std::partition_point(pointers_.begin(), pointers_.end(), [&](const auto& row) { return row.target < target; });
  const auto end = std::find_if(first, pointers_.end(), [&](const auto& row) { return row.target != target; });
  Holder holder;
  holder.is_certain = word == target;
  for (auto pointer = first; pointer != end && !holder.is_certain; ++pointer) {
    const Pointee* const pointee = pointee_of(pointer->where);
    if (pointee == nullptr) continue;
    holder.is_certain = word - target < pointee->size;
    if (!holder.is_certain && pointee->is_whole) return {};
  }
  const Use* const below = word == target ? nullptr : use_below(Address(word.value - 1));
  if (!holder.is_certain && below != nullptr && below->variable >= target) return {};
  for (auto pointer = first; pointer != end; ++pointer) {
    holder.symbol = symbols_.find(pointer->where);
    if (holder.symbol != nullptr) return holder;
    holder.use = use_at(pointer->where);
    if (holder.use != nullptr && !is_initialised_only(*holder.use)) return holder;
  }
  holder.use = use_at(first->where);
  if (holder.use != nullptr) return holder;
  Holder next = holder_of(first->where, depth + 1);
  next.is_certain = next.is_certain && holder.is_certain;
  return next;
}

const Pointee* VariableLabels::pointee_of(Address pointer) const {
  const auto* const pointee = last_at_or_below(facts_.pointees, pointer, [](const auto& row) { return row.where; });
  return pointee != nullptr && pointee->where == pointer ? pointee : nullptr;
}

bool VariableLabels::is_initialised_only(const Use& use) const {
  return go::is_initialiser(name_of_(use.functions[0]));
}

AddressRange VariableLabels::section_of(Address word) const {
  for (const go::Module& module : modules_)
    for (const AddressRange& section : {module.data, module.bss})
      if (section.contains(word)) return section;
  return {};
}

std::string VariableLabels::functions(const code::VariableUse& use) const {
  std::string text = name_of_(use.functions[0]);
  const std::string second = use.functions[1] ? name_of_(use.functions[1]) : text;
  return second == text ? text : fmt::format("{}, {}", text, second);
}

void label_variables(const VariableLabels& labels, const go::Symbols& symbols, heap::Snapshot& snapshot) {
  for (heap::Root& root : snapshot.roots) {
    if (root.kind != heap::RootKind::kGlobal || symbols.find(root.where) != nullptr) continue;
    const std::string label = labels.label(root.where);
    if (!label.empty()) root.name = snapshot.strings.add(fmt::format("{} ({})", label, snapshot.strings[root.name]));
  }
}

}  // namespace holdfast::typing
