// What the owner rules (heap/owner_rules.h) say of the types of a snapshot: which are the inside of something that Go
// programmers see as one thing (a map, a sync.Map, a list, a sync.Pool), so that its parts read as one hop and what
// they contain is said to be in it.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heap/owner_rules.h"
#include "heap/snapshot.h"

namespace holdfast::view {

// What a type is a part of: nothing, a map, or one of those that rules name.
enum class Container : std::uint16_t { kNone, kMap, kFirstByRule };

// Made once, then constant: several threads may ask. Nothing throws.
class TypeRules {
 public:
  // Both must outlive this.
  TypeRules(const heap::Snapshot& snapshot, const heap::OwnerRules& rules);

  const heap::OwnerRules& rules() const { return rules_; }

  Container container(TypeId type) const { return type ? of_type_[type.row].container : Container::kNone; }
  // The rule that says so; none for maps, whose parts the runtime's own types tell.
  RuleId container_rule(TypeId type) const { return type ? of_type_[type.row].container_rule : RuleId(); }
  // "map", "sync.Map", "list.List"; empty for kNone.
  std::string_view name(Container container) const { return containers_[static_cast<std::size_t>(container)].name; }
  // Whether it keeps what is free.
  bool is_pool(Container container) const { return containers_[static_cast<std::size_t>(container)].is_pool; }

  // What records of the runtime are, by their type: "pending timer"; empty if the type says it best.
  std::string_view record_word(std::string_view type) const;

 private:
  struct Known {
    std::string_view name;
    bool is_pool = false;

    bool operator==(const Known&) const = default;
  };
  struct OfType {
    Container container = Container::kNone;
    RuleId container_rule;
  };

  Container container_of(const heap::OwnerRule& rule);
  RuleId container_rule_of(std::string_view type) const;

  const heap::OwnerRules& rules_;
  std::vector<Known> containers_;  // by Container
  std::vector<OfType> of_type_;    // by TypeId
  std::unordered_map<std::string_view, RuleId> part_of_;
  std::unordered_map<std::string_view, RuleId> record_;
};

}  // namespace holdfast::view
