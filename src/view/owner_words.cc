#include "view/owner_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "graph/sharing.h"
#include "heap/plumbing.h"
#include "view/labels.h"

namespace holdfast::view {
namespace {

// Where the goroutine stands, outside of plumbing.
Sentence place_of(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const heap::Goroutine& goroutine) {
  const heap::Frame* const frame =
      heap::first_user_frame(snapshot, rules, goroutine.first_frame, goroutine.frame_count);
  if (frame == nullptr) return {};
  return named(CodePlace{std::string(snapshot.strings[frame->function]), std::string(snapshot.strings[frame->file]),
                         frame->line});
}

Sentence goroutines_text(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const OwnerRow& row) {
  const heap::Root& root = snapshot.roots[row.roots.front().row];
  if (root.kind == heap::RootKind::kGroup)
    return sentence("{} {}", format_count(row.goroutines), named(snapshot, root));
  const Sentence name = named(snapshot, root);
  const Sentence place =
      root.goroutine ? place_of(snapshot, rules, snapshot.goroutines[root.goroutine.row]) : Sentence();
  return place.empty() ? name : sentence("{} at {}", name, place);
}

std::string_view name_of_kind(OwnerKind kind) {
  switch (kind) {
    case OwnerKind::kRuntime:
      return "the runtime";
    case OwnerKind::kSpecials:
      return "finalizers and the like";
    case OwnerKind::kGoroutines:
      return "goroutines";
    case OwnerKind::kVariable:
      return "package variables";
  }
  return {};
}

}  // namespace

Sentence owner_text(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const OwnerRow& row) {
  if (row.kind == OwnerKind::kRuntime || row.roots.empty()) return sentence("the runtime");
  if (row.kind == OwnerKind::kGoroutines) return goroutines_text(snapshot, rules, row);
  const Sentence first = named(snapshot, snapshot.roots[row.roots.front().row]);
  // A variable with a name, what lies behind one, and one of a known type is told by that, however many words it has.
  const bool is_named = std::ranges::any_of(row.roots, [&](RootId id) {
    const heap::Root& root = snapshot.roots[id.row];
    if (!root.label) return false;
    const heap::Label& label = snapshot.labels[root.label.row];
    return label.variable || label.relation == heap::Relation::kBehind || heap::is_field(root, label);
  });
  return row.roots.size() == 1 || is_named ? first
                                           : sentence("{} from {} on", format_count(row.roots.size(), "word"), first);
}

Sentence owner_text(const heap::Snapshot& snapshot, const Owners& owners, std::uint32_t owner) {
  return owner_text(snapshot, owners.rules(), owners.rows()[owner]);
}

Sentence kinds_text(const Home& home) {
  Sentence out = sentence("more than {} owners", graph::Sharing::kMostOwners);
  for (std::size_t i = 0; i < home.kinds.size(); ++i)
    out += sentence("{}{}", i == 0 ? ": " : ", ", name_of_kind(home.kinds[i]));
  return out;
}

std::string owners_text(const heap::Snapshot& snapshot, const Owners& owners, std::span<const std::uint32_t> some) {
  constexpr std::size_t kMost = 8;
  std::string out;
  for (std::size_t i = 0; i < std::min(some.size(), kMost); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : ", ", owner_text(snapshot, owners, some[i]).full);
  return some.size() > kMost ? fmt::format("{} and {} more", out, some.size() - kMost) : out;
}

std::string home_text(const heap::Snapshot& snapshot, const Owners& owners, const Home& home) {
  return home.owners.empty() ? kinds_text(home).full : owners_text(snapshot, owners, home.owners);
}

}  // namespace holdfast::view
