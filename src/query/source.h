// What queries are about: one snapshot, and the passes over it, which run when a column or function that needs them is
// first used. Whoever has these (session/session.h) lends them.
#pragma once

#include <functional>
#include <string>

#include "graph/dominators.h"
#include "graph/reachability.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"

namespace holdfast::query {

struct Source {
  const heap::Snapshot& snapshot;
  const heap::OwnerRules& rules;
  // Each returns the same object at each call.
  std::function<const graph::Dominators&()> dominators;
  std::function<const graph::Reachability&()> reached;
  // Called before the first row of a statement that needs edges or types of objects, which may be packed in a file
  // still: what is wrong with them fails here. Empty: they are there.
  std::function<void()> unpack = {};
  // Runs work of ours as a pass of that name. Empty: it just runs.
  std::function<void(const std::string& name, const std::function<void()>& work)> pass = {};
};

}  // namespace holdfast::query
