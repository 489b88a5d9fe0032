#include "detect/weigh.h"

#include <algorithm>
#include <optional>

#include "graph/object_sizes.h"

namespace holdfast::detect {
namespace {

using view::Confidence;
using view::Finding;

// Those that say nothing new are folded: half of their bytes are another's.
bool is_most(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 && part * 2 >= whole;
}
bool is_nearly_all(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 && part * 10 >= whole * 9;
}

bool goes_before(const Finding& a, const Finding& b) {
  const bool a_possible = a.confidence == Confidence::kPossible, b_possible = b.confidence == Confidence::kPossible;
  return a_possible != b_possible ? b_possible : a.bytes > b.bytes;
}

bool tells_of(const Finding& finding, std::string_view fingerprint) {
  return finding.fingerprint == fingerprint ||
         std::ranges::any_of(finding.folded, [&](const auto& part) { return part.fingerprint == fingerprint; });
}

// Those who wait for others may hold more than these, and a cause may wait for another one. Rings end, too.
void put_causes_first(std::vector<Finding>& findings) {
  for (auto first = findings.begin(); first != findings.end(); ++first)
    for (std::size_t moved = 0; moved < findings.size() && !first->waits_for.empty(); ++moved) {
      const auto cause = std::find_if(std::next(first), findings.end(),
                                      [&](const Finding& other) { return tells_of(other, first->waits_for); });
      if (cause == findings.end()) break;
      std::rotate(first, cause, std::next(cause));
    }
}

class Weighing {
 public:
  Weighing(const Evidence& evidence, std::vector<Suspicion> suspicions)
      : evidence_(evidence), suspicions_(std::move(suspicions)), sizes_(evidence.snapshot) {}

  std::vector<Finding> run() {
    std::ranges::stable_sort(suspicions_,
                             [](const Suspicion& a, const Suspicion& b) { return a.finding.bytes > b.finding.bytes; });
    number_removals();
    name_causes();
    effects_ = graph::removal_effects(evidence_.snapshot, evidence_.dominators, removals_, subjects_);
    for (std::size_t i = 0; i < suspicions_.size(); ++i) weigh(i);
    return folded();
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  void number_removals() {
    for (Suspicion& suspicion : suspicions_) {
      const bool weighs = !suspicion.removal.empty() && removals_.size() < graph::kMostRemovals;
      removal_of_.push_back(weighs ? removals_.size() : kNone);
      subject_of_.push_back(weighs ? kNone : subjects_.size());
      if (weighs)
        removals_.push_back(std::move(suspicion.removal));
      else
        subjects_.push_back(suspicion.about);
    }
  }

  void name_causes() {
    for (Suspicion& suspicion : suspicions_) {
      if (!suspicion.behind) continue;
      const graph::NodeId root(evidence_.snapshot.goroutines[suspicion.behind.row].root);
      for (std::size_t i = 0; i < suspicions_.size() && suspicion.finding.waits_for.empty(); ++i)
        if (finding(i).confidence == Confidence::kProven && &suspicions_[i] != &suspicion && takes_away(i, root))
          suspicion.finding.waits_for = finding(i).fingerprint;
    }
  }
  bool takes_away(std::size_t i, graph::NodeId node) const {
    if (removal_of_[i] == kNone) return false;
    const std::vector<graph::NodeId>& nodes = removals_[removal_of_[i]].nodes;
    return std::ranges::find(nodes, node) != nodes.end();
  }

  void weigh(std::size_t i) {
    Suspicion& suspicion = suspicions_[i];
    Finding& finding = suspicion.finding;
    const std::size_t removal = removal_of_[i];
    if (removal == kNone) return;
    if (const auto& kept = effects_.kept[removal]) finding.shared_bytes = kept->bytes;
    if (suspicion.is_exact) return;
    const std::uint64_t freed = effects_.freed[removal].bytes;
    finding.exclusive_bytes = freed - std::min(freed, suspicion.needed);
    finding.bytes = finding.exclusive_bytes + suspicion.beyond;
  }

  // Bytes of objects that the suspicion is about.
  std::uint64_t own_bytes(std::size_t i) const {
    if (removal_of_[i] != kNone) return effects_.freed[removal_of_[i]].bytes;
    std::uint64_t bytes = 0;
    for (const ObjectId object : suspicions_[i].about) bytes += sizes_.size_of(object);
    return bytes;
  }
  std::uint64_t common_bytes(std::size_t better, std::size_t other) const {
    if (removal_of_[better] == kNone) return 0;
    return removal_of_[other] == kNone ? effects_.bytes_of(subject_of_[other], removal_of_[better])
                                       : effects_.common_bytes(removal_of_[better], removal_of_[other]);
  }

  // Whether what goes with the other goes with the better one too; goroutines may hold nothing but their stacks.
  bool has_all_nodes(std::size_t better, std::size_t other) const {
    if (removal_of_[better] == kNone || removal_of_[other] == kNone || own_bytes(other) > 0) return false;
    graph::Removal all = removals_[removal_of_[better]], part = removals_[removal_of_[other]];
    std::ranges::sort(all.nodes);
    std::ranges::sort(part.nodes);
    return !part.nodes.empty() && part.pointers.empty() && std::ranges::includes(all.nodes, part.nodes);
  }

  bool is_nearly_all_of(std::size_t other, std::size_t better) const {
    return is_nearly_all(common_bytes(better, other), own_bytes(better)) || has_all_nodes(other, better);
  }

  std::vector<Finding> folded() {
    std::vector<std::size_t> order(suspicions_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return goes_before(finding(a), finding(b)); });
    std::vector<std::size_t> kept;
    for (const std::size_t i : order) {
      if (finding(i).confidence == Confidence::kPossible && finding(i).bytes < evidence_.smallest &&
          !suspicions_[i].is_danger)
        continue;
      const auto better = std::ranges::find_if(
          kept, [&](std::size_t k) { return is_most(common_bytes(k, i), own_bytes(i)) || has_all_nodes(k, i); });
      if (better == kept.end()) {
        kept.push_back(i);
      } else if (says_more(i, *better) && is_nearly_all_of(i, *better)) {
        fold(*better, i);
        *better = i;
      } else {
        fold(i, *better);
      }
    }
    std::vector<Finding> out;
    for (const std::size_t i : kept) out.push_back(std::move(finding(i)));
    std::ranges::stable_sort(out, goes_before);
    put_causes_first(out);
    return out;
  }

