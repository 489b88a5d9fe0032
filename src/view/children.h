// Which objects are children of others, and which are parts of them: rules (heap/owner_rules.h) name the fields that
// have them. A context's map of contexts that were derived from it is a part of it, and those are its children. What a
// field for children leads to is a child; of a container (view/type_rules.h) or a slice whatever that has. What a field
// for a part leads to is one; of a container all its objects. A field that is a
// struct of more than three words leads to nothing itself. Of several parents, or things with one part, the first
// counts.
//
// One pass over the objects of types that have such fields, and over their containers. 12 B per child and 4 per part,
// 1.5 bits per object where there are any. Made once, then constant: several threads may ask. Nothing throws.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ranked_bits.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "view/type_rules.h"

namespace holdfast::view {

class Children {
 public:
  static constexpr std::uint32_t kMostGenerations = 3;  // those below count for that one

  Children() = default;
  Children(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules);

  bool is_child(ObjectId object) const { return !rows_.empty() && is_child_.has(object.row); }
  // Calls visit(ObjectId) for each child, ascending.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    if (!rows_.empty()) is_child_.for_each(0, objects_, [&](std::uint32_t row) { visit(ObjectId(row)); });
  }
  // How many parents are above it: 1 for children of what is no child itself, 0 for what is none.
  std::uint32_t generation(ObjectId object) const { return is_child(object) ? row(object).generation : 0; }
  // None for what is no child.
  ObjectId parent(ObjectId object) const { return is_child(object) ? row(object).parent : ObjectId(); }
  // The rule by which it is a child; none for what is none.
  RuleId rule(ObjectId object) const { return is_child(object) ? row(object).rule : RuleId(); }

 private:
  struct Row {
    ObjectId parent;
    RuleId rule;
    std::uint32_t generation = 0;
  };

  const Row& row(ObjectId object) const { return rows_[is_child_.rank(object.row)]; }
  void count_generations();

  std::uint32_t objects_ = 0;
  RankedBits is_child_;
  std::vector<Row> rows_;  // by rank
};

class Parts {
 public:
  Parts() = default;
  Parts(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules);

  bool is_part(ObjectId object) const { return !things_.empty() && is_part_.has(object.row); }
  // What the part belongs to; of what is no part that itself.
  ObjectId thing(ObjectId object) const { return is_part(object) ? things_[is_part_.rank(object.row)] : object; }

 private:
  RankedBits is_part_;
  std::vector<ObjectId> things_;  // by rank
};

}  // namespace holdfast::view
