// What a question is about, as a person writes it:
//
//   0xc000123000             the object that the address lies in, or the package variable
//   type:main.Session        all objects of a type; short names do where they are unambiguous: type:Session is not
//                            enough, type:cart.Item is for example.com/app/cart.Item; map[string]*main.Session is a
//                            type
//   global:main.cache        a package variable, by the name that other verbs print
//   goroutine:17             one goroutine: all that its stack holds
//   func:main.run.func1      the closures of a function
//   alloc:server.go:88       what was allocated at a line, or in a function: of the objects that were sampled
//   label:tenant=a           the goroutines with a pprof label
//
// Parsing fails with kUsage. Finding fails with kNotFound, with what there is instead, or with kUsage if a short name
// is that of several. Any thread may ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "graph/node.h"
#include "graph/reachability.h"
#include "view/names.h"
#include "view/sentence.h"

namespace holdfast::view {

enum class SubjectKind : std::uint8_t { kAddress, kType, kGlobal, kGoroutine, kFunction, kAllocation, kLabel };

struct Subject {
  SubjectKind kind = SubjectKind::kAddress;
  Address address;         // kAddress
  std::uint64_t goid = 0;  // kGoroutine
  std::string name;        // what is behind the colon; of a label the key
  std::string value;       // of a label

  bool operator==(const Subject&) const = default;
};

Subject parse_subject(std::string_view text);

// The words before the colon with what stands behind it, for the help: "type:T", ...
std::string subject_forms();

struct FoundSubject {
  Sentence what;                     // "3 × main.Session", "the main.Session at 0xc000123000", "goroutine 17"
  std::vector<graph::NodeId> nodes;  // ascending; objects that are reached, and roots; at least one
  std::uint64_t garbage = 0;         // objects that would belong to it, and that nothing reaches
  std::uint64_t garbage_bytes = 0;   // of their slots
};

FoundSubject find_subject(const Names& names, const graph::Reachability& reached, const Subject& subject);

}  // namespace holdfast::view
