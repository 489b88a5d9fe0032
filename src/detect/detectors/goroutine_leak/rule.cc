#include <map>

#include "detect/detector_list.h"
#include "detect/goroutine_words.h"
#include "detect/lock_hands.h"
#include "view/goroutine_rows.h"

namespace holdfast::detect::goroutine_leak {
namespace {

using view::Confidence;
using view::GoroutineRow;
using view::Sentence;
using view::sentence;

Sentence why_for_ever(const GoroutineRow& row) {
  const Sentence what = awaited(row);
  if (what.full.empty()) return sentence("nothing ends such a wait");
  return sentence("nothing that can still run refers to {} that {} for", what,
                  row.leaked == 1 ? "it waits" : "they wait");
}

struct Leaked {
  std::vector<graph::NodeId> roots;
  GoroutineId first;
};

// A library's client for the whole life of a program has a few that nobody can stop any more, and that is all the harm.
constexpr std::uint64_t kFew = 2;
constexpr std::uint64_t kLittle = 64 << 10;  // bytes; and less than 1 % of the live ones

bool is_of_the_program(const Evidence& e, std::string_view function) {
  const std::string& module = e.snapshot.target.main_module;
  return function.starts_with("main.") || (!module.empty() && function.starts_with(module));
}

// The leaked goroutines, by the root of the row that has them.
std::map<RootId, Leaked> leaked_by_row(const Evidence& e) {
  const std::vector<view::GoroutineGroup> groups = view::goroutine_groups(e.snapshot, e.dominators, true);
  const auto leaked = view::leaked_of(e.snapshot, e.groundwork.leaked().goroutines, groups);
  std::map<RootId, Leaked> out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const GoroutineId id : leaked[i]) {
      Leaked& row = out[groups[i].root];
      if (!row.first) row.first = id;
      if (const RootId root = e.snapshot.goroutines[id.row].root) row.roots.emplace_back(root);
    }
  }
  return out;
}

// What they hold was found together with the proof: the runtime's records of them do not count there.
void find_leaked(const Evidence& e, std::vector<Suspicion>& out) {
  std::map<RootId, Leaked> leaked;
  const LockHands hands(e);
  for (const GoroutineRow& row : e.report.goroutines) {
    if (row.leaked == 0) continue;
    if (leaked.empty()) leaked = leaked_by_row(e);
    const Leaked& of_row = leaked[row.root];
    Sentence because = why_for_ever(row);
    if (of_row.first)
      if (const Sentence words = words_of_hands(e, hands, of_row.first); !words.empty())
        because += sentence("; {}", words);
    Suspicion& suspicion = suspect_blocked(e, kDetector, row, {row.leaked, row.leaked_bytes, row.leaked_stack_bytes},
                                           "for ever", because, Confidence::kProven, out);
    suspicion.is_exact = true;
    suspicion.finding.is_minor = row.leaked <= kFew && suspicion.finding.bytes < std::min(kLittle, e.live / 100) &&
                                 !is_of_the_program(e, row.top.function);
    if (row.root) suspicion.removal.nodes = of_row.roots;
  }
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
