#include "report/holders.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/units.h"
#include "graph/shortest_paths.h"
#include "report/holder_search.h"

namespace holdfast::report {
namespace {

constexpr std::size_t kLongestChain = 40;

// Nodes of one sort that follow one another on the way down.
struct Run {
  Sort sort = 0;
  graph::NodeId first;
  graph::NodeId last;
};

class Describe {
 public:
  Describe(const Names& names, const graph::DominatorTree& tree, const HolderSearch& search)
      : names_(names), snapshot_(names.snapshot()), tree_(tree), search_(search) {}

  Holder holder(const Found& found) {
    const graph::NodeId end = found.levels.back().first;
    const std::vector<Run> runs = runs_to(end);
    // The last runs are the levels; before them comes the way to an object that no root holds alone.
    const std::size_t prefix = runs.size() - std::min(runs.size(), found.levels.size());

    Holder out;
    out.bytes = found.bytes;
    out.count = found.levels[found.about].count;
    out.chain = chain_of(runs);
    out.what = what(found, runs, prefix + found.entry);
    if (prefix > 0) out.what += ", shared by several roots";
    if (out.chain.size() > kLongestChain) shorten(out.chain);
    return out;
  }

 private:
  std::vector<Run> runs_to(graph::NodeId end) {
    std::vector<graph::NodeId> nodes;
    for (graph::NodeId node = end; node && node != graph::NodeId::super_root(); node = tree_.dominators().idom(node))
      nodes.push_back(node);
    if (!nodes.empty() && nodes.back().object()) add_way_to(nodes.back().object(), nodes);
    std::reverse(nodes.begin(), nodes.end());
    std::vector<Run> runs;
    for (const graph::NodeId node : nodes) {
      const Sort sort = search_.sort_of(node);
      if (runs.empty() || runs.back().sort != sort) runs.push_back({sort, node, node});
      runs.back().last = node;
    }
    return runs;
  }

  // Appends the shortest way from a root, backwards.
  void add_way_to(ObjectId object, std::vector<graph::NodeId>& nodes) {
    if (!paths_) paths_ = std::make_unique<graph::ShortestPaths>(snapshot_);
    const graph::Path path = paths_->path_to(object);
    for (std::size_t i = path.steps.size(); i-- > 0;)
      if (path.steps[i].object != object) nodes.emplace_back(path.steps[i].object);
    for (std::size_t i = path.roots.size(); i-- > 0;) nodes.emplace_back(path.roots[i]);
  }

  std::vector<ChainStep> chain_of(const std::vector<Run>& runs) const {
    std::vector<ChainStep> chain;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      ChainStep& step = chain.emplace_back();
      if (const RootId root = runs[i].first.root()) {
        const heap::Root& row = snapshot_.roots[root.row];
        step.text = snapshot_.strings[row.name];
        step.kind = row.kind == heap::RootKind::kGroup       ? "group"
                    : row.kind == heap::RootKind::kGoroutine ? "goroutine"
                    : row.kind == heap::RootKind::kFrame     ? "frame"
                                                             : "root";
        if (row.type) step.type = snapshot_.strings[snapshot_.types[row.type.row].name];
        step.address = row.where;
        continue;
      }
      const ObjectId object = runs[i].first.object();
      step.type = names_.type_of(object);
      step.text = step.type.empty() ? fmt::format("object of {}", format_bytes(size_of(object))) : step.type;
      step.kind = is_container(object) ? "container" : "object";
      step.address = names_.index().address_of(object);
      step.bytes = size_of(object);
      if (i > 0) step.field = names_.field(runs[i - 1].last, object).value_or("");
    }
    return chain;
  }

  // Keeps both ends.
  static void shorten(std::vector<ChainStep>& chain) {
    const std::size_t half = kLongestChain / 2;
    const std::size_t gone = chain.size() - 2 * half;
    ChainStep gap;
    gap.text = fmt::format("{} more", gone);
    gap.kind = "gap";
    const auto begin = chain.begin() + static_cast<std::ptrdiff_t>(half);
    chain.erase(begin + 1, begin + static_cast<std::ptrdiff_t>(gone));
    *begin = gap;
  }

