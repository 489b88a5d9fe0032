#include "evidence/line_verdicts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/cancel.h"
#include "base/error.h"
#include "evidence/line_holders.h"
#include "evidence/plain_name.h"
#include "heap/plumbing.h"
#include "view/allocation_sites.h"

namespace holdfast::evidence {
namespace {

using heap::SampleEstimate;
using view::CodePlace;

struct Line {
  explicit Line(std::uint64_t rate) : allocated(rate), in_use(rate), alive(rate), dead(rate) {}

  CodePlace place;
  std::map<StringId, std::uint64_t> through;  // innermost functions of the program's way down: samples
  Differences differences;
  SampleEstimate allocated, in_use, alive, dead;
  std::uint64_t recent = 0;
  std::map<TypeId, std::uint64_t> types;  // of samples alive
  HeldBytes held;                         // estimated
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
    add_up_types();
    LineVerdicts out;
    out.facts = facts_;
    out.has_estimates = has_rate_;
    out.reached_bytes = reached_.bytes;
    out.reached_objects = reached_.objects;
    SampleEstimate all(rate_);
    for (const heap::SampledObject& sample : snapshot_.sampled)
      if (reached_.contains(sample.object)) all.add(sizes_.size_of(sample.object));
    out.all_alive = sampled_as(all);
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
    // What the runtime recorded before the program began is no profile of it.
    if (facts_.switched_off || (snapshot_.profile.records.empty() && snapshot_.sampled.empty()))
      fail(ErrorCode::kUnsupported, "{}: there is no memory profile: {}", name,
           facts_.switched_off ? "no code of the program reads it, so the linker has switched the profiler off"
           : facts_.rate == 0  ? "runtime.MemProfileRate is 0"
                               : "no object was sampled yet");
  }

  // Stacks with one line are one row, whatever called it, and whatever types its function was made for.
  void find_lines_of_stacks() {
    std::map<std::tuple<std::string, StringId, std::uint32_t>, std::uint32_t> known;
    for (const heap::AllocationStack& stack : snapshot_.allocation_stacks) {
      const heap::Frame* const own =
          heap::first_own_frame(snapshot_, groundwork_.names().rules(), stack.first_frame, stack.frame_count);
      const heap::Frame nobody;
      const heap::Frame& frame = own != nullptr ? *own : nobody;
      CodePlace place = own != nullptr ? groundwork_.names().frame(frame) : CodePlace();
      place.function = plain_name(place.function);
      const auto [at, is_new] =
          known.try_emplace({place.function, frame.file, frame.line}, static_cast<std::uint32_t>(lines_.size()));
      if (is_new) lines_.emplace_back(rate_).place = std::move(place);
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
    if (const TypeId type = snapshot_.object_type[sample.object.row].type()) {
      ++line.types[type];
      ++totals_[type].samples;
    }
    const double weight = static_cast<double>(bytes) / heap::sampling_probability(bytes, rate_);
    line.held[homes.of(sample.object)] += weight;
  }

  // Of the types that samples have, all objects that something reaches.
  void add_up_types() {
    std::vector<TypeTotal*> of_type(snapshot_.types.size());
    for (auto& [type, total] : totals_) of_type[type.row] = &total;
    sizes_.for_each_run(0, snapshot_.objects, [&](std::uint64_t first, std::uint64_t last, std::uint64_t size) {
      throw_if_cancelled();
      for (std::uint64_t row = first; row < last; ++row) {
        if (!heap::test_bit(reached_.bits, row)) continue;
        const TypeId type = snapshot_.object_type[row].type();
        TypeTotal* const total = type ? of_type[type.row] : nullptr;
        if (total == nullptr) continue;
        ++total->objects;
        total->bytes += size;
      }
    });
  }

  LineType type_of(const Line& line) const {
    const auto most = std::ranges::max_element(line.types, {}, [](const auto& type) { return type.second; });
    if (most == line.types.end()) return {};
    const TypeTotal& total = totals_.at(most->first);
    return {
        view::type_name(snapshot_, most->first), most->second, total.samples, total.objects, total.bytes, most->first};
  }

  LineVerdict verdict(const Line& line) const {
    LineVerdict out;
    out.place = line.place;
    const auto commonest = std::ranges::max_element(line.through, {}, [](const auto& one) { return one.second; });
    if (commonest != line.through.end() && !line.place.empty())
      out.through.function = std::string(snapshot_.strings[commonest->first]);
    out.allocated = sampled_as(line.allocated);
    out.in_use = sampled_as(line.in_use);
    out.alive = sampled_as(line.alive);
    out.dead = sampled_as(line.dead);
    out.recent = line.recent;
    out.type = type_of(line);
    out.differences = line.differences;
    out.differences.dead = out.dead.samples - line.differences.newer_dead;
    add_holders(groundwork_, line.held, out);
    return out;
  }

  const view::Groundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  const graph::Reachability& reached_;
  graph::ObjectSizes sizes_;
  view::ProfileFacts facts_;
  bool has_rate_;
  std::uint64_t rate_;
  std::vector<Line> lines_;
  struct TypeTotal {
    std::uint64_t samples = 0;             // alive
    std::uint64_t objects = 0, bytes = 0;  // reached
  };
  std::map<TypeId, TypeTotal> totals_;        // of types that samples have
  std::vector<std::uint32_t> line_of_stack_;  // by AllocationStackId
  std::vector<StringId> through_;             // by AllocationStackId
};

}  // namespace

Sampled sampled_as(const SampleEstimate& estimate) {
  return {estimate.samples(), estimate.objects(), estimate.bytes()};
}

LineVerdicts line_verdicts(const view::Groundwork& groundwork, const graph::Reachability& reached) {
  return LineMaker(groundwork, reached).run();
}

}  // namespace holdfast::evidence
