#include <algorithm>
#include <map>

#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::pending_calls {
namespace {

using heap::Timer;
using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::size_t kMany = 100;
constexpr std::int64_t kSoonNs = 60'000'000'000;

// Timers that will call one function, and not soon.
struct Calls {
  std::vector<ObjectId> objects;  // the timers and what they will call, ascending, each once
  std::size_t count = 0;
  std::int64_t last_due_ns = 0;
};

std::map<StringId, Calls> calls_by_function(const Evidence& e) {
  std::map<StringId, Calls> out;
  for (const Timer& timer : e.snapshot.timers) {
    const bool waits = timer.kind == heap::TimerKind::kFunction && !timer.stopped && timer.due_known;
    if (!waits || timer.due_in_ns < kSoonNs || !timer.calls) continue;
    Calls& calls = out[timer.calls];
    ++calls.count;
    calls.last_due_ns = std::max(calls.last_due_ns, timer.due_in_ns);
    for (const ObjectId object : {timer.object, timer.argument})
      if (object && e.dominators.reachable(object)) calls.objects.push_back(object);
  }
  for (auto& [function, calls] : out) {
    std::ranges::sort(calls.objects);
    calls.objects.erase(std::ranges::unique(calls.objects).begin(), calls.objects.end());
  }
  return out;
}

// At least so much goes when the timers are stopped: what each alone keeps. `objects` are ascending.
std::uint64_t kept_bytes(const Evidence& e, const std::vector<ObjectId>& objects) {
  std::uint64_t bytes = 0;
  for (const ObjectId object : objects)
    if (!std::ranges::binary_search(objects, e.dominators.idom(object).object()))
      bytes += e.dominators.retained_bytes(object);
  return bytes;
}

void add_calls(const Evidence& e, std::string_view function, const Calls& calls, std::vector<Suspicion>& out) {
  const std::uint64_t bytes = kept_bytes(e, calls.objects);
  if (bytes < e.smallest) return;
  const bool are_contexts = function.starts_with("context.");
  Suspicion& suspicion =
      suspect(out, kDetector, {std::string(function), {std::string(function)}}, Confidence::kPossible);
  suspicion.removal.nodes.assign(calls.objects.begin(), calls.objects.end());
  suspicion.places = {std::string(function)};
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = bytes;
  finding.count = calls.count;
  finding.chain = e.places.place_of(calls.objects[calls.objects.size() / 2]).chain;
  const std::string within = duration(static_cast<std::uint64_t>(calls.last_due_ns));
  if (are_contexts) {
    finding.title =
        sentence("{} with deadlines up to {} ahead were not cancelled", format_count(calls.count, "context"), within);
    finding.because =
        sentence("the timer of a deadline keeps the context, its values and its children until it is due");
    finding.fix = sentence("call the cancel function that With... returns, with defer right behind it");
    return;
  }
  finding.title = sentence("{} are to call {} within {}, and keep what it captured until then",
                           format_count(calls.count, "timer"), view::named(function), within);
  finding.because = sentence("they were not stopped; the runtime keeps a timer of time.AfterFunc until it is due");
  finding.fix = sentence(
      "keep what time.AfterFunc returns, and Stop it when there is nothing to wait for any more; let the function "
      "capture only what it needs");
}

void find_pending_calls(const Evidence& e, std::vector<Suspicion>& out) {
  for (const auto& [function, calls] : calls_by_function(e))
    if (calls.count >= kMany && !calls.objects.empty()) add_calls(e, e.snapshot.strings[function], calls, out);
}

constexpr Threshold kThresholds[] = {
    {"100 timers that call one function, and are due in a minute or later", "those that are due soon do no harm"},
    {"1 MiB or 1 % of the live bytes that only they keep", "less is not worth a word"}};

}  // namespace

const Detector kDetector = {
    .facts =
        {.id = "pending-calls",
         .family = "channels, timers, contexts",
         .looks_for = "timers that keep much until they call a function, much later",
         .needs =
             {.proven = {},
              .strong = {},
              .possible =
                  "many timers of time.AfterFunc, or of deadlines of contexts, that were not stopped "
                  "and are not due soon; to end sessions, say, they may be there on purpose. Of live processes and "
                  "their captures: a core does not tell the time"},
         .thresholds = kThresholds,
         .change = "Stop timers, and cancel contexts, when there is nothing to wait for any more"},
    .run = find_pending_calls};

}  // namespace holdfast::detect::pending_calls
