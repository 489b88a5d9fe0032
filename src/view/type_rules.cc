#include "view/type_rules.h"

#include <algorithm>

#include "heap/type_role.h"

namespace holdfast::view {
namespace {

using heap::RuleKind;

// "lru.Cache[int,string]" -> "lru.Cache": what a rule calls the type with any arguments.
std::string_view without_arguments(std::string_view type) {
  return type.substr(0, type.find('['));
}

}  // namespace

TypeRules::TypeRules(const heap::Snapshot& snapshot, const heap::OwnerRules& rules)
    : rules_(rules), containers_{{"", false}, {"map", false}} {
  for (std::uint32_t r = 0; r < rules.all().size(); ++r) {
    const heap::OwnerRule& rule = rules.all()[r];
    if (rule.kind == RuleKind::kContainer || rule.kind == RuleKind::kPool) part_of_[rule.subject] = RuleId(r);
    if (rule.kind == RuleKind::kRecord) record_[rule.subject] = RuleId(r);
  }
  of_type_.resize(snapshot.types.size());
  for (std::size_t t = 0; t < of_type_.size(); ++t) {
    const heap::Type& type = snapshot.types[t];
    const bool in_map = heap::is_map_part(type.role);
    const StringId name = in_map && type.of ? snapshot.types[type.of.row].name : type.name;
    OfType& row = of_type_[t];
    if (name) row.container_rule = container_rule_of(snapshot.strings[name]);
    row.container =
        row.container_rule ? container_of(rules[row.container_rule]) : (in_map ? Container::kMap : Container::kNone);
  }
}

// Rules of one name are one container.
Container TypeRules::container_of(const heap::OwnerRule& rule) {
  const Known wanted{rule.word, rule.kind == RuleKind::kPool};
  auto known = std::ranges::find(containers_, wanted);
  if (known == containers_.end()) known = containers_.insert(known, wanted);
  return static_cast<Container>(known - containers_.begin());
}

RuleId TypeRules::container_rule_of(std::string_view type) const {
  for (const std::string_view name : {type, without_arguments(type)})
    if (const auto found = part_of_.find(name); found != part_of_.end()) return found->second;
  return {};
}

std::string_view TypeRules::record_word(std::string_view type) const {
  const auto found = record_.find(type);
  return found == record_.end() ? std::string_view() : std::string_view(rules_[found->second].word);
}

}  // namespace holdfast::view
