// Whose each object is (view/owners.h), as a column: 4 B per object. A home is one owner, or several that have
// something together. Homes are numbered in the order of their names. Made in one climb of the dominator tree in which
// each object is passed twice at most; afterwards several threads may read it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/huge_array.h"
#include "graph/dominators.h"
#include "heap/snapshot.h"
#include "query/rows.h"
#include "view/owners.h"

namespace holdfast::query {

class Homes {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Named {
    std::string name;
    std::uint32_t home = 0;  // a row of Owners::homes()
  };

  // Somebody who has a home, alone or with others, or reaches some of it and gave way.
  struct Member {
    std::uint32_t home = 0, owner = 0;  // rows of homes()
    bool gave_way = false;
    std::uint64_t bytes = 0;  // of the home that it reaches
  };

  // All must outlive this. Fails as graph::Sharing does; throws when it is cancelled.
  Homes(const heap::Snapshot& snapshot, const graph::Dominators& dominators, const heap::OwnerRules& rules);

  const view::Owners& owners() const { return owners_; }
  const std::vector<Named>& homes() const { return homes_; }
  // In the order of homes, those who gave way last.
  const std::vector<Member>& members() const { return members_; }
  // Return a row of homes(). Of an object that nothing reaches: kNone.
  std::uint32_t of(ObjectId object) const { return of_object_[object.row] - 1; }
  std::uint32_t of(RootId root) const { return number_[owners_.owner_of(root)]; }
  // Returns the homes of that name, which can be several.
  Bound named(std::string_view name) const;

 private:
  void name_all(const heap::Snapshot& snapshot);
  void list_members();
  void find_all(const heap::Snapshot& snapshot, const graph::Dominators& dominators);

  view::Owners owners_;
  std::vector<Named> homes_;
  std::vector<Member> members_;
  std::vector<std::uint32_t> number_;   // by row of Owners::homes()
  HugeArray<std::uint32_t> of_object_;  // by ObjectId: row + 1; 0 = not reachable
};

}  // namespace holdfast::query
