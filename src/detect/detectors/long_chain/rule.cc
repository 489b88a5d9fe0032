#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::long_chain {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kLeastLinks = 1'000;
constexpr std::uint64_t kLeastShare = 10;  // a tenth of the live bytes
constexpr int kFarthest = 3;          // dominators from a link to the one before: an array and the like lie between
constexpr std::uint64_t kAsked = 64;  // objects of a type, to see whether it is worth a search

// Objects of one type, each of which alone keeps the next one.
struct Chain {
  ObjectId first, second;
  std::uint64_t links = 0;  // `first` included
};

class ChainsByType {
 public:
  explicit ChainsByType(const Evidence& e) : e_(e), counts_(e.snapshot.types.size()) {}

  // The longest chain of each type that has one.
  std::vector<Chain> run() {
    for_each_object([&](ObjectId, std::uint32_t type) { ++counts_[type]; });
    std::vector<Chain> chains;
    for (const std::uint32_t type : types_in_chains()) {
      const Chain chain = longest_of(type);
      if (chain.links >= kLeastLinks) chains.push_back(chain);
    }
    return chains;
  }

 private:
  template <typename Visit>
  void for_each_object(const Visit& visit) const {
    const heap::Snapshot& s = e_.snapshot;
    for (std::uint32_t row = 0; row < s.pointerful; ++row) {
      const heap::ObjectType known = s.object_type[row];
      if (known && known.known_by() != heap::KnownBy::kPart) visit(ObjectId(row), known.type().row);
    }
  }

  // The nearest object of the type that dominates it; none if there is none nearby.
  ObjectId before(ObjectId object, std::uint32_t type) const {
    graph::NodeId above = e_.dominators.idom(object);
    for (int i = 0; i < kFarthest && above.object(); ++i, above = e_.dominators.idom(above)) {
      const heap::ObjectType known = e_.snapshot.object_type[above.object().row];
      if (known && known.type().row == type) return above.object();
    }
    return {};
  }

  // Of nearly all objects of a type in a long chain another one is above; some of each type tell.
  std::vector<std::uint32_t> types_in_chains() const {
    std::vector<std::uint64_t> seen(counts_.size()), inside(counts_.size()), asked(counts_.size());
    for_each_object([&](ObjectId object, std::uint32_t type) {
      if (counts_[type] < kLeastLinks || seen[type]++ % (counts_[type] / kAsked) != 0) return;
      ++asked[type];
      if (before(object, type)) ++inside[type];
    });
    std::vector<std::uint32_t> types;
    for (std::uint32_t t = 0; t < counts_.size(); ++t)
      if (asked[t] > 0 && inside[t] * 2 > asked[t]) types.push_back(t);
    return types;
  }

  Chain longest_of(std::uint32_t type) const {
    constexpr std::uint32_t kNone = ~0U, kSeveral = kNone - 1;
    std::vector<std::uint32_t> next(e_.snapshot.pointerful, kNone);  // by object, a row
    std::vector<ObjectId> firsts;
    for_each_object([&](ObjectId object, std::uint32_t of) {
      if (of != type || !e_.dominators.reachable(object)) return;
      const ObjectId above = before(object, type);
      if (!above) return firsts.push_back(object);
      std::uint32_t& there = next[above.row];
      there = there == kNone ? object.row : kSeveral;
    });
    Chain longest;
    for (const ObjectId first : firsts) {
      Chain chain{first, {}, 1};
      ObjectId last = first;
      for (std::uint32_t found = next[last.row]; found < kSeveral; found = next[last.row]) {
        last = ObjectId(found);
        if (++chain.links == 2) chain.second = last;
      }
      if (chain.links > longest.links && !leads_on(last, type)) longest = chain;
    }
    return longest;
  }

  // Whether the last link refers to one more, which somebody else has, too: the last of a queue.
  bool leads_on(ObjectId last, std::uint32_t type) const {
    const heap::Edges& edges = e_.snapshot.edges;
    return std::ranges::any_of(edges.of(last.row), [&](std::uint32_t edge) {
      const heap::ObjectType known = e_.snapshot.object_type[edges.target[edge]];
      return known && known.type().row == type;
    });
  }

  const Evidence& e_;
  std::vector<std::uint64_t> counts_;  // by type, garbage too
};

// The child of `above` on the way down to `below` in the dominator tree.
ObjectId child_towards(const Evidence& e, ObjectId above, ObjectId below) {
  ObjectId child = below;
  for (graph::NodeId up = e.dominators.idom(child); up.object() && up.object() != above; up = e.dominators.idom(up))
    child = up.object();
  return child;
}

void find_chains(const Evidence& e, std::vector<Suspicion>& out) {
  for (const Chain& chain : ChainsByType(e).run()) {
    const ObjectId rest = child_towards(e, chain.first, chain.second);
    const std::uint64_t bytes = e.dominators.retained_bytes(rest);
    if (bytes < std::max(e.smallest, e.live / kLeastShare)) continue;
    const std::string type = e.names.type_of(chain.first);
    const std::string field = e.names.field(chain.first, rest).value_or(heap::FieldPath()).text;
    view::HoldingPlace place = e.places.place_of(chain.first);
    Suspicion& suspicion = suspect(out, kDetector, {type + field, {type, field}}, Confidence::kPossible);
    suspicion.removal.nodes = {rest};
    suspicion.places = {type};
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = bytes;
    finding.count = chain.links;
    finding.chain = std::move(place.chain);
    finding.title =
        sentence("{} × {} form a chain, in which each is kept by the one before it{}, from {} on",
                 format_count(chain.links), view::named(type), field.empty() ? "" : " (" + field + ")", place.text);
    finding.because = sentence("nothing but the first one leads to the others, so none goes as long as that is there");
    finding.fix = sentence(
        "wrap no context, error or version in itself over and over; cut the chain where nobody needs it any more");
  }
}

constexpr Threshold kThresholds[] = {
    {"a chain of 1,000 objects of one type, and a tenth of the live bytes behind its first", "less does no harm"},
    {"the last of them refers to no other of the type", "the end of a queue is known to those that add to it"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "long-chain",
              .family = "maps and caches",
              .looks_for = "long chains of which only the first link is in use, as of contexts, errors and versions",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "many objects of one type, each of which alone keeps the next; a stack, or a list of "
                            "what is free, may be as long on purpose"},
              .thresholds = kThresholds,
              .change = "do not wrap what is there in something new over and over, or cut the chain"},
    .run = find_chains};

}  // namespace holdfast::detect::long_chain
