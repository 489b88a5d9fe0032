#include "evidence/line_verdicts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <unordered_map>

#include "base/cancel.h"
#include "base/error.h"
#include "base/source_place.h"
#include "heap/plumbing.h"
#include "view/allocation_sites.h"
#include "view/home_of.h"
#include "view/owner_words.h"

namespace holdfast::evidence {
namespace {

using heap::SampleEstimate;
using view::CodePlace;

Sampled sampled(const SampleEstimate& estimate) {
  return {estimate.samples(), estimate.objects(), estimate.bytes()};
}

// What pprof writes of generic code has the type arguments, what function tables have says "[...]"; and a profile
// spells a dot in the last element of an import path "%2e".
std::string plain_name(std::string_view function) {
  std::string out;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    if (function[i] == '[' && depth++ == 0) out += "[...";
    if (function[i] == ']' && depth > 0) --depth;
    if (depth > 0) continue;
    if (function.substr(i, 3) == "%2e") {
      out += '.';
      i += 2;
    } else {
      out += function[i];
    }
  }
  return out;
}

struct Line {
  explicit Line(std::uint64_t rate) : allocated(rate), in_use(rate), alive(rate), dead(rate) {}

  CodePlace place;
  std::map<StringId, std::uint64_t> through;  // innermost functions of the program's way down: samples
  Differences differences;
  SampleEstimate allocated, in_use, alive, dead;
  std::uint64_t recent = 0;
  std::unordered_map<std::uint32_t, double> held;  // by home: estimated bytes
  double weight = 0;                               // of all that is alive
};

class LineMaker {
 public:
  LineMaker(const view::Groundwork& groundwork, const graph::Reachability& reached)
      : groundwork_(groundwork),
        snapshot_(groundwork.snapshot()),
        reached_(reached),
        sizes_(snapshot_),
        facts_(view::AllocationSamples(groundwork.names(), sizes_).facts()),
        has_rate_(facts_.rate == 1 || (facts_.rate.value_or(0) > 0 && !facts_.rate_has_changed)),
        rate_(has_rate_ ? *facts_.rate : 1) {
    check();
    find_lines_of_stacks();
  }

  LineVerdicts run() {
    for (const heap::ProfileRecord& record : snapshot_.profile.records) add(record);
    compare();
    view::HomeOf homes(groundwork_.dominators(), groundwork_.owners());
    std::size_t until_check = 0;
    for (const heap::SampledObject& sample : snapshot_.sampled) {
      if (until_check++ % 4096 == 0) throw_if_cancelled();
      add(sample, homes);
    }
    LineVerdicts out;
    out.facts = facts_;
    out.has_estimates = has_rate_;
    out.reached_bytes = reached_.bytes;
    out.reached_objects = reached_.objects;
    SampleEstimate all(rate_);
    for (const heap::SampledObject& sample : snapshot_.sampled)
      if (reached_.contains(sample.object)) all.add(sizes_.size_of(sample.object));
    out.all_alive = sampled(all);
    for (const Line& line : lines_) out.lines.push_back(verdict(line));
    std::ranges::stable_sort(out.lines, [](const LineVerdict& a, const LineVerdict& b) {
      return std::pair(a.alive.bytes.value, a.in_use.bytes.value) >
             std::pair(b.alive.bytes.value, b.in_use.bytes.value);
    });
    return out;
  }

 private:
  void check() const {
    const std::string& name = snapshot_.target.name;
    if (!facts_.known) fail(ErrorCode::kUnsupported, "{}: the runtime's memory profile was not found", name);
    if (snapshot_.profile.records.empty() && snapshot_.sampled.empty())
      fail(ErrorCode::kUnsupported, "{}: there is no memory profile: {}", name,
           facts_.switched_off ? "no code of the program reads it, so the linker has switched the profiler off"
           : facts_.rate == 0  ? "runtime.MemProfileRate is 0"
                               : "no object was sampled yet");
  }

  // Stacks with one line are one row, whatever called it.
  void find_lines_of_stacks() {
    std::map<std::tuple<StringId, StringId, std::uint32_t>, std::uint32_t> known;
    for (const heap::AllocationStack& stack : snapshot_.allocation_stacks) {
      const heap::Frame* const own =
          heap::first_own_frame(snapshot_, groundwork_.names().rules(), stack.first_frame, stack.frame_count);
      const heap::Frame nobody;
      const heap::Frame& frame = own != nullptr ? *own : nobody;
      const auto [at, is_new] =
          known.try_emplace({frame.function, frame.file, frame.line}, static_cast<std::uint32_t>(lines_.size()));
      if (is_new) {
        lines_.emplace_back(rate_);
        if (own != nullptr) lines_.back().place = groundwork_.names().frame(frame);
      }
      line_of_stack_.push_back(at->second);
      through_.push_back(innermost(stack, own));
    }
  }

  // The first frame that is not the runtime's, unless that is `own`.
  StringId innermost(const heap::AllocationStack& stack, const heap::Frame* own) const {
    for (std::uint32_t f = stack.first_frame; f < stack.first_frame + stack.frame_count; ++f) {
      const heap::Frame& frame = snapshot_.frames[f];
      if (&frame == own) return {};
      const std::string_view name = snapshot_.strings[frame.function];
      if (!name.starts_with("runtime.") && !name.starts_with("internal/runtime/")) return frame.function;
    }
    return {};
  }

  void add(const heap::ProfileRecord& record) {
    Line& line = lines_[line_of_stack_[record.stack.row]];
    line.allocated.add(record.object_size, record.allocs);
    line.in_use.add(record.object_size, record.in_use());
  }