  Finding& finding(std::size_t i) { return suspicions_[i].finding; }

  // Of two that are about the same bytes.
  bool says_more(std::size_t other, std::size_t better) {
    if (finding(other).confidence != finding(better).confidence)
      return finding(other).confidence > finding(better).confidence;
    return suspicions_[better].is_general && !suspicions_[other].is_general;
  }

  void fold(std::size_t from, std::size_t into) {
    Finding& folded = finding(from);
    std::vector<view::FoldedFinding>& list = finding(into).folded;
    list.push_back({folded.id, folded.title, folded.bytes, folded.confidence, folded.fingerprint});
    list.insert(list.end(), folded.folded.begin(), folded.folded.end());
    folded.folded.clear();
  }

  const Evidence& evidence_;
  std::vector<Suspicion> suspicions_;
  std::vector<graph::Removal> removals_;
  std::vector<std::vector<ObjectId>> subjects_;
  std::vector<std::size_t> removal_of_, subject_of_;  // by suspicion; one of both is kNone
  graph::RemovalEffects effects_;
  graph::ObjectSizes sizes_;
};

bool lies_on(const view::Finding& finding, const view::Holder& holder) {
  if (finding.chain.empty() || !finding.chain.back().node) return false;
  return std::ranges::any_of(holder.chain,
                             [&](const view::ChainStep& step) { return step.node == finding.chain.back().node; });
}

}  // namespace

std::vector<Finding> weigh(const Evidence& evidence, std::vector<Suspicion> suspicions) {
  if (suspicions.empty()) return {};
  return Weighing(evidence, std::move(suspicions)).run();
}

void mark_explained(const std::vector<Finding>& findings, std::vector<view::Holder>& holders) {
  for (view::Holder& holder : holders) {
    const auto found = std::ranges::find_if(findings, [&](const Finding& finding) {
      return finding.confidence != Confidence::kPossible && lies_on(finding, holder);
    });
    if (found != findings.end()) holder.explained_by = found->fingerprint;
  }
}

}  // namespace holdfast::detect
