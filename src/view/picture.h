// A part of the heap as a picture of boxes and arrows: what leads to something, what is around it, or the circle of
// references that it lies in. At most `most` boxes, so that a person can read them: things of one sort at one distance
// become one box first, then the smallest boxes of a distance. Whatever is folded, its number and bytes stay in the
// picture. One thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/reachability.h"
#include "graph/referrers.h"
#include "view/groundwork.h"
#include "view/subject.h"

namespace holdfast::view {

enum class PictureOf : std::uint8_t {
  kPath,           // shortest ways from the roots
  kComponent,      // objects that lead to each other, and what holds them
  kNeighbourhood,  // what refers to it and what it refers to, two steps far
};

enum class BoxKind : std::uint8_t { kRoot, kThing, kRest };

struct Box {
  BoxKind kind = BoxKind::kThing;
  std::string text = {};  // with import paths: "main.Session", "main.registry"; of kRest "…"
  std::uint64_t count = 1;
  std::uint64_t bytes = 0;     // their own
  std::uint64_t retained = 0;  // what they keep alive; of several the sum, in which a byte can be twice; of kRest 0
  Address address = {};        // of one object; null otherwise
  bool asked = false;          // it is what was asked about
  int distance = 0;            // of kPath from the roots; otherwise from what was asked about, negative before it
};

struct Arrow {
  std::uint32_t from = 0, to = 0;  // boxes
  std::string text = {};           // the field, if all its pointers lie there: ".next"
  std::uint64_t count = 1;         // pointers
};

struct Picture {
  PictureOf of = PictureOf::kPath;
  std::string title = {};
  std::vector<Box> boxes;
  std::vector<Arrow> arrows;
  std::uint64_t objects = 0;  // that it is about, in all boxes
  std::uint64_t bytes = 0;
  std::uint64_t not_looked_at = 0;  // objects asked about beyond kMostAsked, or further away than kMostObjects
};

struct PictureQuery {
  PictureOf of = PictureOf::kPath;
  Subject subject;
  std::size_t most = 200;  // boxes
};

// Fails as find_subject() does, and with kNotFound if nothing of the subject lies in a circle.
Picture picture(const Groundwork& groundwork, const graph::Reachability& reached, const graph::Referrers& referrers,
                const PictureQuery& query);

}  // namespace holdfast::view
