#include "evidence/elsewhere.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/source_place.h"
#include "evidence/plain_name.h"
#include "heap/plumbing.h"

namespace holdfast::evidence {
namespace {

using heap::SampleEstimate;
using view::CodePlace;

// Adds up a profile by the same lines.
class ElsewhereAdder {
 public:
  ElsewhereAdder(const profile::Profile& profile, const view::Groundwork& groundwork)
      : profile_(profile),
        rules_(groundwork.names().rules()),
        module_(groundwork.snapshot().target.main_module),
        rate_(profile.period() > 0 ? static_cast<std::uint64_t>(profile.period()) : 1) {
    for (std::size_t type = 0; type < profile.sample_types().size(); ++type) {
      const std::string_view name = profile.sample_types()[type].type;
      if (name == "alloc_objects") allocated_ = type;
      if (name == "inuse_objects") in_use_ = type;
    }
    if (!allocated_ || !in_use_)
      fail(ErrorCode::kUnsupported, "the profile is none of the heap: it counts no alloc_objects and inuse_objects");
    for (const profile::Function& function : profile.functions()) {
      names_.push_back(plain_name(function.name));
      is_own_.push_back(heap::is_own(rules_, names_.back(), module_));
      is_plumbing_.push_back(heap::is_plumbing(rules_, names_.back()));
    }
  }

  struct Sum {
    explicit Sum(std::uint64_t rate) : allocated(rate), in_use(rate) {}
    CodePlace place;
    SampleEstimate allocated, in_use;
  };

  std::vector<Sum> run() {
    profile_.for_each_sample([&](const profile::Sample& sample) { add(sample); });
    return std::move(sums_);
  }

 private:
  const profile::Line* own_line(const profile::Sample& sample) const {
    const profile::Line* fallback = nullptr;
    for (const std::uint32_t location : sample.locations)
      for (const profile::Line& line : profile_.lines(profile_.locations()[location])) {
        if (is_own_[line.function]) return &line;
        if (fallback == nullptr && !is_plumbing_[line.function]) fallback = &line;
      }
    return fallback;
  }

  // Its numbers are scaled up; what was recorded is asked for.
  std::uint64_t recorded(std::int64_t objects, std::uint64_t bytes) const {
    if (objects <= 0) return 0;
    const double p = heap::sampling_probability(bytes, rate_);
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(static_cast<double>(objects) * p)));
  }

  void add(const profile::Sample& sample) {
    const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(sample.number("bytes"), 1));
    const profile::Line* const line = own_line(sample);
    const auto key =
        line == nullptr ? std::pair(~std::uint32_t{0}, std::int64_t{0}) : std::pair(line->function, line->line);
    const auto [at, is_new] = rows_.try_emplace(key, 0);
    if (is_new) at->second = row_of(line);
    Sum& sum = sums_[at->second];
    sum.allocated.add(bytes, recorded(sample.values[*allocated_], bytes));
    sum.in_use.add(bytes, recorded(sample.values[*in_use_], bytes));
  }

  // Functions that differ in their type arguments are one.
  std::size_t row_of(const profile::Line* line) {
    CodePlace place;
    if (line != nullptr)
      place = {names_[line->function], std::string(profile_.functions()[line->function].file),
               static_cast<std::uint32_t>(std::max<std::int64_t>(line->line, 0))};
    const auto [at, is_new] = row_of_place_.try_emplace({place.function, place.file, place.line}, sums_.size());
    if (is_new) sums_.emplace_back(rate_).place = std::move(place);
    return at->second;
  }

  const profile::Profile& profile_;
  const heap::OwnerRules& rules_;
  const std::string& module_;
  std::uint64_t rate_;
  std::optional<std::size_t> allocated_, in_use_;
  std::vector<std::string> names_;  // by function
  std::vector<bool> is_own_, is_plumbing_;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::size_t> rows_;  // by function and line
  std::map<std::tuple<std::string, std::string, std::uint32_t>, std::size_t> row_of_place_;
  std::vector<Sum> sums_;
};

