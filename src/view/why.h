// Why something is alive: the ways on which the roots reach it. For one object that is a shortest way, what every way
// goes through, and ways that have nothing in common; for many, their shortest ways merged into a tree. A root needs no
// way: it is one end of them all. Throws when it is cancelled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/dominators.h"
#include "graph/independent_ways.h"
#include "graph/reachability.h"
#include "graph/referrers.h"
#include "graph/shortest_ways.h"
#include "heap/object_index.h"
#include "view/chains.h"
#include "view/names.h"
#include "view/naming.h"
#include "view/owners.h"
#include "view/report.h"
#include "view/sentence.h"
#include "view/subject.h"

namespace holdfast::view {

struct WhyLimits {
  std::size_t holders = 8;         // independent ways
  std::size_t branches = 5;        // of the merged ways, where they part
  std::size_t lines = 40;          // of them in all
  std::size_t merged = 1'000'000;  // of more subjects, so many at equal distances are looked at
};

// A step with what it keeps alive.
struct HeldStep {
  ChainStep step;
  std::uint64_t retained_bytes = 0;
};

// One of those who hold an object so that none of the others is needed for it.
struct IndependentHolder {
  Sentence who;
  std::uint64_t alone_bytes = 0;  // what nobody but this owner reaches: all that would go if it went
  std::vector<ChainStep> chain;   // to the object
};

struct WhyObject {
  ChainStep object;
  std::uint64_t bytes = 0;
  std::uint64_t retained_bytes = 0;
  std::vector<ChainStep> shortest;  // of the ways from who holds for long, if there are any (view/owners.h)
  std::vector<ChainStep> passing;   // a shorter one, if others hold it; or else empty
  // Without any of which the object would be free: from the root on, without itself. Empty if several owners hold it
  // and nothing is on all ways.
  std::vector<HeldStep> through;
  // Of the object, if nothing is on all ways to it; otherwise of the first of `through` that is an object and is held
  // by several owners. Empty if one root alone holds it.
  std::optional<ChainStep> shared;
  std::vector<IndependentHolder> holders;
  bool all_holders = true;  // there are no others
};

// A line of the tree of merged ways.
struct MergedWay {
  std::size_t depth = 0;
  Sentence text;               // "main.registry", ".sessions map[string]*main.Session"; empty: what was left out here
  std::uint64_t objects = 0;   // subjects that are reached over this
  std::uint64_t bytes = 0;     // their own
  bool is_end = false;         // these are subjects themselves
  std::uint64_t branches = 0;  // of what was left out
};

struct Why {
  Sentence what;
  std::uint64_t subjects = 0, garbage = 0;
  std::uint64_t bytes = 0;  // their own; of roots 0
  std::optional<WhyObject> object;
  std::vector<MergedWay> merged;
  std::uint64_t looked_at = 0;  // of the subjects; fewer than these if there are very many
  // Of subjects that are roots: what they alone keep alive.
  std::optional<std::uint64_t> root_bytes;
};

// What the answers are made from besides dominators, so that it can be made beside them.
class WhyGroundwork {
 public:
  // For any questions, and the better for that one. Both must outlive this; throws when it is cancelled.
  WhyGroundwork(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const Subject& subject);
  WhyGroundwork(const WhyGroundwork&) = delete;
  WhyGroundwork& operator=(const WhyGroundwork&) = delete;
  ~WhyGroundwork() = default;

  const Naming& naming() const { return *naming_; }
  const RootOwners& owners() const { return owners_; }
  // From who holds for long before others.
  const graph::WayPreference& preference() const { return preference_; }
  const WeakEdges& weak() const { return *weak_; }
  const graph::Referrers& leading_to(ObjectId object);

 private:
  void find_names(const heap::Snapshot& snapshot, const heap::OwnerRules& rules);

  std::optional<Naming> naming_;
  std::optional<WeakEdges> weak_;
  RootOwners owners_;
  graph::WayPreference preference_;
  std::optional<graph::Referrers> referrers_;  // made when one object is first asked about
};

// It is made once for several questions.
class WhyFinder {
 public:
  // All must outlive this. Fails as graph::Vertices does.
  WhyFinder(WhyGroundwork& groundwork, const graph::Dominators& dominators, const graph::Reachability& reached);
  WhyFinder(const WhyFinder&) = delete;
  WhyFinder& operator=(const WhyFinder&) = delete;

  // Fails as find_subject() does.
  Why why(const Subject& subject, const WhyLimits& limits = {});

 private:
  class Merger;

  WhyObject why_object(ObjectId object, const WhyLimits& limits);
  std::vector<ChainStep> chain_along(std::span<const graph::NodeId> way) const;
  void add_through(ObjectId object, WhyObject& why) const;
  void add_holders(ObjectId object, const WhyLimits& limits, WhyObject& why);

  WhyGroundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  const graph::Reachability& reached_;
  const heap::ObjectIndex& index_;
  const Names& names_;
  const RootOwners& owners_;
  Chains chains_;
  std::optional<graph::ShortestWays> shortest_;  // made when several objects are first asked about
};

}  // namespace holdfast::view
