#include "evidence/line_holders.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "view/owner_words.h"

namespace holdfast::evidence {

view::Sentence home_sentence(const view::Groundwork& groundwork, std::uint32_t row) {
  const heap::Snapshot& snapshot = groundwork.snapshot();
  const view::Owners& owners = groundwork.owners();
  const view::Home& home = owners.homes()[row];
  if (home.owners.empty()) return view::kinds_text(home);
  view::Sentence out = view::owner_text(snapshot, owners, home.owners.front());
  if (home.owners.size() == 1) return out;
  if (home.owners.size() == 2)
    return view::sentence("{} and {}", out, view::owner_text(snapshot, owners, home.owners[1]));
  return view::sentence("{} and {} others", out, std::to_string(home.owners.size() - 1));
}

void add_holders(const view::Groundwork& groundwork, const HeldBytes& held_by_home, LineVerdict& line) {
  std::vector<std::pair<std::uint32_t, double>> held(held_by_home.begin(), held_by_home.end());
  std::ranges::sort(
      held, [](const auto& a, const auto& b) { return std::pair(-a.second, a.first) < std::pair(-b.second, b.first); });
  double all = 0;
  for (const auto& [home, bytes] : held) all += bytes;
  if (held.size() > LineVerdict::kMostHeld) held.resize(LineVerdict::kMostHeld);
  for (const auto& [home, bytes] : held)
    line.held.push_back(
        {home_sentence(groundwork, home), static_cast<std::uint64_t>(std::llround(bytes)), bytes / all});
}

}  // namespace holdfast::evidence