// First by line, however both call the file; then, of what is left, by function if it has as many lines at both: those
// of another build are in the same order.
class Joiner {
 public:
  Joiner(std::vector<ElsewhereAdder::Sum> sums, LineVerdicts& verdicts) : sums_(std::move(sums)), verdicts_(verdicts) {}

  void run() {
    before_ = verdicts_.elsewhere.size();
    for (LineVerdict& line : verdicts_.lines) {
      was_.push_back(line.elsewhere);
      line.elsewhere.reset();
    }
    join_by_line();
    for (auto& [function, there] : left_there_) {
      std::vector<std::size_t>& here = left_here_[function];
      if (here.size() == there.size() && !function.empty())
        join_in_order(here, there);
      else
        for (const std::size_t sum : there) add_line(sums_[sum]);
    }
    remember();
  }

 private:
  void join_by_line() {
    PlaceIndex index;
    for (std::size_t i = 0; i < verdicts_.lines.size(); ++i) {
      const CodePlace& place = verdicts_.lines[i].place;
      index.add({.path = place.file, .line = place.line, .function = place.function}, static_cast<std::uint32_t>(i));
    }
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const CodePlace& place = sums_[i].place;
      const std::vector<std::uint32_t> rows =
          index.find({.path = place.file, .line = place.line, .function = place.function});
      if (rows.empty() || verdicts_.lines[rows.front()].elsewhere)
        left_there_[place.function].push_back(i);
      else
        set(verdicts_.lines[rows.front()], sums_[i]);
    }
    for (std::size_t i = 0; i < verdicts_.lines.size(); ++i)
      if (!verdicts_.lines[i].elsewhere) left_here_[plain_name(verdicts_.lines[i].place.function)].push_back(i);
  }

  void join_in_order(std::vector<std::size_t>& here, std::vector<std::size_t>& there) {
    std::ranges::sort(there, {}, [&](std::size_t i) { return sums_[i].place.line; });
    std::ranges::sort(here, {}, [&](std::size_t i) { return verdicts_.lines[i].place.line; });
    for (std::size_t k = 0; k < there.size(); ++k) {
      set(verdicts_.lines[here[k]], sums_[there[k]]);
      verdicts_.lines[here[k]].elsewhere->moved = true;
    }
  }

  // Nothing that the target has recorded was allocated there.
  void add_line(const ElsewhereAdder::Sum& sum) {
    LineVerdict& line = verdicts_.lines.emplace_back();
    line.place = sum.place;
    set(line, sum);
  }

  // What earlier profiles said goes behind what this one says; of a line that one of them does not have they say 0.
  void remember() {
    if (before_ == 0) return;
    for (std::size_t i = 0; i < verdicts_.lines.size(); ++i) {
      std::optional<ProfiledElsewhere>& now = verdicts_.lines[i].elsewhere;
      const bool was = i < was_.size() && was_[i];
      if (!now && !was) continue;
      if (!now) now.emplace();
      if (was) {
        now->earlier = was_[i]->earlier;
        now->earlier.push_back(was_[i]->in_use);
      }
      now->earlier.resize(before_);
    }
  }

  static void set(LineVerdict& line, const ElsewhereAdder::Sum& sum) {
    line.elsewhere.emplace();
    line.elsewhere->allocated = sampled_as(sum.allocated);
    line.elsewhere->in_use = sampled_as(sum.in_use);
    const Sampled& in_use = line.elsewhere->in_use;
    line.elsewhere->fits = in_use.bytes.least <= line.alive.bytes.most && line.alive.bytes.least <= in_use.bytes.most;
  }

  std::vector<ElsewhereAdder::Sum> sums_;
  LineVerdicts& verdicts_;
  std::size_t before_ = 0;                                                  // profiles
  std::vector<std::optional<ProfiledElsewhere>> was_;                       // by those, by line
  std::map<std::string, std::vector<std::size_t>> left_here_, left_there_;  // by function
};

}  // namespace

void put_beside(const profile::Profile& profile, const std::string& name, const view::Groundwork& groundwork,
                LineVerdicts& verdicts) {
  Joiner(in_context([&] { return ElsewhereAdder(profile, groundwork).run(); }, "{}", name), verdicts).run();
  verdicts.elsewhere.push_back(name);
}

}  // namespace holdfast::evidence
