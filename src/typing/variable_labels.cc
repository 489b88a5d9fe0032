#include "typing/variable_labels.h"

#include <algorithm>
#include <tuple>

#include "base/architecture.h"
#include "base/byte_view.h"
#include "go/package_names.h"

namespace holdfast::typing {
namespace {

constexpr int kMostSteps = 8;  // static values that lead to one another

// Returns the last row that begins at or below `at`; nullptr if there is none.
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
    // Strippers cut zeros off the segment's end.
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

heap::PlaceInData place_in_data(std::span<const go::Module> modules, Address at, StringTable& strings) {
  heap::PlaceInData place;
  for (const go::Module& module : modules) {
    const bool in_data = module.data.contains(at);
    if (!in_data && !module.bss.contains(at)) continue;
    place.section = in_data ? heap::Section::kData : heap::Section::kBss;
    place.offset = at - (in_data ? module.data : module.bss).begin;
    if (&module != modules.data()) place.module = strings.add(module.path);
    break;
  }
  return place;
}

void keep_largest(std::vector<Pointee>& pointees) {
  std::ranges::sort(pointees, {}, [](const Pointee& p) { return std::tuple(p.where, !p.is_whole, ~p.size); });
  const auto rest = std::ranges::unique(pointees, {}, &Pointee::where);
  pointees.erase(rest.begin(), rest.end());
}

void keep_largest(std::vector<TypedVariable>& variables) {
  std::ranges::stable_sort(variables, {},
                           [](const TypedVariable& v) { return std::pair(v.range.begin, ~v.range.size()); });
  Address end;  // of those before
  std::erase_if(variables, [&](const TypedVariable& v) {
    const bool is_part = v.range.end <= end;
    end = std::max(end, v.range.end);
    return is_part;
  });
}

VariableWord VariableLabels::find(Address word) {
  if (const NamedWord* const named = name_at(word)) {
    heap::Label label;
    label.basis = heap::Basis::kCode;
    label.variable = go::add_name(strings_, named->name);
    return {label, {}, 0};
  }
  const Use* const own = use_at(word);
  const TypedVariable* const around = variable_around(word);
  const std::uint64_t distance = around == nullptr ? 0 : word - around->range.begin;
  if (distance > 0) {
    // A function that works with the whole variable says more than one that fills its parts.
    const Use* const whole = use_at(around->range.begin);
    const Use* const user = whole != nullptr || own == nullptr || is_initialised_only(*own) ? whole : own;
    if (user != nullptr) return {used_by(*user, heap::Relation::kInside, distance), around->type, distance};
  }
  if (own != nullptr && !is_initialised_only(*own)) return {used_by(*own), type_of(word), 0};
  const Holder holder = holder_of(word, 0);
  const bool says_more = holder && (holder.symbol != nullptr || !is_initialised_only(*holder.use));
  if (own != nullptr && distance > 0 && !(says_more && holder.is_certain))
    return {used_by(*own, heap::Relation::kInside, distance), around->type, distance};
  if (own != nullptr) return says_more ? find_filled(*own, holder) : VariableWord{used_by(*own), {}, 0};
  if (holder) return find_behind(holder);
  const Use* const below = use_below(word);
  if (below == nullptr) return {};
  heap::Label label = used_by(*below, heap::Relation::kAfter, word - below->variable);
  label.basis = heap::Basis::kNearness;
  return {label, {}, 0};
}

// Makes the label of a word that only initialisers use by its address. The linker puts variables of many packages side
// by side, so a pointer near by that only functions of another package use leads to something else.
VariableWord VariableLabels::find_filled(const Use& own, const Holder& holder) {
  heap::Label label = used_by(own);
  if (holder.is_certain) return find_behind(holder);
  const std::string_view name = holder.symbol != nullptr ? holder.symbol->name : name_of_(holder.use->functions[0]);
  if (go::package_of(name) != go::package_of(name_of_(own.functions[0]))) return {label, {}, 0};
  const heap::Label behind = find_behind(holder).label;
  label.basis = behind.basis;
  label.relation = behind.relation;
  label.behind = behind.behind;
  return {label, {}, 0};
}

VariableWord VariableLabels::find_behind(const Holder& holder) {
  heap::Label of_holder;
  if (holder.symbol != nullptr) {
    of_holder.basis = holder.symbol->is_of_dwarf ? heap::Basis::kDwarf : heap::Basis::kSymbol;
    of_holder.variable = go::add_name(strings_, holder.symbol->name);
  } else {
    of_holder = used_by(*holder.use);
  }
  const Address at = holder.symbol != nullptr ? holder.symbol->range.begin : holder.use->variable;
  of_holder.data = place_in_data(modules_, at, strings_);
  heap::Label label;
  label.basis = holder.is_certain ? heap::Basis::kCode : heap::Basis::kNearness;
  label.relation = heap::Relation::kBehind;
  label.behind = labels_.add(of_holder);
  return {label, holder.type, holder.offset};
}

heap::Label VariableLabels::used_by(const Use& use, heap::Relation relation, std::uint64_t distance) {
  heap::Label label;
  label.basis = heap::Basis::kCode;
  label.relation = relation;
  label.distance = distance;
  label.user = go::add_name(strings_, name_of_(use.functions[0]));
  const StringId second = use.functions[1] ? go::add_name(strings_, name_of_(use.functions[1])) : StringId();
  if (second != label.user) label.other_user = second;
  return label;
}

const NamedWord* VariableLabels::name_at(Address word) const {
  const auto* const named = last_at_or_below(facts_.names, word, [](const NamedWord& row) { return row.where; });
  return named != nullptr && named->where == word ? named : nullptr;
}

const code::VariableUse* VariableLabels::use_at(Address word) const {
  const Use* const use = use_below(word);
  return use != nullptr && use->variable == word ? use : nullptr;
}

// Returns the use of the nearest used word at or below this one, in the same section.
const code::VariableUse* VariableLabels::use_below(Address word) const {
  const Use* const use = last_at_or_below(facts_.uses, word, [](const Use& row) { return row.variable; });
  return use != nullptr && section_of(word).contains(use->variable) ? use : nullptr;
}

const TypedVariable* VariableLabels::variable_around(Address word) const {
  const auto* const found = last_at_or_below(facts_.variables, word, [](const auto& row) { return row.range.begin; });
  return found != nullptr && found->range.contains(word) ? found : nullptr;
}

// Finds who uses the variable that points to the one of which the word is a part. That one begins where a pointer
// leads. It reaches at least as far as the pointer's type says, and perhaps to the next word that is used by itself.
VariableLabels::Holder VariableLabels::holder_of(Address word, int depth) const {
  const auto* const last = last_at_or_below(pointers_, word, [](const auto& row) { return row.target; });
  if (last == nullptr || depth == kMostSteps || !section_of(word).contains(last->target)) return {};
  const Address target = last->target;
  const auto first =
      std::partition_point(pointers_.begin(), pointers_.end(), [&](const auto& row) { return row.target < target; });
  const auto end = std::find_if(first, pointers_.end(), [&](const auto& row) { return row.target != target; });
  Holder holder;
  holder.is_certain = word == target;
  for (auto pointer = first; pointer != end; ++pointer) {
    const Pointee* const pointee = pointee_of(pointer->where);
    if (pointee == nullptr) continue;
    if (word - target < pointee->size) {
      holder.is_certain = true;
      if (!holder.type) holder.type = pointee->type;
    } else if (!holder.is_certain && pointee->is_whole) {
      return {};
    }
  }
  const TypedVariable* const typed = variable_at(target);
  if (typed != nullptr && typed->range.contains(word)) {
    holder.is_certain = true;
    if (!holder.type) holder.type = typed->type;
  }
  holder.offset = word - target;
  const Use* const below = word == target ? nullptr : use_below(Address(word.value - 1));
  if (!holder.is_certain && below != nullptr && below->variable >= target) return {};
  holder.is_certain = holder.is_certain || word - target < least_size_of(target);
  for (auto pointer = first; pointer != end; ++pointer) {
    holder.symbol = symbols_.find(pointer->where);
    if (holder.symbol != nullptr && holder.symbol->is_literal()) holder.symbol = nullptr;
    if (holder.symbol != nullptr) return holder;
    holder.use = use_at(pointer->where);
    if (holder.use != nullptr && !is_initialised_only(*holder.use)) return holder;
  }
  holder.use = use_at(first->where);
  if (holder.use != nullptr) return holder;
  Holder next = holder_of(first->where, depth + 1);
  next.is_certain = next.is_certain && holder.is_certain;
  next.type = {};  // of a value on the way
  return next;
}

const TypedVariable* VariableLabels::variable_at(Address begin) const {
  const TypedVariable* const found = variable_around(begin);
  return found != nullptr && found->range.begin == begin ? found : nullptr;
}

TypeId VariableLabels::type_of(Address variable) const {
  const TypedVariable* const found = variable_at(variable);
  return found != nullptr ? found->type : TypeId();
}

std::vector<AddressRange> VariableLabels::sizes_in_bss() const {
  std::vector<AddressRange> sizes;
  const auto add = [&](Address begin, std::uint64_t size) {
    if (std::ranges::any_of(modules_, [&](const go::Module& module) { return module.bss.contains(begin); }))
      sizes.push_back({begin, begin + size});
  };
  for (const TypedVariable& variable : facts_.variables) add(variable.range.begin, variable.range.size());
  for (const StaticPointer& pointer : pointers_)
    if (const Pointee* const pointee = pointee_of(pointer.where)) add(pointer.target, pointee->size);
  std::ranges::sort(sizes, {}, [](const AddressRange& range) { return range.begin; });
  for (std::size_t i = 1; i < sizes.size(); ++i)
    if (section_of(sizes[i - 1].begin) == section_of(sizes[i].begin))
      sizes[i].end = sizes[i].begin + std::max(sizes[i].size(), sizes[i - 1].size());
  return sizes;
}

// Returns a size that the variable has at least; 0 if nothing is known.
std::uint64_t VariableLabels::least_size_of(Address variable) const {
  const auto* const row =
      last_at_or_below(sizes_below_, variable, [](const AddressRange& range) { return range.begin; });
  return row != nullptr && section_of(variable).contains(row->begin) ? row->size() : 0;
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

void label_variables(const VariableFacts& facts, const std::vector<StaticPointer>& pointers, const go::Symbols& symbols,
                     const std::vector<go::Module>& modules, const go::FunctionName& name_of,
                     heap::Snapshot& snapshot) {
  heap::LabelWriter labels(snapshot.labels);
  VariableLabels told(facts, pointers, symbols, modules, name_of, snapshot.strings, labels);
  for (heap::Root& root : snapshot.roots) {
    if (root.kind != heap::RootKind::kGlobal) continue;
    if (snapshot.labels[root.label.row].variable) {
      root.type = told.type_of(root.where);
      continue;
    }
    VariableWord word = told.find(root.where);
    if (word.label.basis == heap::Basis::kNone) continue;
    root.type = word.type;
    root.type_offset = word.type ? static_cast<std::uint32_t>(word.offset) : 0;
    word.label.data = snapshot.labels[root.label.row].data;
    labels.replace(root.label, word.label);
  }
  for (heap::AwaitedLock& lock : snapshot.awaited_locks) {
    if (!lock.label || snapshot.labels[lock.label.row].variable) continue;
    VariableWord word = told.find(lock.at);
    word.label.data = snapshot.labels[lock.label.row].data;
    const bool is_known = word.label.basis != heap::Basis::kNone || word.label.data.section != heap::Section::kNone;
    lock.label = is_known ? labels.add(word.label) : LabelId();
  }
}

}  // namespace holdfast::typing
