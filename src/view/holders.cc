#include "view/holders.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "base/units.h"
#include "graph/shortest_paths.h"
#include "view/allocation_sites.h"
#include "view/holder_search.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kLongestChain = 40;

// A sequence of nodes of one sort on the way down.
struct LevelRun {
  Sort sort = 0;
  graph::NodeId first;
  graph::NodeId last;
};

class Describer {
 public:
  Describer(const Names& names, const graph::Dominators& dominators)
      : names_(names), snapshot_(names.snapshot()), dominators_(dominators) {}

  Holder holder(const Found& found) {
    const graph::NodeId end = found.levels.back().first;
    const std::vector<LevelRun> runs = runs_to(end);
    // The last levels.size() runs are the levels. Before them comes the way to an object that no root holds alone.
    const std::size_t prefix = runs.size() - std::min(runs.size(), found.levels.size());
    is_single_ = [&](std::size_t run) { return run < prefix || found.levels[run - prefix].count == 1; };

    Holder out;
    out.bytes = found.bytes;
    out.count = found.levels[found.about].count;
    out.chain = chain_of(runs);
    out.what = what(found, runs, prefix);
    out.created_by = creator(runs, prefix + found.about);
    out.stack_bytes = found.stack_bytes;
    if (prefix > 0) out.what += sentence(", shared by several roots");
    if (out.chain.size() > kLongestChain) shorten(out.chain);
    return out;
  }

  HoldingPlace place_of(ObjectId object) {
    is_single_ = [](std::size_t) { return true; };
    const std::vector<LevelRun> runs = runs_to(object);
    return {place(runs, runs.size() - 1), chain_of(runs), identity_of(runs)};
  }

 private:
  std::vector<LevelRun> runs_to(graph::NodeId end) {
    std::vector<graph::NodeId> nodes;
    for (graph::NodeId node = end; node && node != graph::NodeId::super_root(); node = dominators_.idom(node))
      nodes.push_back(node);
    if (!nodes.empty() && nodes.back().object()) add_way_to(nodes.back().object(), nodes);
    std::reverse(nodes.begin(), nodes.end());
    std::vector<LevelRun> runs;
    for (const graph::NodeId node : nodes) {
      const Sort sort = sort_of(snapshot_, dominators_, node);
      if (runs.empty() || runs.back().sort != sort) runs.push_back({sort, node, node});
      runs.back().last = node;
    }
    return runs;
  }

  // Appends the shortest way from a root, starting at the object.
  void add_way_to(ObjectId object, std::vector<graph::NodeId>& nodes) {
    if (!paths_) paths_ = std::make_unique<graph::ShortestPaths>(snapshot_);
    const graph::Path path = paths_->path_to(object);
    for (std::size_t i = path.steps.size(); i-- > 0;)
      if (path.steps[i].object != object) nodes.emplace_back(path.steps[i].object);
    for (std::size_t i = path.roots.size(); i-- > 0;) nodes.emplace_back(path.roots[i]);
  }

  static StepKind kind_of(heap::RootKind kind) {
    switch (kind) {
      case heap::RootKind::kGroup:
        return StepKind::kGroup;
      case heap::RootKind::kGoroutine:
        return StepKind::kGoroutine;
      case heap::RootKind::kFrame:
        return StepKind::kFrame;
      default:
        return StepKind::kRoot;
    }
  }

