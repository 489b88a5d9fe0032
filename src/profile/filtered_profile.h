// A profile as somebody wants to see it: only samples whose stacks or labels match, and of these only some calls. The
// options and their order are pprof's:
//
//   focus      only samples with a call that matches       ignore      none with a call that matches
//   hide       leave such calls out                        show        leave all others out
//   show_from  leave out what stands above the outermost such call, and samples without one
//   tag_focus  only samples with such a label              tag_ignore  none with such a label
//
// A call matches by the name of its function, the path of its source or that of its program; a call that was inlined is
// a call of its own, but what is ignored or in focus is all that stands at one address. Source: profile/filter.go of
// google/pprof. One thread may read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "profile/pattern.h"
#include "profile/profile.h"
#include "profile/tag_filter.h"

namespace holdfast::profile {

// Regular expressions (profile/pattern.h); tags as profile/tag_filter.h has them. Empty ones filter nothing.
struct StackQuery {
  std::string focus = {}, ignore = {}, show = {}, hide = {}, show_from = {}, tag_focus = {}, tag_ignore = {};

  bool operator==(const StackQuery&) const = default;
};

class FilteredProfile {
 public:
  // Fails with kUsage if an expression is none.
  explicit FilteredProfile(std::shared_ptr<const Profile> profile, const StackQuery& query = {});

  const Profile& profile() const { return *profile_; }
  // Of the calls at a location those that are shown, the innermost first.
  std::span<const Line> lines(std::uint32_t location) const {
    const Location& one = profile_->locations()[location];
    return kept_.empty() ? profile_->lines(one)
                         : std::span(lines_).subspan(kept_[location].first, kept_[location].lines);
  }
  // The options whose expression matches no call of the profile: "--focus".
  const std::vector<std::string>& idle_options() const { return idle_; }

  // Visits the samples that pass, without the locations that are hidden; `left_out`, if it is not null, is called for
  // the others. Otherwise as Profile::for_each_sample.
  void for_each_sample(const std::function<void(const Sample&)>& visit,
                       const std::function<void(const Sample&)>& left_out = nullptr) const;

 private:
  // Which of the expressions match a location.
  struct Mark {
    bool in_focus = false, ignored = false, hidden = false, shown_from = false;
  };
  struct Part {
    std::uint32_t first = 0, lines = 0;  // of lines_
  };
  class Names;

  void mark_locations(const StackQuery& query);
  Part keep_lines(std::uint32_t location, const Names* show, const Names* hide, const Names* from, Mark& mark);
  bool passes(const Sample& sample) const;
  bool cut(const Sample& sample, std::vector<std::uint32_t>& locations) const;

  std::shared_ptr<const Profile> profile_;
  std::vector<Mark> marks_;  // by location; empty if no call is asked for
  std::vector<Part> kept_;   // by location; empty if all are shown
  std::vector<Line> lines_;
  bool cuts_ = false, starts_below_ = false;
  std::optional<TagFilter> tag_focus_, tag_ignore_;
  std::vector<std::string> idle_;
};

}  // namespace holdfast::profile
