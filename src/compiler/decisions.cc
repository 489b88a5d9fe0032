#include "compiler/decisions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/source_place.h"
#include "base/text.h"
#include "compiler/flow_lines.h"

namespace holdfast::compiler {

std::vector<FlowStep> Decisions::flow(const Decision& decision) const {
  if (decision.flow == Decision::kNoFlow) return {};
  const Flow& flow = flows_[decision.flow];
  return flow.is_json ? json_flow(flow.bytes) : text_flow(flow.bytes);
}

std::string Decisions::trimmed_path(const Decision& decision) const {
  return fmt::format("{}/{}", text(decision.package), base_name(text(decision.place.path)));
}

bool DecisionBuilder::is_same(const Decision& a, const Decision& b, std::span<const Place> inlined) const {
  const std::span<const Place> others = out_.inlined(a);
  return a.verdict == b.verdict && a.place == b.place && a.subject == b.subject && a.detail == b.detail &&
         std::equal(others.begin(), others.end(), inlined.begin(), inlined.end());
}

void DecisionBuilder::add(Decision decision, std::span<const Place> inlined) {
  std::uint64_t hash = mix(static_cast<std::uint64_t>(decision.verdict), decision.place.path.row);
  hash = mix(mix(mix(mix(hash, decision.place.line), decision.place.column), decision.subject), decision.detail);
  const auto [begin, end] = rows_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    Decision& known = out_.rows_[at->second];
    if (!is_same(known, decision, inlined)) continue;
    ++known.count;
    // Instances of a generic function are one function; what is said of several, none of them has alone.
    if (known.function != decision.function &&
        split_function(text(known.function)).name != split_function(text(decision.function)).name)
      known.function = StringId();
    if (known.flow == Decision::kNoFlow) known.flow = decision.flow;
    return;
  }
  decision.first_inlined = static_cast<std::uint32_t>(out_.inlined_.size());
  decision.inlined = static_cast<std::uint32_t>(inlined.size());
  out_.inlined_.insert(out_.inlined_.end(), inlined.begin(), inlined.end());
  rows_.emplace(hash, static_cast<std::uint32_t>(out_.rows_.size()));
  out_.rows_.push_back(decision);
}

std::uint32_t DecisionBuilder::add_flow(std::string_view bytes, bool is_json) {
  out_.flows_.push_back({bytes, is_json});
  return static_cast<std::uint32_t>(out_.flows_.size() - 1);
}

void DecisionBuilder::not_understood(std::string_view line) {
  constexpr std::size_t kMostBytes = 200;
  ++out_.not_understood_.lines;
  if (out_.not_understood_.first.size() < NotUnderstood::kMostShown)
    out_.not_understood_.first.emplace_back(line.substr(0, kMostBytes));
}

}  // namespace holdfast::compiler
