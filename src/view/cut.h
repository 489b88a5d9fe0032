// What would be free if references went: a question that the heap alone answers, without a change of the program. It is
// reached anew without them; what they led to and others still reach is told by who does.
//
// What can be dropped, as a person writes it:
//
//   0xc000123000                  the object: all references to it
//   0xc000123000.next             what this field of the object refers to; of an array or a slice [3] or [3].next
//   0xc000123000->0xc000456000    what the one object refers to the other with
//   entries:0xc000123000          what the map, the list or the slice there has; it stays, empty
//   global:main.cache, goroutine:17, label:tenant=a, type:main.Session, func:..., alloc:...   as in view/subject.h:
//   what
//                                 roots refer to, objects
//
// One thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/independent_ways.h"
#include "graph/reachability.h"
#include "view/names.h"
#include "view/owners.h"
#include "view/sentence.h"
#include "view/subject.h"

namespace holdfast::view {

struct Drop {
  Subject subject;  // whose references go, or what they lead to
  bool entries = false;
  std::string field;  // of the object of `subject`; empty: all
  Address target;     // of the pointers; null: all

  bool operator==(const Drop&) const = default;
};

// Fails with kUsage.
Drop parse_drop(std::string_view text);

// Something that is free then, or that keeps the rest.
struct CutRow {
  Sentence what;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

struct CutEffect {
  std::vector<Sentence> dropped;  // one for each that was asked for
  std::uint64_t pointers = 0;     // that go: from roots and objects that stay
  std::uint64_t freed_objects = 0, freed_bytes = 0;
  std::uint64_t live_bytes = 0;  // before
  std::vector<CutRow> freed;     // by type, the most bytes first
  // What was reached over the dropped references, too, and stays: by the owner that a shortest way to it begins at.
  std::vector<CutRow> kept;
  std::uint64_t kept_objects = 0, kept_bytes = 0;
};

// Fails as find_subject() does, and with kNotFound if there is no such field, pointer or entry.
CutEffect cut(const Names& names, const graph::Dominators& dominators, const graph::Reachability& reached,
              const std::vector<Drop>& drops);

// The fewest pointers that have to go so that one object is free.
struct FewestPointers {
  Sentence what;
  std::uint32_t pointers = 0;  // at least, if they are too many
  bool is_complete = false;
  struct Reference {
    Sentence from;
    std::string field;  // the place in it; empty if it has no name
    std::uint32_t pointers = 0;
    std::string drop;  // for parse_drop(); empty if nothing can be written for it
  };
  std::vector<Reference> references;
  std::uint64_t freed_bytes = 0;  // all that would be free then
};

// Fails as find_subject() does, and with kUsage if the subject is not one object.
FewestPointers fewest_pointers(const Names& names, const graph::Reachability& reached,
                               const graph::Referrers& referrers, const Subject& subject, std::uint32_t most);

}  // namespace holdfast::view
