#include <algorithm>
#include <map>
#include <set>

#include "base/units.h"
#include "detect/detector_list.h"
#include "heap/field_path.h"

namespace holdfast::detect::cgo_handles {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kMany = 1000;
constexpr std::size_t kMostParts = 4'000'000;  // of the table that are looked at

// The table of handles is a sync.Map of the package runtime/cgo. Without symbols the functions that use it tell.
bool names_the_table(const heap::Snapshot& s, const heap::Label& label) {
  const auto is = [&](StringId name, std::string_view what) { return name && s.strings[name].starts_with(what); };
  if (label.variable) return is(label.variable, "runtime/cgo.handles");
  for (const std::string_view function :
       {"runtime/cgo.NewHandle", "runtime/cgo.Handle.Value", "runtime/cgo.Handle.Delete"})
    if (is(label.user, function) || is(label.other_user, function)) return true;
  return label.behind && names_the_table(s, s.labels[label.behind.row]);
}

std::vector<RootId> roots_of_table(const heap::Snapshot& s) {
  std::vector<RootId> roots;
  for (std::uint32_t row = 0; row < s.roots.size(); ++row) {
    const heap::Root& root = s.roots[row];
    if (root.kind == heap::RootKind::kGlobal && root.label && names_the_table(s, s.labels[root.label.row]))
      roots.emplace_back(row);
  }
  return roots;
}

// Walks the inside of the sync.Map and counts what it has. Up to Go 1.23 an entry refers to the interface with the
// value, and those that were deleted to nothing or to one common object; later it has the interface in it, and is gone
// when it is deleted.
class Table {
 public:
  Table(const Evidence& e, const std::vector<RootId>& roots) : e_(e), s_(e.snapshot) {
    for (const RootId root : roots)
      for (std::uint32_t t = s_.roots[root.row].first_target;
           t < s_.roots[root.row].first_target + s_.roots[root.row].target_count; ++t)
        add(s_.root_targets[t].object);
    for (std::size_t i = 0; i < parts_.size() && i < kMostParts; ++i) look_at(parts_[i]);
    for (const auto& [boxed, entries] : entries_of_)
      if (entries == 1) ++present, count_value(last_target(boxed));
  }

  std::uint64_t present = 0;
  std::map<std::string, std::uint64_t> values_by_type;

 private:
  enum class Part : std::uint8_t { kOther, kInside, kEntry, kOldEntry };

  Part part_of(ObjectId object) const {
    const heap::ObjectType known = s_.object_type[object.row];
    if (!known || !known.type()) return Part::kOther;
    const heap::Type& type = s_.types[known.type().row];
    const std::string_view name = type.name ? s_.strings[type.name] : std::string_view();
    if (name == "sync.entry") return Part::kOldEntry;
    if (name.starts_with("internal/sync.entry[")) return Part::kEntry;
    const bool is_inside =
        name.starts_with("sync.") || name.starts_with("internal/sync.") || e_.names.is_container(object);
    return is_inside ? Part::kInside : Part::kOther;
  }

  void add(ObjectId object) {
    if (part_of(object) != Part::kOther && seen_.insert(object.row).second) parts_.push_back(object);
  }

  void look_at(ObjectId object) {
    if (object.row >= s_.pointerful) return;
    const Part part = part_of(object);
    for (const std::uint32_t edge : s_.edges.of(object.row)) {
      const ObjectId target(s_.edges.target[edge]);
      if (part == Part::kOldEntry)
        ++entries_of_[target];
      else
        add(target);
    }
    if (part == Part::kEntry) ++present, count_value(last_target(object));
  }

  // The value is the last word of an interface, and the interface of the value the last of an entry.
  ObjectId last_target(ObjectId object) const {
    if (object.row >= s_.pointerful) return {};
    const auto edges = s_.edges.of(object.row);
    return edges.empty() ? ObjectId() : ObjectId(s_.edges.target[*(edges.end() - 1)]);
  }

  void count_value(ObjectId value) {
    const std::string type = value ? e_.names.type_of(value) : "";
    if (!type.empty()) ++values_by_type[type];
  }

  const Evidence& e_;
  const heap::Snapshot& s_;
  std::vector<ObjectId> parts_;
  std::set<std::uint32_t> seen_;
  std::map<ObjectId, std::uint64_t> entries_of_;  // by the interface that they refer to
};

Finding& suspect_handles(const Evidence& e, const std::vector<RootId>& roots, Confidence confidence,
                         std::vector<Suspicion>& out) {
  Suspicion& suspicion = suspect(out, kDetector, {"runtime/cgo.handles", {"runtime/cgo.handles"}}, confidence);
  for (const RootId root : roots) {
    suspicion.removal.nodes.emplace_back(root);
    take_holder(e, root, suspicion.finding);
  }
  return suspicion.finding;
}

void find_handles(const Evidence& e, std::vector<Suspicion>& out) {
  const std::vector<RootId> roots = roots_of_table(e.snapshot);
  if (roots.empty()) return;
  const Table table(e, roots);
  if (table.present < kMany) return;
  const std::optional<std::uint64_t> made = e.snapshot.target.c_handles_made;
  const bool nearly_all = made && table.present <= *made && table.present * 10 >= *made * 9;
  Finding& finding = suspect_handles(e, roots, nearly_all ? Confidence::kStrong : Confidence::kPossible, out);
  finding.count = table.present;
  finding.title =
      sentence("{} that were made for C with cgo.NewHandle were never deleted", format_count(table.present, "handle"));
  finding.because = made ? sentence("the program has made {} in all, and {} of them are still in its table",
                                    format_count(*made), format_count(table.present))
                         : sentence("{} are in its table", format_count(table.present));
  const auto most = std::ranges::max_element(table.values_by_type, {}, [](const auto& each) { return each.second; });
  if (most != table.values_by_type.end())
    finding.because += sentence("; {} of the values are of {}", format_count(most->second), view::named(most->first));
  finding.fix =
      sentence("call Delete on each handle when C has no more use for it; defer it where the call into C ends");
}

constexpr Threshold kThresholds[] = {
    {"1,000 handles that are not deleted", "a program has a few for callbacks that stay"},
    {"nine of ten that were ever made for a strong one; the runtime counts them",
     "of what is made and deleted over and over, few are there at a time"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "cgo-handles",
              .family = "runtime and operating system",
              .looks_for = "handles for C (runtime/cgo.Handle) that nobody deletes",
              .needs = {.proven = {},
                        .strong = "the table of handles and the counter of those made: hardly one was ever deleted",
                        .possible = "many in the table; C may still need them"},
              .thresholds = kThresholds,
              .change = "call Delete on each handle"},
    .run = find_handles};

}  // namespace holdfast::detect::cgo_handles
