#include <map>
#include <optional>
#include <string>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/goroutine_words.h"
#include "detect/lock_hands.h"
#include "graph/leak_causes.h"
#include "view/goroutine_rows.h"

namespace holdfast::detect::goroutine_leak {
namespace {

using view::Confidence;
using view::Finding;
using view::GoroutineRow;
using view::Sentence;
using view::sentence;

Sentence why_for_ever(const GoroutineRow& row) {
  const Sentence what = awaited(row);
  if (what.full.empty()) return sentence("nothing ends such a wait");
  return sentence("nothing that can still run refers to {} that {} for", what,
                  row.leaked == 1 ? "it waits" : "they wait");
}

// The leaked goroutines of a row.
struct Leaked {
  std::vector<GoroutineId> goroutines;
  RootId cause;  // of the row whose leaked goroutines these wait for; none if there is no such row
};

// A library's client for the whole life of a program has a few that nobody can stop any more, and that is all the harm.
constexpr std::uint64_t kFew = 2;
constexpr std::uint64_t kLittle = 64 << 10;  // bytes; and less than 1 % of the live ones

bool is_of_the_program(const Evidence& e, std::string_view function) {
  const std::string& module = e.snapshot.target.main_module;
  return function.starts_with("main.") || (!module.empty() && function.starts_with(module));
}

// By the root of the row that has them.
std::map<RootId, Leaked> leaked_by_row(const Evidence& e) {
  const std::vector<view::GoroutineGroup> groups = view::goroutine_groups(e.snapshot, e.dominators, true);
  std::map<RootId, Leaked> rows;
  const auto leaked = view::leaked_of(e.snapshot, e.groundwork.leaked().goroutines, groups);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (leaked[i].empty()) continue;
    std::vector<GoroutineId>& all = rows[groups[i].root].goroutines;
    all.insert(all.end(), leaked[i].begin(), leaked[i].end());
  }
  std::vector<RootId> roots;
  std::vector<std::vector<GoroutineId>> members;
  for (const auto& [root, row] : rows) {
    roots.push_back(root);
    members.push_back(row.goroutines);
  }
  const auto causes = graph::causes_of_leaks(e.snapshot, e.groundwork.leaked(), members);
  for (std::size_t i = 0; i < roots.size(); ++i)
    if (causes[i]) rows[roots[i]].cause = roots[*causes[i]];
  return rows;
}

std::vector<graph::NodeId> roots_of(const heap::Snapshot& snapshot, const std::vector<GoroutineId>& goroutines) {
  std::vector<graph::NodeId> roots;
  for (const GoroutineId id : goroutines)
    if (const RootId root = snapshot.goroutines[id.row].root) roots.emplace_back(root);
  return roots;
}

bool waits_for_lock(const heap::Snapshot& snapshot, const Leaked& leaked) {
  if (leaked.goroutines.empty()) return false;
  const heap::AwaitedLock* const lock = awaited_lock(snapshot, snapshot.goroutines[leaked.goroutines.front().row]);
  return lock != nullptr && lock->kind != heap::LockKind::kWaitGroup;
}

// What they hold was found together with the proof: the runtime's records of them do not count there.
Suspicion& suspect_leaked(const Evidence& e, const GoroutineRow& row, const Leaked& leaked, const LockHands& hands,
                          std::vector<Suspicion>& out) {
  Sentence because = why_for_ever(row);
  if (!leaked.goroutines.empty())
    if (const Sentence words = words_of_hands(e, hands, leaked.goroutines.front()); !words.empty())
      because += sentence("; {}", words);
  Suspicion& suspicion = suspect_blocked(e, kDetector, row, {row.leaked, row.leaked_bytes, row.leaked_stack_bytes},
                                         "for ever", because, Confidence::kProven, out);
  suspicion.is_exact = true;
  suspicion.is_general = waits_for_lock(e.snapshot, leaked);  // stuck-locks says why
  suspicion.finding.is_minor = row.leaked <= kFew && suspicion.finding.bytes < std::min(kLittle, e.live / 100) &&
                               !is_of_the_program(e, row.top.function);
  if (row.root) suspicion.removal.nodes = roots_of(e.snapshot, leaked.goroutines);
  return suspicion;
}

// A row with a finding.
struct Told {
  const GoroutineRow* row = nullptr;
  std::size_t suspicion = 0;  // its place in the list
  std::uint64_t behind = 0;   // goroutines that wait for these
  const GoroutineRow* most_behind = nullptr;
};

// Says of those who wait for others whom they wait for, and of these who does.
void tell_causes(const std::map<RootId, Leaked>& leaked, std::map<RootId, Told>& told, std::vector<Suspicion>& out) {
  for (const auto& [root, victim] : told) {
    const auto cause = told.find(leaked.at(root).cause);
    if (!leaked.at(root).cause || cause == told.end()) continue;
    Told& to = cause->second;
    Finding& finding = out[victim.suspicion].finding;
    out[victim.suspicion].behind = leaked.at(cause->first).goroutines.front();
    finding.because +=
        sentence("; only the {} at {} could wake {}, or who waits for {} as well: mend that first",
                 to.row->leaked == 1 ? "one" : format_count(to.row->leaked, "goroutine"), view::named(to.row->top),
                 victim.row->leaked == 1 ? "it" : "them", to.row->leaked == 1 ? "it" : "these");
    to.behind += victim.row->leaked;
    if (to.most_behind == nullptr || victim.row->leaked > to.most_behind->leaked) to.most_behind = victim.row;
  }
  for (const auto& [root, cause] : told) {
    if (cause.behind == 0) continue;
    Finding& finding = out[cause.suspicion].finding;
    finding.is_minor = false;
    finding.because += sentence("; {} more can only go on if {}, as at {}", format_count(cause.behind, "goroutine"),
                                cause.row->leaked == 1 ? "it does" : "these do", view::named(cause.most_behind->top));
  }
}

void find_leaked(const Evidence& e, std::vector<Suspicion>& out) {
  std::map<RootId, Leaked> leaked;
  std::map<RootId, Told> told;
  const LockHands hands(e);
  for (const GoroutineRow& row : e.report.goroutines) {
    if (row.leaked == 0) continue;
    if (leaked.empty()) leaked = leaked_by_row(e);
    told[row.root] = {&row, out.size(), 0, nullptr};
    suspect_leaked(e, row, leaked[row.root], hands, out);
  }
  tell_causes(leaked, told, out);
}

}  // namespace

const Detector kDetector = {
    .facts =
        {.id = "goroutine-leak",
         .family = "goroutines",
         .looks_for = "goroutines that can never go on, as the graph proves",
         .needs = {.proven =
                       "nothing that can still act (goroutines that run or may go on, pending timers, finalizers, "
                       "threads, C) reaches what could wake them: a least fixed point over the whole graph, in which "
                       "every doubt acquits",
                   .strong = {},
                   .possible = {}},
         .thresholds = {},
         .change =
             "let the wait end: receive what is sent, close the channel, select with a context that is cancelled, "
             "unlock on every way out"},
    .run = find_leaked};

}  // namespace holdfast::detect::goroutine_leak
