#include "query/homes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cancel.h"
#include "base/error.h"
#include "base/units.h"
#include "view/owner_words.h"

namespace holdfast::query {
namespace {

constexpr std::size_t kMostNames = 8;  // of the owners of one home
constexpr std::uint32_t kObjectsPerLook = 1 << 20;

// A set whose name does not list all of it carries its number, so that no two sets read alike.
std::string name_of_home(const heap::Snapshot& snapshot, const view::Owners& owners, std::uint32_t row) {
  const view::Home& home = owners.homes()[row];
  if (home.owners.empty()) return fmt::format("{} (set {})", view::kinds_text(home).full, row);
  std::string text;
  const std::size_t shown = home.owners.size() > kMostNames ? kMostNames - 1 : home.owners.size();
  for (std::size_t i = 0; i < shown; ++i)
    text += fmt::format("{}{}", i == 0 ? "" : " + ", view::owner_text(snapshot, owners, home.owners[i]).full);
  if (shown < home.owners.size())
    text += fmt::format(" + {} (set {})", format_count(home.owners.size() - shown, "other"), row);
  return text;
}

}  // namespace

Homes::Homes(const heap::Snapshot& snapshot, const graph::Dominators& dominators, const heap::OwnerRules& rules)
    : owners_(snapshot, dominators, rules) {
  name_all(snapshot);
  list_members();
  find_all(snapshot, dominators);
}

void Homes::name_all(const heap::Snapshot& snapshot) {
  const auto count = static_cast<std::uint32_t>(owners_.homes().size());
  for (std::uint32_t home = 0; home < count; ++home) homes_.push_back({name_of_home(snapshot, owners_, home), home});
  std::stable_sort(homes_.begin(), homes_.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
  number_.resize(count);
  for (std::uint32_t row = 0; row < count; ++row) number_[homes_[row].home] = row;
}

// The home of one owner has the number of its owner among all owners.
void Homes::list_members() {
  for (std::uint32_t row = 0; row < homes_.size(); ++row) {
    const view::Home& home = owners_.homes()[homes_[row].home];
    for (const std::uint32_t owner : home.owners) members_.push_back({row, number_[owner], false, home.bytes});
    for (const view::AlsoHeld& also : owners_.also_held(homes_[row].home))
      members_.push_back({row, number_[also.owner], true, also.bytes});
  }
}

// Everything has the home of its dominator, up to what lies directly under the super root.
void Homes::find_all(const heap::Snapshot& snapshot, const graph::Dominators& dominators) {
  of_object_ = HugeArray<std::uint32_t>(snapshot.objects);
  for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
    if (row % kObjectsPerLook == 0) throw_if_cancelled();
    if (of_object_[row] != 0 || !dominators.reachable(ObjectId(row))) continue;
    graph::NodeId top = ObjectId(row);
    std::uint32_t home = 0;
    while (home == 0) {
      const graph::NodeId above = dominators.idom(top);
      if (above.kind() == graph::NodeKind::kSuperRoot) {
        home = number_[owners_.home_of(top)] + 1;
      } else {
        top = above;
        if (top.object()) home = of_object_[top.object().row];
        if (top.root()) home = of(top.root()) + 1;
      }
    }
    for (graph::NodeId node = ObjectId(row); node.object() && of_object_[node.object().row] == 0;
         node = dominators.idom(node))
      of_object_[node.object().row] = home;
  }
}

Bound Homes::named(std::string_view name) const {
  const auto [first, last] =
      std::ranges::equal_range(homes_, name, {}, [](const Named& home) -> std::string_view { return home.name; });
  if (first == last) return Bound::nothing();
  return {first - homes_.begin(), last - homes_.begin() - 1, false};
}

}  // namespace holdfast::query
