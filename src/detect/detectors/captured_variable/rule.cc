#include <algorithm>
#include <map>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/holders.h"

namespace holdfast::detect::captured_variable {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::size_t kFewest = 20;               // function values
constexpr std::size_t kMostPointers = 1'000'000;  // of which is asked what they keep

// A variable that function values of one function have captured, as far as nobody else leads to what it refers to.
struct Captured {
  std::uint64_t bytes = 0;
  std::vector<std::pair<graph::NodeId, ObjectId>> pointers;  // from the function value to what is captured
};

struct FunctionValues {
  std::size_t count = 0;
  std::uint64_t bytes = 0;                     // that they keep alive, themselves included
  std::map<std::uint64_t, Captured> captured;  // by offset
};

// Whether a goroutine has it: what that keeps goes when it ends, and other detectors look at goroutines.
bool is_of_goroutine(const Evidence& e, graph::NodeId owner) {
  const RootId root = owner.root();
  if (!root) return false;
  const heap::RootKind kind = e.snapshot.roots[root.row].kind;
  return kind == heap::RootKind::kGoroutine || kind == heap::RootKind::kFrame || kind == heap::RootKind::kGroup;
}

// Whether most of them are a goroutine's that will end; ways up may be long, so only some are asked.
bool are_of_goroutines(const Evidence& e, const Captured& captured) {
  constexpr std::size_t kAsked = 16;
  const std::size_t step = captured.pointers.size() / kAsked + 1;
  std::size_t asked = 0, of_goroutines = 0;
  for (std::size_t i = 0; i < captured.pointers.size(); i += step, ++asked) {
    const graph::NodeId top = e.dominators.top(captured.pointers[i].second);
    if (is_of_goroutine(e, top) && !is_lasting(e, top.root())) ++of_goroutines;
  }
  return of_goroutines * 2 > asked;
}

// What timers call when they are due, ascending: that goes by itself.
std::vector<ObjectId> called_by_timers(const heap::Snapshot& s) {
  std::vector<ObjectId> out;
  for (const heap::Timer& timer : s.timers)
    if (timer.argument) out.push_back(timer.argument);
  std::ranges::sort(out);
  return out;
}

void add_value(const Evidence& e, ObjectId object, FunctionValues& values) {
  ++values.count;
  values.bytes += e.dominators.retained_bytes(object);
  const heap::Edges& edges = e.snapshot.edges;
  std::uint64_t offset = 0;
  for (const std::uint32_t edge : edges.of(object.row)) {
    offset += heap::edge_step(edges, edge);
    const ObjectId target(edges.target[edge]);
    if (e.dominators.idom(target) != graph::NodeId(object)) continue;
    Captured& captured = values.captured[offset];
    captured.bytes += e.dominators.retained_bytes(target);
    if (captured.pointers.size() < kMostPointers) captured.pointers.emplace_back(object, target);
  }
}

// By type, which is that of the function.
std::map<std::uint32_t, FunctionValues> function_values(const Evidence& e) {
  const heap::Snapshot& s = e.snapshot;
  std::vector<bool> is_closure(s.types.size());
  for (std::size_t t = 0; t < is_closure.size(); ++t) is_closure[t] = s.types[t].kind == heap::TypeKind::kClosure;
  const std::vector<ObjectId> by_timers = called_by_timers(s);
  std::map<std::uint32_t, FunctionValues> values;
  for (std::uint32_t row = 0; row < s.pointerful; ++row) {
    const heap::ObjectType known = s.object_type[row];
    const ObjectId object(row);
    if (known && is_closure[known.type().row] && e.dominators.reachable(object) &&
        !is_of_goroutine(e, e.dominators.idom(object)) && !std::ranges::binary_search(by_timers, object))
      add_value(e, object, values[known.type().row]);
  }
  return values;
}

void add_captured(const Evidence& e, std::string_view function, const FunctionValues& values, const Captured& captured,
                  std::vector<Suspicion>& out) {
  const auto& [value, target] = captured.pointers[captured.pointers.size() / 2];
  const view::HoldingPlace place = e.places.place_of(target);
  const std::string field = e.names.field(value, target).value_or(heap::FieldPath()).text;
  const std::string type = e.names.type_of(target);
  Suspicion& suspicion = suspect(out, kDetector, {fmt::format("{}{}", function, field), {std::string(function), field}},
                                 Confidence::kPossible);
  suspicion.removal.pointers = captured.pointers;
  suspicion.places = {std::string(function)};
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = captured.bytes;
  finding.count = captured.pointers.size();
  finding.chain = place.chain;
  finding.title = sentence("{} of {} {} keep {} with a variable that each captured, at {}",
                           format_count(values.count, "function value"), view::named(function),
                           e.names.closure_place(value.object()), format_bytes(captured.bytes), place.text);
  finding.because = sentence(
      "nothing else leads to what their {}{} refers to, and the function values are kept in places that outlive the "
      "call that made them",
      field, type.empty() ? "" : fmt::format(" ({})", type));
  finding.fix = sentence(
      "take the function values out of where they are registered when they are not needed any more, or let them "
      "capture only what they use");
}

void find_captured_variables(const Evidence& e, std::vector<Suspicion>& out) {
  for (const auto& [type, values] : function_values(e)) {
    if (values.count < kFewest || values.captured.empty()) continue;
    const auto largest =
        std::ranges::max_element(values.captured, {}, [](const auto& captured) { return captured.second.bytes; });
    const Captured& captured = largest->second;
    if (captured.bytes >= e.smallest && captured.bytes >= values.bytes / 4 * 3 && !are_of_goroutines(e, captured))
      add_captured(e, e.snapshot.strings[e.snapshot.types[type].name], values, captured, out);
  }
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"20 function values of one function, which neither goroutines nor timers alone hold",
     "a program has a few handlers on purpose; goroutines and timers end"},
    {"1 MiB or 1 % of the live bytes, three quarters of all that they keep, by one variable",
     "less is not worth a word"}};

const Detector kDetector = {
    .facts = {.id = "captured-variable",
              .family = "closures and libraries",
              .looks_for = "function values that keep much with a variable that they captured",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "many function values of one function, in places that outlive the calls that made "
                                    "them, and one variable of theirs that alone leads to nearly all that they keep"},
              .thresholds = kThresholds,
              .change = "take function values out of where they are registered when they are not needed any more, or "
                        "let them capture only what they use"},
    .run = find_captured_variables};

}  // namespace holdfast::detect::captured_variable