  // "16,000 × main.Session in the map main.registry.sessions"
  std::string what(const Found& found, const std::vector<Run>& runs, std::size_t entry) const {
    const Level& level = found.levels[found.about];
    if (level.goroutines && level.count > 1) return goroutines(level);
    if (found.scattered) return fmt::format("many small things under {}", place(runs, entry + 1));
    if (level.first.root()) return fmt::format("what {} holds", place(runs, entry + 1));
    const bool in_map = level.container || found.entry < found.about;
    const std::string where = fmt::format("{}{}", in_map ? "in the map " : "in ", place(runs, entry));
    if (level.container) return fmt::format("entries {}", where);
    return fmt::format("{} {}", things(level), where);
  }

  std::string things(const Level& level) const {
    const ObjectId object = level.first.object();
    const std::string type = short_type(names_.type_of(object));
    const std::string size = format_bytes(size_of(object));
    if (level.count == 1)
      return type.empty() ? fmt::format("one object of {}", size) : fmt::format("one {}, {},", type, size);
    const std::string count = format_count(level.count);
    return type.empty() ? fmt::format("{} objects of {}", count, size) : fmt::format("{} × {}", count, type);
  }

  // "2,000 goroutines in chan send at main.work pool.go:17 for at least 4 h"
  std::string goroutines(const Level& level) const {
    std::string out = fmt::format("{} goroutines", format_count(level.count));
    const GoroutineId id = snapshot_.roots[level.first.root().row].goroutine;
    if (!id) return out;
    const heap::Goroutine& goroutine = snapshot_.goroutines[id.row];
    if (goroutine.wait_reason) out += fmt::format(" in {}", snapshot_.strings[goroutine.wait_reason]);
    const std::string top = names_.top_frame(goroutine);
    if (!top.empty()) out += fmt::format(" at {}", top);
    if (goroutine.waiting_ns)
      out += fmt::format(" for at least {}", format_seconds(static_cast<double>(*goroutine.waiting_ns) / 1e9));
    return out;
  }

  // The way to run `end` as a Go programmer would write it: "main.registry.sessions". Long ways lose their middle.
  std::string place(const std::vector<Run>& runs, std::size_t end) const {
    std::string root;
    std::vector<std::string> fields;
    for (std::size_t i = 0; i < runs.size() && i <= end; ++i) {
      if (const RootId id = runs[i].first.root()) {
        if (i == end) break;
        const heap::Root& row = snapshot_.roots[id.row];
        if (row.kind == heap::RootKind::kGroup && i + 1 < end && runs[i + 1].first.root()) continue;
        root += fmt::format("{}{}", root.empty() ? "" : ", ", snapshot_.strings[row.name]);
        continue;
      }
      if (i == 0) continue;
      const auto field = names_.field(runs[i - 1].last, runs[i].first.object());
      // Places that have no name help nobody here; the chain has them.
      if (field && !field->empty() && field->front() != '+' && !is_container(runs[i - 1].first))
        fields.push_back(*field);
    }
    if (fields.size() > 4) {
      fields.erase(fields.begin() + 1, fields.end() - 2);
      fields.insert(fields.begin() + 1, "…");
    }
    for (const std::string& field : fields) root += field;
    return root.empty() ? "memory of the runtime" : root;
  }

  bool is_container(graph::NodeId node) const {
    return node.object() && names_.is_container(snapshot_.object_type[node.object().row].type());
  }
  std::uint64_t size_of(ObjectId object) const { return names_.index().size_of(object); }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::DominatorTree& tree_;
  const HolderSearch& search_;
  std::unique_ptr<graph::ShortestPaths> paths_;  // made when something is shared
};

}  // namespace

std::vector<Holder> find_holders(const Names& names, const graph::DominatorTree& tree, std::uint64_t live_bytes,
                                 std::size_t limit) {
  HolderSearch search(names, tree, std::max<std::uint64_t>(live_bytes / 200, 1));
  std::vector<Found> found = search.run();
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.bytes > b.bytes; });
  if (found.size() > limit) found.resize(limit);
  Describe describe(names, tree, search);
  std::vector<Holder> holders;
  holders.reserve(found.size());
  for (const Found& one : found) holders.push_back(describe.holder(one));
  return holders;
}

}  // namespace holdfast::report
