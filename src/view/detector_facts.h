// What a detector says of itself: what it looks for, what it needs to be how sure, its thresholds and why, what to
// change. Plain data; the texts are constants.
#pragma once

#include <span>
#include <string_view>

namespace holdfast::view {

// What has to be seen before a detector says so; empty: it never does.
struct Needs {
  std::string_view proven, strong, possible;
};

struct Threshold {
  std::string_view value;  // "a quarter of the elements"
  std::string_view why;
};

struct DetectorFacts {
  std::string_view id;         // the id of its findings, which never changes: "sparse-map"
  std::string_view family;     // the section that it stands in
  std::string_view looks_for;  // a part of a sentence
  Needs needs;
  std::span<const Threshold> thresholds;
  std::string_view change;     // what to change, in general
  std::string_view verb = {};  // that shows more of what it finds; empty: that of its family
};

}  // namespace holdfast::view