  std::vector<ChainStep> chain_of(const std::vector<LevelRun>& runs) const {
    std::vector<ChainStep> chain;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      ChainStep& step = chain.emplace_back();
      step.node = runs[i].first;
      if (const RootId root = runs[i].first.root()) {
        const heap::Root& row = snapshot_.roots[root.row];
        step.kind = kind_of(row.kind);
        step.root = facts_of(snapshot_, row);
        step.text = named(snapshot_, row);
        step.least = root_text(snapshot_, row, Detail::kPlace);
        step.type = type_name(snapshot_, row.type);
        step.address = row.where;
        continue;
      }
      const ObjectId object = runs[i].first.object();
      step.type = names_.type_of(object);
      step.text = step.type.empty() ? sentence("object of {}", format_bytes(size_of(object))) : named(step.type);
      step.least = step.text.brief;
      step.kind = is_container(object) ? StepKind::kContainer : StepKind::kObject;
      step.address = names_.index().address_of(object);
      step.bytes = size_of(object);
      step.place = names_.closure_place(object);
      if (i > 0) step.field = names_.field(runs[i - 1].last, object).value_or(heap::FieldPath()).text;
      if (i > 0 && !is_container(object) && is_container(runs[i - 1].last))
        step.key = names_.map_key(runs[i - 1].last.object(), object).value_or("");
    }
    return chain;
  }

  std::vector<std::string> identity_of(const std::vector<LevelRun>& runs) const {
    std::vector<std::string> identity;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (const RootId id = runs[i].first.root()) {
        const RootFacts root = facts_of(snapshot_, snapshot_.roots[id.row]);
        identity.insert(identity.end(), {std::to_string(static_cast<int>(root.kind)), root.variable, root.function});
        identity.insert(identity.end(), root.users.begin(), root.users.end());
      }
      const auto field =
          i > 0 && runs[i].first.object() ? names_.field(runs[i - 1].last, runs[i].first.object()) : std::nullopt;
      if (!field) continue;
      for (const StringId name : field->fields) identity.emplace_back(snapshot_.strings[name]);
    }
    identity.push_back(names_.type_of(runs.back().first.object()));
    return identity;
  }

  // Cuts steps from the middle; both ends stay.
  static void shorten(std::vector<ChainStep>& chain) {
    const std::size_t half = kLongestChain / 2;
    const std::size_t gone = chain.size() - 2 * half;
    ChainStep gap;
    gap.text = sentence("{} more", gone);
    gap.least = gap.text.brief;
    gap.kind = StepKind::kGap;
    const auto begin = chain.begin() + static_cast<std::ptrdiff_t>(half);
    chain.erase(begin + 1, begin + static_cast<std::ptrdiff_t>(gone));
    *begin = gap;
  }

  // "16,000 × main.Session in the map main.registry.sessions"
  Sentence what(const Found& found, const std::vector<LevelRun>& runs, std::size_t prefix) const {
    const Level& level = found.levels[found.about];
    const std::size_t entry = prefix + found.entry;
    if (level.goroutines && level.count > 1) return goroutines(level);
    if (found.scattered) return sentence("many small things under {}", place(runs, entry + 1));
    if (level.first.root()) return sentence("what {} holds", place(runs, entry + 1));
    const bool in_map = level.container || found.entry < found.about;
    const Sentence where = sentence("{}{}", in_map ? "in the map " : "in ", place(runs, entry));
    if (level.container) return sentence("entries {}", where);
    return sentence("{} {}{}", things(level), where, in_map && level.count == 1 ? key(runs, prefix + found.about) : "");
  }

  // "[\"user-17\"]": of the only entry that matters, where the snapshot has values.
  std::string key(const std::vector<LevelRun>& runs, std::size_t at) const {
    if (at == 0 || at >= runs.size() || !is_container(runs[at - 1].last) || !runs[at].first.object()) return {};
    const auto text = names_.map_key(runs[at - 1].last.object(), runs[at].first.object());
    return text ? fmt::format("[{}]", *text) : std::string();
  }

  // Says who started the goroutines on the way to run `end`.
  CodePlace creator(const std::vector<LevelRun>& runs, std::size_t end) const {
    for (std::size_t i = 0; i < runs.size() && i <= end; ++i) {
      const RootId root = runs[i].first.root();
      const GoroutineId id = root ? snapshot_.roots[root.row].goroutine : GoroutineId();
      if (id) return names_.creator(snapshot_.goroutines[id.row]);
    }
    return {};
  }

  std::string things(const Level& level) const {
    const ObjectId object = level.first.object();
    std::string type = short_type(names_.type_of(object));
    const std::string written = names_.closure_place(object);
    if (!written.empty()) type += fmt::format(" {}", written);
    const std::string size = format_bytes(size_of(object));
    if (level.count == 1)
      return type.empty() ? fmt::format("one object of {}", size) : fmt::format("one {}, {},", type, size);
    const std::string count = format_count(level.count);
    return type.empty() ? fmt::format("{} objects of {}", count, size) : fmt::format("{} × {}", count, type);
  }

  // "2,000 goroutines in chan send at main.work pool.go:17 for at least 4 h"
  Sentence goroutines(const Level& level) const {
    Sentence out = sentence("{} goroutines", format_count(level.count));
    const GoroutineId id = snapshot_.roots[level.first.root().row].goroutine;
    if (!id) return out;
    const heap::Goroutine& goroutine = snapshot_.goroutines[id.row];
    if (const std::string_view reason = name_of(goroutine.wait_reason); !reason.empty())
      out += sentence(" in {}", reason);
    const CodePlace top = names_.top_frame(goroutine);
    if (!top.empty()) out += sentence(" at {}", named(top));
    if (goroutine.waiting_ns)
      out += sentence(" for at least {}", format_seconds(static_cast<double>(*goroutine.waiting_ns) / 1e9));
    return out;
  }

  // Returns the way to run `end` as a Go programmer would write it: "main.registry.sessions". Long ways lose their
  // middle.
  Sentence place(const std::vector<LevelRun>& runs, std::size_t end) const {
    Sentence root;
    std::vector<std::string> fields;
    for (std::size_t i = 0; i < runs.size() && i <= end; ++i) {
      if (const RootId id = runs[i].first.root()) {
        if (i == end) break;
        const heap::Root& row = snapshot_.roots[id.row];
        if (row.kind == heap::RootKind::kGroup && i + 1 < end && runs[i + 1].first.root()) continue;
        root += sentence("{}{}", root.empty() ? "" : ", ", named(snapshot_, row));
        continue;
      }
      if (i == 0) continue;
      if (is_container(runs[i - 1].last) && !is_container(runs[i].first)) {
        const auto key = names_.map_key(runs[i - 1].last.object(), runs[i].first.object());
        fields.push_back(key && is_single_(i) ? fmt::format("[{}]", *key) : "[…]");
        continue;
      }
      const auto field = names_.field(runs[i - 1].last, runs[i].first.object());
      // A place without a name does not help here, and the chain has it.
      if (field && field->is_named && !is_container(runs[i - 1].first)) fields.push_back(field->text);
    }
    if (fields.size() > 4) {
      fields.erase(fields.begin() + 1, fields.end() - 2);
      fields.insert(fields.begin() + 1, "…");
    }
    for (const std::string& field : fields) root += sentence("{}", field);
    return root.empty() ? sentence("memory of the runtime") : root;
  }

  bool is_container(graph::NodeId node) const {
    return node.object() && names_.is_container(snapshot_.object_type[node.object().row].type());
  }
  std::uint64_t size_of(ObjectId object) const { return names_.index().size_of(object); }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  std::function<bool(std::size_t run)> is_single_;  // whether a run stands for one thing, not for many alike
  std::unique_ptr<graph::ShortestPaths> paths_;     // made when something is shared
};

}  // namespace

