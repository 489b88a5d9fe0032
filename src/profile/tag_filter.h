// Which samples have a label that somebody asks for, as pprof's -tagfocus and -tagignore say it:
//
//   64kb   64kb:   :1mb   32kb:1mb    a number, or a range with both ends in it, of any label that is a number
//   key=64kb:                         of this label only
//   expr,expr                         each matches "key:text" of some label that is a text
//   key=expr,expr                     one of them matches a text of this label
//
// A number without a unit means bytes or nanoseconds, or what else the label counts; to pprof it means only labels
// without a unit. Source: compileTagFilter in internal/driver/driver_focus.go of google/pprof. One thread may ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profile/pattern.h"
#include "profile/profile.h"

namespace holdfast::profile {

class TagFilter {
 public:
  // `option` is what errors name. Fails with kUsage.
  TagFilter(const std::string& text, const std::string& option);

  bool matches(const Sample& sample) const;

 private:
  bool has_number(const Sample& sample) const;
  bool has_every_text(const Sample& sample) const;
  bool has_a_text(const Sample& sample) const;

  struct Range {
    double least = 0, most = 0;
    std::string unit;  // the smallest of its kind: "bytes", "nanoseconds"; what was written if it is none of them
  };
  struct Scale {
    std::string_view key, unit;  // of labels
    double factor = 0;           // to the unit of the range; 0 if it has another one
  };
  double factor_of(const Label& label) const;

  std::optional<std::string> key_;
  std::optional<Range> range_;
  // The last ones that were asked for: labels of a profile are of few kinds, and there is one on each sample.
  mutable std::vector<Scale> scales_;
  std::vector<Pattern> patterns_;
};

}  // namespace holdfast::profile
