// What holds the live bytes of the heap as one tree in which each byte is once, for flame graphs and profiles. Things
// of one sort below one thing are one node. A sort that stands above already, with no other sort between that is not
// above it as well, is not added again: a list is one node, and so is a tree. At the top are the owners
// (view/owners.h).
//
//   ways         each object is below what comes before it on a shortest way from the roots, from who holds for long
//                if there is one (view/owners.h): how one gets to the memory, with the fields on the way. What is
//                shared is below one of its holders.
//   dominators   each object is below its dominator: what the nodes of a sort have with all below them, each once, is
//                what the things of the sort keep alive. What several owners share is below their names.
//
// The bytes of all nodes add up to the live bytes. 8 B per object for ways, 4 B for dominators, and 100 B per node of
// the tree before it is folded. One thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/shortest_ways.h"
#include "view/groundwork.h"

namespace holdfast::view {

enum class HeldBy : std::uint8_t { kWays, kDominators };

// What one level of a stack says.
enum class HeldKind : std::uint8_t {
  kOwner,    // the outermost one: "main.registry", "goroutines in chan send at main.work pool.go:17"
  kRoot,     // below an owner: a frame, a finalizer
  kThing,    // objects of one sort
  kSmaller,  // what was folded: things that are too many to be told apart
};

struct HeldFrame {
  HeldKind kind = HeldKind::kThing;
  std::string name = {};  // for people; two frames differ in it: "main.Session.buf []uint8"
  std::string full = {};  // with import paths
  std::string type =
      {};  // of things: their type with its import path, or what they are the inside of; empty if unknown
  std::string file = {};  // of frames of a stack and of closures: its path
  std::uint32_t line = 0;
};

struct HeldNode {
  std::uint32_t parent = 0;  // a lower row; its own of the first one
  std::uint32_t frame = 0;   // a row of HeldTree::frames; of the first node none
  std::uint64_t bytes = 0;   // of its things themselves
  std::uint64_t objects = 0;
};

struct HeldTree {
  HeldBy by = HeldBy::kWays;
  std::vector<HeldFrame> frames;
  std::vector<HeldNode>
      nodes;                // the first one stands above all owners; each is before those below it, larger ones first
  std::uint64_t bytes = 0;  // of all nodes: the live bytes
  std::uint64_t objects = 0;
  std::uint64_t folded_nodes = 0;  // how many were put together under kSmaller
  std::uint64_t folded_bytes = 0;
};

struct HeldLimits {
  std::size_t nodes = 50'000;    // that keep their names, the largest ones
  std::size_t siblings = 1'000;  // of these below one node: readers search their lists from the start
};

HeldTree held_tree(const Groundwork& groundwork, HeldBy by, const HeldLimits& limits = {});
// Keeps the largest nodes of any such tree, each before those below it, and puts the others together. held_tree() has
// done that.
void fold(HeldTree& tree, const HeldLimits& limits);

// The ways that kWays and pictures go.
graph::ShortestWays ways_of(const Groundwork& groundwork);

// Returns what each node has with all that is below it, in bytes.
std::vector<std::uint64_t> bytes_below(const std::vector<HeldNode>& nodes);

}  // namespace holdfast::view
