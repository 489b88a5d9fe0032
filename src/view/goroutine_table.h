// The table of goroutines: what they wait for and what they hold. Sizes are in bytes, times in ns. The table refers to
// the snapshot, which must outlive it. Any thread may make one; throws when it is cancelled.
#pragma once

#include <optional>

#include "graph/dominators.h"
#include "graph/leaked_goroutines.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "view/naming.h"
#include "view/table.h"

namespace holdfast::view {

struct GoroutineTableOptions {
  bool stacks = false;  // print the stack under each line
  bool group = false;   // one line for goroutines at the same place
};

// What it takes besides dominators, so that it can be found beside them: names on one thread, who is leaked on another.
class GoroutineFacts {
 public:
  // Both must outlive this.
  explicit GoroutineFacts(const heap::Snapshot& snapshot, const heap::OwnerRules& rules = heap::OwnerRules::built_in());
  GoroutineFacts(const GoroutineFacts&) = delete;
  GoroutineFacts& operator=(const GoroutineFacts&) = delete;
  ~GoroutineFacts() = default;

  const heap::Snapshot& snapshot() const { return naming_->snapshot(); }
  const Names& names() const { return naming_->names(); }
  const Channels& channels() const { return naming_->channels(); }
  // To be asked once.
  std::vector<GoroutineId> leaked(const graph::Reachability& reached) { return leaks_->goroutines(reached); }

 private:
  std::optional<Naming> naming_;
  std::optional<graph::LeakSearch> leaks_;
};

TableShape goroutine_shape(bool group);
// Has a row for each that has not ended. The facts are used up, and not needed afterwards.
Table goroutine_table(GoroutineFacts& facts, const graph::Dominators& dominators, const GoroutineTableOptions& options);

}  // namespace holdfast::view
