// What the owner rules (heap/owner_rules.h) say of the types of a snapshot: which are the inside of something that Go
// programmers see as one thing (a map, a sync.Map, a list, a sync.Pool), so that its parts read as one hop and what
// they contain is said to be in it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/sharing.h"
#include "heap/object_index.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"

namespace holdfast::view {

// What a type is a part of: nothing, a map, a channel, or one of those that rules name.
enum class Container : std::uint16_t { kNone, kMap, kChannel, kFirstByRule };

// Where in a value of a type there is a field that a rule is about.
struct FieldOfRule {
  std::uint64_t begin = 0, end = 0;  // bytes
  TypeId type;                       // of the field
  RuleId rule;
};

// The fields that rules of one kind are about, by the types that have them, with those of the values in them.
class FieldRules {
 public:
  void add(const heap::OwnerRule& rule, RuleId id) { by_type_[rule.subject].push_back(id); }
  // Finds the fields of all types of the snapshot.
  void find(const heap::Snapshot& snapshot, const heap::OwnerRules& rules);

  std::span<const FieldOfRule> of(TypeId type) const {
    if (!type || fields_.empty()) return {};
    return std::span(fields_).subspan(first_[type.row], first_[type.row + 1] - first_[type.row]);
  }
  bool any() const { return !fields_.empty(); }

 private:
  class Collector;

  std::unordered_map<std::string_view, std::vector<RuleId>> by_type_;  // names in the rules
  std::vector<FieldOfRule> fields_;
  std::vector<std::uint32_t> first_;  // by TypeId, and one more
};

// Made once, then constant: several threads may ask. Nothing throws.
class TypeRules {
 public:
  // Both must outlive this.
  TypeRules(const heap::Snapshot& snapshot, const heap::OwnerRules& rules);

  const heap::OwnerRules& rules() const { return rules_; }

  Container container(TypeId type) const { return type ? of_type_[type.row].container : Container::kNone; }
  // The rule that says so; none for maps and channels, whose parts the runtime's own types tell.
  RuleId container_rule(TypeId type) const { return type ? of_type_[type.row].container_rule : RuleId(); }
  // "map", "channel", "sync.Map", "list.List"; empty for kNone.
  std::string_view name(Container container) const { return containers_[static_cast<std::size_t>(container)].name; }
  // Whether it keeps what is free.
  bool is_pool(Container container) const { return containers_[static_cast<std::size_t>(container)].is_pool; }

  // Fields that refer and do not hold.
  const FieldRules& weak() const { return weak_; }
  // Fields that have the children of a thing.
  const FieldRules& children() const { return children_; }
  // Fields whose object is a part of the thing.
  const FieldRules& parts() const { return parts_; }

  // The rule by which things of the type are of one sort with those of others; none if there is none.
  RuleId alike(TypeId type) const { return type ? of_type_[type.row].alike : RuleId(); }
  // Of such a rule: equal numbers for rules of one name, from 0 on.
  std::uint32_t alike_sort(RuleId rule) const { return sort_of_alike_.at(rules_[rule].name); }
  // The rule by which things of the type are worth a line of their own; none if there is none.
  RuleId holder(TypeId type) const { return type ? of_type_[type.row].holder : RuleId(); }
  // The rule by which they only lead to what matters; of closures the one by which their function is plumbing.
  RuleId through(TypeId type) const { return type ? of_type_[type.row].through : RuleId(); }

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
    RuleId container_rule, alike, holder, through;
  };

  Container container_of(const heap::OwnerRule& rule);
  using ByName = std::unordered_map<std::string_view, RuleId>;

  static RuleId rule_of(const ByName& rules, std::string_view type);

  const heap::OwnerRules& rules_;
  std::vector<Known> containers_;  // by Container
  std::vector<OfType> of_type_;    // by TypeId
  ByName part_of_, alike_, holder_, through_, record_;
  std::unordered_map<std::string_view, std::uint32_t> sort_of_alike_;  // by name
  FieldRules weak_, children_, parts_;
};

// Fills the rule of each edge of the object's row that lies in one of the fields of its type, none for the others.
// Returns false if the type has no such field, and then fills nothing. Several threads may ask.
bool rules_of_edges(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const FieldRules& fields,
                    ObjectId object, std::vector<RuleId>& rules);

// The edges that are weak by rules. Several threads may ask; nothing throws.
class WeakEdges {
 public:
  // All must outlive this.
  WeakEdges(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules)
      : snapshot_(snapshot), index_(index), rules_(rules) {}

  // As rules_of_edges.
  bool rules_of(ObjectId object, std::vector<RuleId>& rules) const {
    return rules_of_edges(snapshot_, index_, rules_.weak(), object, rules);
  }
  // The same as graph::Sharing and Ways want it; empty if no edge of the snapshot can be weak.
  graph::WeakEdges flags() const;
  // The rule by which `from` refers to the object weakly; none if one of its references to it is not weak.
  RuleId rule(ObjectId from, ObjectId to) const;

 private:
  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const TypeRules& rules_;
};

}  // namespace holdfast::view