std::vector<Found> search_holders(const Names& names, const graph::DominatorTree& tree, std::uint64_t live_bytes) {
  std::vector<Found> found = HolderSearch(names, tree, std::max<std::uint64_t>(live_bytes / 200, 1)).run();
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.bytes + a.stack_bytes > b.bytes + b.stack_bytes; });
  return found;
}

std::vector<Holder> describe_holders(const Names& names, const graph::Dominators& dominators,
                                     std::span<const Found> found, std::size_t limit) {
  // Every object is asked about, so that nothing is counted for the holder around the real one.
  const auto sites = allocation_sites(names, dominators, found);
  Describer describe(names, dominators);
  std::vector<Holder> holders;
  for (std::size_t i = 0; i < std::min(found.size(), limit); ++i) {
    holders.push_back(describe.holder(found[i]));
    holders.back().allocated_at = sites[i];
  }
  return holders;
}

class PlaceFinder::Describe : public Describer {
 public:
  using Describer::Describer;
};

PlaceFinder::PlaceFinder(const Names& names, const graph::Dominators& dominators)
    : describe_(std::make_unique<Describe>(names, dominators)) {}
PlaceFinder::~PlaceFinder() = default;

HoldingPlace PlaceFinder::place_of(ObjectId object) {
  return describe_->place_of(object);
}

}  // namespace holdfast::view
