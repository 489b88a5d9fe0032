#include "detect/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/units.h"
#include "detect/detector.h"

namespace holdfast::detect {
namespace {

using view::Finding;

constexpr std::uint64_t kSmallest = 1 << 20;   // in bytes; 1 % of the live ones if that is more
constexpr std::string_view kBetween("\0", 1);  // in no name

}  // namespace

Finding& add_finding(std::vector<Finding>& out, const Detector& detector, const Fault& fault,
                     view::Confidence confidence) {
  Finding& finding = out.emplace_back();
  finding.id = detector.id;
  finding.fault = fault.text;
  finding.confidence = confidence;
  Hasher hasher;
  hasher.add(finding.id);
  for (const std::string& part : fault.identity) hasher.add(kBetween).add(part);
  finding.fingerprint = fmt::format("{:016x}", hasher.value());
  return finding;
}

void take_holder(const Evidence& evidence, RootId root, Finding& finding) {
  for (const view::Holder& holder : evidence.report.holders) {
    if (holder.chain.empty() || holder.chain.front().node != graph::NodeId(root)) continue;
    finding.chain = holder.chain;
    finding.allocated_at = holder.allocated_at;
    return;
  }
}

std::string duration(std::uint64_t ns) {
  return format_seconds(static_cast<double>(ns) / 1e9);
}

std::vector<Finding> find_findings(const view::Groundwork& groundwork, const view::Report& report) {
  view::PlaceFinder places(groundwork);
  const std::uint64_t live = report.heap.reachable_bytes;
  const Evidence evidence{groundwork.names(),
                          groundwork.snapshot(),
                          groundwork.dominators(),
                          report,
                          places,
                          live,
                          std::max(kSmallest, live / 100)};
  std::vector<Finding> out;
  for (const Detector* detector : detectors()) detector->run(evidence, out);
  std::stable_sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) { return a.bytes > b.bytes; });
  return out;
}

}  // namespace holdfast::detect
