#include "detect/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/units.h"
#include "detect/detector.h"
#include "detect/known_leaks.h"
#include "detect/weigh.h"
#include "view/allocation_sites.h"

namespace holdfast::detect {
namespace {

constexpr std::uint64_t kSmallest = 1 << 20;   // in bytes; 1 % of the live ones if that is more
constexpr std::string_view kBetween("\0", 1);  // in no name

std::string_view verb_of(const view::DetectorFacts& facts) {
  if (!facts.verb.empty()) return facts.verb;
  const auto* const family = std::ranges::find(kFamilies, facts.family, &Family::name);
  return family == std::end(kFamilies) ? std::string_view() : family->verb;
}

}  // namespace

Suspicion& suspect(std::vector<Suspicion>& out, const Detector& detector, const Fault& fault,
                   view::Confidence confidence) {
  Suspicion& suspicion = out.emplace_back();
  view::Finding& finding = suspicion.finding;
  finding.id = detector.facts.id;
  finding.fault = fault.text;
  finding.confidence = confidence;
  finding.verb = verb_of(detector.facts);
  suspicion.places = fault.identity;
  Hasher hasher;
  hasher.add(finding.id);
  for (const std::string& part : fault.identity) hasher.add(kBetween).add(part);
  finding.fingerprint = fmt::format("{:016x}", hasher.value());
  return suspicion;
}

void take_holder(const Evidence& evidence, RootId root, view::Finding& finding) {
  for (const view::Holder& holder : evidence.report.holders) {
    if (holder.chain.empty() || holder.chain.front().node != graph::NodeId(root)) continue;
    finding.chain = holder.chain;
    finding.allocated_at = holder.allocated_at;
    return;
  }
}

void take_places(const Evidence& evidence, std::span<const ObjectId> objects, view::Finding& finding) {
  const view::AllocationSamples samples(evidence.names, evidence.dominators.columns().sizes);
  const auto group_of = [&](ObjectId object) {
    return std::ranges::binary_search(objects, object) ? 0 : view::AllocationSamples::kNoGroup;
  };
  finding.allocated_at = std::move(samples.by_group(1, group_of).front());
  const view::AllocationPlace* const place = finding.allocated_at ? finding.allocated_at->agreed() : nullptr;
  if (place != nullptr && !place->place.empty())
    finding.because +=
        view::sentence("; {} made at {}", objects.size() == 1 ? "it was" : "most were", view::named(place->place));
}

std::string duration(std::uint64_t ns) {
  return format_seconds(static_cast<double>(ns) / 1e9);
}

void add_findings(const view::Groundwork& groundwork, view::Report& report) {
  view::PlaceFinder places(groundwork);
  const std::uint64_t live = report.heap.reachable_bytes, smallest = std::max(kSmallest, live / 100);
  HeadedArrays arrays(groundwork.snapshot(), groundwork.names(), groundwork.dominators(), smallest);
  const Evidence evidence{.groundwork = groundwork,
                          .names = groundwork.names(),
                          .snapshot = groundwork.snapshot(),
                          .dominators = groundwork.dominators(),
                          .report = report,
                          .places = places,
                          .arrays = arrays,
                          .live = live,
                          .smallest = smallest};
  std::vector<Suspicion> suspicions;
  for (const Detector* detector : detectors()) detector->run(evidence, suspicions);
  report.detectors = detectors().size();
  mark_known_leaks(groundwork.snapshot(), known_leaks(), suspicions);
  report.findings = weigh(evidence, std::move(suspicions));
  mark_explained(report.findings, report.holders);
}

}  // namespace holdfast::detect