  // What is there and not in the profile came after it; what is in it and not there is freed.
  void compare() {
    struct Counts {
      std::uint64_t in_profile = 0, present = 0;
    };
    std::map<std::pair<std::uint32_t, std::uint64_t>, Counts> by_stack_and_size;
    for (const heap::ProfileRecord& record : snapshot_.profile.records)
      by_stack_and_size[{record.stack.row, record.object_size}].in_profile += record.in_use();
    for (const heap::SampledObject& sample : snapshot_.sampled)
      ++by_stack_and_size[{sample.stack.row, sizes_.size_of(sample.object)}].present;
    for (const auto& [key, counts] : by_stack_and_size) {
      Line& line = lines_[line_of_stack_[key.first]];
      const std::uint64_t both = std::min(counts.in_profile, counts.present);
      line.differences.newer += counts.present - both;
      line.differences.freed += counts.in_profile - both;
      if (counts.present > both) line.allocated.add(key.second, counts.present - both);
    }
  }

  void add(const heap::SampledObject& sample, view::HomeOf& homes) {
    Line& line = lines_[line_of_stack_[sample.stack.row]];
    const std::uint64_t bytes = sizes_.size_of(sample.object);
    if (const StringId through = through_[sample.stack.row]) ++line.through[through];
    const bool is_fresh = !snapshot_.fresh.empty() && heap::test_bit(snapshot_.fresh, sample.object.row);
    if (!reached_.contains(sample.object)) {
      line.dead.add(bytes);
      if (is_fresh && line.differences.newer_dead < line.differences.newer) ++line.differences.newer_dead;
      return;
    }
    line.alive.add(bytes);
    if (is_fresh) ++line.recent;
    const double weight = static_cast<double>(bytes) / heap::sampling_probability(bytes, rate_);
    line.weight += weight;
    line.held[homes.of(sample.object)] += weight;
  }

  LineVerdict verdict(const Line& line) const {
    LineVerdict out;
    out.place = line.place;
    const auto commonest = std::ranges::max_element(line.through, {}, [](const auto& one) { return one.second; });
    if (commonest != line.through.end()) out.through.function = std::string(snapshot_.strings[commonest->first]);
    out.allocated = sampled(line.allocated);
    out.in_use = sampled(line.in_use);
    out.alive = sampled(line.alive);
    out.dead = sampled(line.dead);
    out.recent = line.recent;
    out.differences = line.differences;
    out.differences.dead = out.dead.samples - line.differences.newer_dead;
    add_holders(line, out);
    return out;
  }

  void add_holders(const Line& line, LineVerdict& out) const {
    std::vector<std::pair<std::uint32_t, double>> held(line.held.begin(), line.held.end());
    std::ranges::sort(held, [](const auto& a, const auto& b) {
      return std::pair(-a.second, a.first) < std::pair(-b.second, b.first);
    });
    if (held.size() > LineVerdict::kMostHeld) held.resize(LineVerdict::kMostHeld);
    for (const auto& [home, weight] : held)
      out.held.push_back({who(home), static_cast<std::uint64_t>(std::llround(weight)), weight / line.weight});
  }

  view::Sentence who(std::uint32_t row) const {
    const view::Owners& owners = groundwork_.owners();
    const view::Home& home = owners.homes()[row];
    if (home.owners.empty()) return view::kinds_text(home);
    view::Sentence out = view::owner_text(snapshot_, owners, home.owners.front());
    if (home.owners.size() == 1) return out;
    if (home.owners.size() == 2)
      return view::sentence("{} and {}", out, view::owner_text(snapshot_, owners, home.owners[1]));
    return view::sentence("{} and {} others", out, std::to_string(home.owners.size() - 1));
  }

  const view::Groundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  const graph::Reachability& reached_;
  graph::ObjectSizes sizes_;
  view::ProfileFacts facts_;
  bool has_rate_;
  std::uint64_t rate_;
  std::vector<Line> lines_;
  std::vector<std::uint32_t> line_of_stack_;  // by AllocationStackId
  std::vector<StringId> through_;             // by AllocationStackId
};

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
    join_by_line();
    for (auto& [function, there] : left_there_) {
      std::vector<std::size_t>& here = left_here_[function];
      if (here.size() == there.size() && !function.empty())
        join_in_order(here, there);
      else
        for (const std::size_t sum : there) add_line(sums_[sum]);
    }
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

  static void set(LineVerdict& line, const ElsewhereAdder::Sum& sum) {
    line.elsewhere = {sampled(sum.allocated), sampled(sum.in_use)};
    const Sampled& in_use = line.elsewhere->in_use;
    line.elsewhere->fits = in_use.bytes.least <= line.alive.bytes.most && line.alive.bytes.least <= in_use.bytes.most;
  }

  std::vector<ElsewhereAdder::Sum> sums_;
  LineVerdicts& verdicts_;
  std::map<std::string, std::vector<std::size_t>> left_here_, left_there_;  // by function
};

}  // namespace

LineVerdicts line_verdicts(const view::Groundwork& groundwork, const graph::Reachability& reached,
                           const profile::Profile* other, const std::string& other_name) {
  LineVerdicts verdicts = LineMaker(groundwork, reached).run();
  if (other == nullptr) return verdicts;
  verdicts.elsewhere = other_name;
  Joiner(ElsewhereAdder(*other, groundwork).run(), verdicts).run();
  return verdicts;
}

}  // namespace holdfast::evidence
