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

  // Where in a value of the type weak references are, with those of the values in it.
  struct WeakField {
    std::uint64_t begin = 0, end = 0;  // bytes
    RuleId rule;
  };
  std::span<const WeakField> weak_fields(TypeId type) const {
    return type ? std::span(weak_fields_).subspan(of_type_[type.row].first_weak, of_type_[type.row].weak_count)
                : std::span<const WeakField>();
  }
  bool any_weak() const { return !weak_fields_.empty(); }

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
    RuleId container_rule, holder, through;
    std::uint32_t first_weak = 0, weak_count = 0;
  };

  Container container_of(const heap::OwnerRule& rule);
  using ByName = std::unordered_map<std::string_view, RuleId>;

  static RuleId rule_of(const ByName& rules, std::string_view type);
  void add_weak_fields(const heap::Snapshot& snapshot);
  void collect_weak_fields(const heap::Snapshot& snapshot, TypeId type, std::uint64_t at, int depth,
                           std::vector<WeakField>& out) const;

  const heap::OwnerRules& rules_;
  std::vector<Known> containers_;  // by Container
  std::vector<OfType> of_type_;    // by TypeId
  ByName part_of_, holder_, through_, record_;
  std::unordered_map<std::string_view, std::vector<RuleId>> weak_;
  std::vector<WeakField> weak_fields_;
};

// The edges that are weak by rules. Several threads may ask; nothing throws.
class WeakEdges {
 public:
  // All must outlive this.
  WeakEdges(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules)
      : snapshot_(snapshot), index_(index), rules_(rules) {}

  // Fills the rule of each edge of the object's row, none for edges that are not weak. Returns false if none is, and
  // then fills nothing.
  bool rules_of(ObjectId object, std::vector<RuleId>& rules) const;
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
