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

// A reference of a function value to what something else leads to as well.
struct SharedReference {
  ObjectId target, value;
  TypeId function;

  auto operator<=>(const SharedReference&) const = default;
};

struct AllValues {
  std::map<std::uint32_t, FunctionValues> by_function;  // by type, which is that of the function
  std::vector<SharedReference> shared;                  // ascending
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

void add_value(const Evidence& e, ObjectId object, TypeId function, AllValues& all) {
  FunctionValues& values = all.by_function[function.row];
  ++values.count;
  values.bytes += e.dominators.retained_bytes(object);
  const heap::Edges& edges = e.snapshot.edges;
  std::uint64_t offset = 0;
  for (const std::uint32_t edge : edges.of(object.row)) {
    offset += heap::edge_step(edges, edge);
    const ObjectId target(edges.target[edge]);
    if (e.dominators.idom(target) != graph::NodeId(object)) {
      if (all.shared.size() < kMostPointers) all.shared.push_back({target, object, function});
      continue;
    }
    Captured& captured = values.captured[offset];
    captured.bytes += e.dominators.retained_bytes(target);
    if (captured.pointers.size() < kMostPointers) captured.pointers.emplace_back(object, target);
  }
}

AllValues function_values(const Evidence& e) {
  const heap::Snapshot& s = e.snapshot;
  std::vector<bool> is_closure(s.types.size());
  for (std::size_t t = 0; t < is_closure.size(); ++t) is_closure[t] = s.types[t].kind == heap::TypeKind::kClosure;
  const std::vector<ObjectId> by_timers = called_by_timers(s);
  AllValues all;
  for (std::uint32_t row = 0; row < s.pointerful; ++row) {
    const heap::ObjectType known = s.object_type[row];
    const ObjectId object(row);
    if (known && is_closure[known.type().row] && e.dominators.reachable(object) &&
        !is_of_goroutine(e, e.dominators.idom(object)) && !std::ranges::binary_search(by_timers, object))
      add_value(e, object, known.type(), all);
  }
  std::ranges::sort(all.shared);
  return all;
}

// How many references lead to each of `targets`, which ascend: from live objects and from roots.
std::vector<std::uint32_t> references_to(const Evidence& e, const std::vector<ObjectId>& targets) {
  const heap::Snapshot& s = e.snapshot;
  std::vector<std::uint32_t> counts(targets.size());
  HugeArray<std::uint64_t> is_target((std::uint64_t{s.objects} + 63) / 64);
  for (const ObjectId target : targets) heap::set_bit(is_target, target.row);
  const auto count = [&](std::uint32_t row) {
    if (heap::test_bit(is_target, row))
      ++counts[static_cast<std::size_t>(std::ranges::lower_bound(targets, ObjectId(row)) - targets.begin())];
  };
  for (std::uint32_t row = 0; row < s.pointerful; ++row)
    if (e.dominators.reachable(ObjectId(row)))
      for (const std::uint32_t edge : s.edges.of(row)) count(s.edges.target[edge]);
  for (const heap::RootTarget& target : s.root_targets) count(target.object.row);
  return counts;
}

// What several function values have captured together, and nobody else leads to, by the functions.
std::map<std::vector<TypeId>, Captured> captured_together(const Evidence& e, const AllValues& all) {
  std::vector<ObjectId> targets;
  std::uint64_t at_stake = 0;
  for (const SharedReference& each : all.shared) {
    if (!targets.empty() && targets.back() == each.target) continue;
    targets.push_back(each.target);
    at_stake += e.dominators.retained_bytes(each.target);
  }
  std::map<std::vector<TypeId>, Captured> out;
  if (targets.size() < kFewest || at_stake < e.smallest) return out;
  const std::vector<std::uint32_t> references = references_to(e, targets);
  auto from = all.shared.begin();
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const auto end = std::ranges::upper_bound(from, all.shared.end(), targets[t], {}, &SharedReference::target);
    if (static_cast<std::size_t>(end - from) == references[t]) {
      std::vector<TypeId> functions;
      for (auto each = from; each != end; ++each) functions.push_back(each->function);
      std::ranges::sort(functions);
      functions.erase(std::unique(functions.begin(), functions.end()), functions.end());
      Captured& captured = out[functions];
      captured.bytes += e.dominators.retained_bytes(targets[t]);
      for (auto each = from; each != end; ++each) captured.pointers.emplace_back(each->value, targets[t]);
    }
    from = end;
  }
  return out;
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

// Of several functions, as of handlers for success and failure that have the same request.
void add_together(const Evidence& e, const std::vector<TypeId>& functions, const Captured& captured,
                  std::vector<Suspicion>& out) {
  const auto& [value, target] = captured.pointers[captured.pointers.size() / 2];
  const view::HoldingPlace place = e.places.place_of(target);
  std::vector<std::string> names;
  for (const TypeId function : functions) names.emplace_back(e.snapshot.strings[e.snapshot.types[function.row].name]);
  view::Sentence who = view::named(names.front());
  if (names.size() > 1) who += sentence(" and {}", view::named(names[1]));
  if (names.size() > 2) who += sentence(" and {} more", names.size() - 2);
  const std::string type = e.names.type_of(target);
  Suspicion& suspicion = suspect(out, kDetector, {who.full, names}, Confidence::kPossible);
  suspicion.removal.pointers = captured.pointers;
  suspicion.places = names;
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = captured.bytes;
  finding.count = captured.pointers.size();
  finding.chain = place.chain;
  finding.title = sentence("{} of {} {} keep {} with variables that they captured together, at {}",
                           format_count(captured.pointers.size(), "function value"), who,
                           e.names.closure_place(value.object()), format_bytes(captured.bytes), place.text);
  finding.because = sentence(
      "nothing but they leads to what these refer to{}, and the function values are kept in places that outlive the "
      "calls that made them",
      type.empty() ? "" : fmt::format(" ({})", type));
  finding.fix = sentence(
      "take the function values out of where they are registered when they are not needed any more, or let them "
      "capture only what they use");
}

void find_captured_variables(const Evidence& e, std::vector<Suspicion>& out) {
  const AllValues all = function_values(e);
  for (const auto& [functions, captured] : captured_together(e, all))
    if (captured.pointers.size() >= kFewest && captured.bytes >= e.smallest && !are_of_goroutines(e, captured))
      add_together(e, functions, captured, out);
  for (const auto& [type, values] : all.by_function) {
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
    .facts =
        {.id = "captured-variable",
         .family = "closures and libraries",
         .looks_for = "function values that keep much with a variable that they captured",
         .needs = {.proven = {},
                   .strong = {},
                   .possible =
                       "many function values of one function, in places that outlive the calls that made "
                       "them, and one variable of theirs that alone leads to nearly all that they keep; or of several "
                       "functions, which alone lead to what they have captured together"},
         .thresholds = kThresholds,
         .change = "take function values out of where they are registered when they are not needed any more, or "
                   "let them capture only what they use"},
    .run = find_captured_variables};

}  // namespace holdfast::detect::captured_variable
