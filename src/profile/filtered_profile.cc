#include "profile/filtered_profile.h"

#include <algorithm>
#include <utility>

namespace holdfast::profile {

// An expression, matched once against each function and each mapping.
class FilteredProfile::Names {
 public:
  Names(const Profile& profile, const std::string& expression, const std::string& option) : option_(option) {
    const Pattern pattern(expression, option);
    for (const Function& function : profile.functions())
      functions_.push_back(pattern.matches(function.name) || pattern.matches(function.file));
    for (const Mapping& mapping : profile.mappings()) mappings_.push_back(pattern.matches(mapping.file));
  }

  bool has(const Line& line) const { return functions_[line.function]; }
  bool has_mapping(const Location& location) const {
    return location.mapping != kNoMapping && mappings_[location.mapping];
  }
  bool has_any(std::span<const Line> lines, const Location& location) const {
    return has_mapping(location) || std::ranges::any_of(lines, [&](const Line& line) { return has(line); });
  }
  const std::string& option() const { return option_; }
  void note_use() { used_ = true; }
  bool is_idle() const { return !used_; }

 private:
  std::string option_;
  std::vector<bool> functions_, mappings_;
  bool used_ = false;
};

FilteredProfile::FilteredProfile(std::shared_ptr<const Profile> profile, const StackQuery& query)
    : profile_(std::move(profile)) {
  if (!query.tag_focus.empty()) tag_focus_.emplace(query.tag_focus, "--tagfocus");
  if (!query.tag_ignore.empty()) tag_ignore_.emplace(query.tag_ignore, "--tagignore");
  mark_locations(query);
}

void FilteredProfile::mark_locations(const StackQuery& query) {
  const auto names = [&](const std::string& expression, const char* option) {
    return expression.empty() ? std::optional<Names>() : Names(*profile_, expression, option);
  };
  std::optional<Names> focus = names(query.focus, "--focus"), ignore = names(query.ignore, "--ignore"),
                       show = names(query.show, "--show"), hide = names(query.hide, "--hide"),
                       from = names(query.show_from, "--show-from");
  if (!focus && !ignore && !show && !hide && !from) return;
  cuts_ = show || hide;
  starts_below_ = from.has_value();
  const auto matches = [](std::optional<Names>& names_of, std::span<const Line> lines, const Location& location) {
    if (!names_of || !names_of->has_any(lines, location)) return false;
    names_of->note_use();
    return true;
  };
  for (std::uint32_t row = 0; row < profile_->locations().size(); ++row) {
    const Location& location = profile_->locations()[row];
    const std::span<const Line> lines = profile_->lines(location);
    Mark& mark = marks_.emplace_back();
    mark.ignored = matches(ignore, lines, location);
    mark.in_focus = !mark.ignored && (!focus || matches(focus, lines, location));
    matches(show, lines, location);
    matches(hide, lines, location);
    if (!cuts_ && !from) continue;
    kept_.push_back(keep_lines(row, show ? &*show : nullptr, hide ? &*hide : nullptr, from ? &*from : nullptr, mark));
    if (mark.shown_from) from->note_use();
  }
  for (const std::optional<Names>* const one : {&focus, &ignore, &show, &hide, &from})
    if (*one && (*one)->is_idle()) idle_.push_back((*one)->option());
}

FilteredProfile::Part FilteredProfile::keep_lines(std::uint32_t row, const Names* show, const Names* hide,
                                                  const Names* from, Mark& mark) {
  const Location& location = profile_->locations()[row];
  const std::span<const Line> lines = profile_->lines(location);
  const auto first = static_cast<std::uint32_t>(lines_.size());
  const bool hides_all = hide != nullptr && hide->has_mapping(location);
  const bool shows_all = show == nullptr || show->has_mapping(location);
  for (const Line& line : lines)
    if (!hides_all && (hide == nullptr || !hide->has(line)) && (shows_all || show->has(line))) lines_.push_back(line);
  // What has no line at all is hidden by what matches it, and by every --show.
  const bool is_hidden = hide != nullptr && hide->has_any(lines, location);
  mark.hidden = lines_.size() == first && (is_hidden || show != nullptr);
  if (from != nullptr && !mark.hidden) {
    std::size_t last = lines_.size();  // behind the outermost that matches
    while (last > first && !from->has(lines_[last - 1])) --last;
    mark.shown_from = from->has_mapping(location) || last > first;
    if (!from->has_mapping(location) && last > first) lines_.resize(last);
  }
  return {first, static_cast<std::uint32_t>(lines_.size()) - first};
}

bool FilteredProfile::passes(const Sample& sample) const {
  if ((tag_focus_ && !tag_focus_->matches(sample)) || (tag_ignore_ && tag_ignore_->matches(sample))) return false;
  if (marks_.empty()) return true;
  bool in_focus = false;
  for (const std::uint32_t location : sample.locations) {
    if (marks_[location].ignored) return false;
    in_focus = in_focus || marks_[location].in_focus;
  }
  return in_focus;
}

// False if nothing is left of the stack.
bool FilteredProfile::cut(const Sample& sample, std::vector<std::uint32_t>& locations) const {
  locations.clear();
  std::size_t outermost = 0;  // behind the last that is shown
  for (const std::uint32_t location : sample.locations) {
    if (marks_[location].hidden) continue;
    locations.push_back(location);
    if (marks_[location].shown_from) outermost = locations.size();
  }
  if (starts_below_) locations.resize(outermost);
  return !locations.empty();
}

void FilteredProfile::for_each_sample(const std::function<void(const Sample&)>& visit,
                                      const std::function<void(const Sample&)>& left_out) const {
  const bool is_plain = marks_.empty() && !tag_focus_ && !tag_ignore_;
  if (is_plain) return profile_->for_each_sample(visit);
  std::vector<std::uint32_t> locations;
  profile_->for_each_sample([&](const Sample& sample) {
    const bool is_cut = cuts_ || starts_below_;
    if (!passes(sample) || (is_cut && !cut(sample, locations))) {
      if (left_out) left_out(sample);
      return;
    }
    if (!is_cut) return visit(sample);
    visit({locations, sample.values, sample.labels});
  });
}

}  // namespace holdfast::profile
