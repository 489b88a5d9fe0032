#include "report/type_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/units.h"
#include "graph/object_sizes.h"
#include "report/fold.h"
#include "report/type_table.h"

namespace holdfast::report {
namespace {

constexpr std::size_t kShown = 20;              // differences in the text
constexpr std::uint64_t kLargeVariable = 1000;  // as a part of the live bytes: one by so many

// The types of one answer.
class Answer {
 public:
  Answer(const heap::Snapshot& snapshot, const HugeArray<heap::ObjectType>& column,
         const std::vector<heap::Type>& types, const std::vector<heap::Field>& fields)
      : snapshot_(snapshot), column_(column), types_(types), fields_(fields) {}

  TypeId type_of(std::uint32_t object) const { return column_[object].type(); }
  bool all_typed(const heap::Root& root) const {
    const auto first = snapshot_.root_targets.begin() + root.first_target;
    return std::all_of(first, first + root.target_count,
                       [&](const heap::RootTarget& target) { return static_cast<bool>(type_of(target.object.row)); });
  }
  std::size_t evidence(std::uint32_t object) const { return static_cast<std::size_t>(column_[object].known_by()); }
  std::string name(TypeId type) const {
    std::string name = type ? std::string(snapshot_.strings[types_[type.row].name]) : std::string();
    std::erase(name, ' ');
    return name;
  }
  const heap::Type& operator[](TypeId type) const { return types_[type.row]; }

  // Whether a value of the type begins with one of that name.
  bool begins_with(TypeId type, const std::string& wanted) const {
    for (int depth = 0; type && depth < 64; ++depth) {
      if (name(type) == wanted) return true;
      const heap::Type& row = types_[type.row];
      if (row.kind == heap::Kind::kArray)
        type = row.elem;
      else if (row.field_count > 0 && fields_[row.first_field].offset == 0)
        type = fields_[row.first_field].type;
      else
        return false;
    }
    return false;
  }

 private:
  const heap::Snapshot& snapshot_;
  const HugeArray<heap::ObjectType>& column_;
  const std::vector<heap::Type>& types_;
  const std::vector<heap::Field>& fields_;
};

void add(Agreed& sum, std::uint64_t bytes) {
  ++sum.objects;
  sum.bytes += bytes;
}

void add(Agreed& sum, const Agreed& more) {
  sum.objects += more.objects;
  sum.bytes += more.bytes;
}

// What the runtime makes has two names: the structure's own, and ours, which says of what.
std::string plain(const std::string& name) {
  if (name.starts_with("chan.header[")) return "runtime.hchan";
  if (name.starts_with("map.header[")) return "runtime.hmap";
  if (name == "internal/runtime/maps.Map") return "runtime.hmap";
  // Closures that reflect makes: called by their code, and by the structure that they are the beginning of.
  if (name == "funcreflect.makeFuncStub") return "reflect.makeFuncImpl";
  if (name == "funcreflect.methodValueCall") return "reflect.methodValue";
  return name == "stringdata" ? "uint8" : name;
}

Agreement judge(const Answer& with, TypeId a, const Answer& without, TypeId b) {
  if (!a && !b) return Agreement::kNeither;
  if (!a) return Agreement::kOnlyWithout;
  if (!b) return Agreement::kOnlyWith;
  const std::string name_a = with.name(a), name_b = without.name(b);
  if (name_a == name_b) return Agreement::kSame;
  if (plain(name_a) == plain(name_b)) return Agreement::kOtherName;
  if (with.begins_with(a, name_b) || without.begins_with(b, name_a)) return Agreement::kNesting;
  const heap::Type &type_a = with[a], &type_b = without[b];
  const bool alike = type_a.size == type_b.size && type_a.kind == type_b.kind &&
                     type_a.pointer_bytes == type_b.pointer_bytes && type_a.field_count == type_b.field_count;
  return alike ? Agreement::kOtherName : Agreement::kWrong;
}

void compare_slots(const heap::Snapshot& snapshot, const Answer& with, const Answer& without, Entries& slots) {
  for (const heap::Root& root : snapshot.roots) {
    if (root.kind != heap::RootKind::kFrame || root.conservative) continue;
    for (std::uint32_t i = root.first_target; i < root.first_target + root.target_count; ++i) {
      const std::uint32_t object = snapshot.root_targets[i].object.row;
      ++slots.all;
      slots.with += static_cast<bool>(with.type_of(object));
      slots.without += static_cast<bool>(without.type_of(object));
    }
  }
}

void compare_variables(const heap::Snapshot& snapshot, const graph::Dominators& dominators, const Answer& with,
                       const Answer& without, TypeComparison& out) {
  const std::uint64_t least = dominators.retained_bytes(graph::NodeId::super_root()) / kLargeVariable;
  std::vector<std::pair<std::uint64_t, std::string>> untyped;
  for (std::uint32_t row = 0; row < snapshot.roots.size(); ++row) {
    const heap::Root& root = snapshot.roots[row];
    if (root.kind != heap::RootKind::kGlobal || root.target_count == 0) continue;
    const std::uint64_t retained = dominators.retained_bytes(graph::NodeId(RootId(row)));
    if (retained <= least) continue;
    ++out.variables.all;
    out.variables.with += with.all_typed(root);
    out.variables.without += without.all_typed(root);
    if (!without.all_typed(root)) untyped.emplace_back(retained, snapshot.strings[root.name]);
  }
  std::sort(untyped.begin(), untyped.end(), std::greater<>());
  for (auto& [bytes, name] : untyped) out.untyped_variables.push_back(std::move(name));
}

}  // namespace

std::string_view name_of(Agreement agreement) {
  static constexpr std::array<std::string_view, kAgreements> kNames = {"same",      "other name",   "nesting", "wrong",
                                                                       "only with", "only without", "neither"};
  return kNames[static_cast<std::size_t>(agreement)];
}

TypeComparison compare_types(const heap::Snapshot& snapshot, const heap::TypeColumns& without,
                             const graph::Dominators& dominators) {
  const Answer first(snapshot, snapshot.object_type, snapshot.types, snapshot.fields);
  const Answer second(snapshot, without.object_type, without.types, without.fields);
  TypeComparison out;
  // By both types, and how the second one is known.
  std::map<std::tuple<TypeId, TypeId, std::size_t>, Agreed> pairs;
  graph::ObjectSizes(snapshot).for_each_run(
      0, snapshot.objects, [&](std::uint64_t begin, std::uint64_t end, std::uint64_t slot_size) {
        for (std::uint64_t i = begin; i < end; ++i) {
          const auto object = static_cast<std::uint32_t>(i);
          if (!dominators.reachable(ObjectId(object))) continue;
          add(pairs[{first.type_of(object), second.type_of(object), second.evidence(object)}], slot_size);
          add(out.known_with[first.evidence(object)], slot_size);
          add(out.known_without[second.evidence(object)], slot_size);
        }
      });
  compare_variables(snapshot, dominators, first, second, out);
  compare_slots(snapshot, first, second, out.slots);
  std::map<std::pair<TypeId, TypeId>, Difference> differences;
  for (const auto& [key, sum] : pairs) {
    const auto& [with, other, evidence] = key;
    const Agreement agreement = judge(first, with, second, other);
    add(out.sums[static_cast<std::size_t>(agreement)], sum);
    if (agreement == Agreement::kWrong) add(out.wrong_by[evidence], sum);
    if (agreement == Agreement::kSame) continue;
    Difference& difference = differences[{with, other}];
    if (difference.sum.objects == 0) difference = {agreement, first.name(with), second.name(other), {}};
    add(difference.sum, sum);
  }
  for (auto& [types, difference] : differences) out.differences.push_back(std::move(difference));
  std::sort(out.differences.begin(), out.differences.end(), [](const Difference& a, const Difference& b) {
    if (a.sum.bytes != b.sum.bytes) return a.sum.bytes > b.sum.bytes;
    return std::tie(a.with, a.without) < std::tie(b.with, b.without);
  });
  return out;
}

std::string comparison_text(const TypeComparison& comparison) {
  Agreed all;
  for (const Agreed& sum : comparison.sums) {
    all.objects += sum.objects;
    all.bytes += sum.bytes;
  }
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  std::string out = "types without debug information beside those with it, of all live objects\n\n";
  for (std::size_t i = 0; i < kAgreements; ++i) {
    const Agreed& sum = comparison.sums[i];
    out += fmt::format("{:<13} {:>11} {:>8.3f} %  {:>12} objects {:>8.3f} %\n", name_of(static_cast<Agreement>(i)),
                       format_bytes(sum.bytes), share(sum.bytes, all.bytes), format_count(sum.objects),
                       share(sum.objects, all.objects));
  }
  const auto entries = [&](std::string_view what, const Entries& sum) {
    if (sum.all == 0) return;
    out += fmt::format("{}: {} in all, {} with and {} without debug information lead to typed objects only\n", what,
                       format_count(sum.all), format_count(sum.with), format_count(sum.without));
  };
  out += "\n";
  entries("variables that retain over 0.1 %", comparison.variables);
  for (const std::string& name : comparison.untyped_variables) out += fmt::format("  untyped: {}\n", folded(name, 100));
  entries("pointers of frames", comparison.slots);
  out += "\n";
  const auto text = [](const std::string& name) { return name.empty() ? std::string("no type") : folded(name, 60); };
  for (std::size_t i = 0; i < std::min(kShown, comparison.differences.size()); ++i) {
    const Difference& row = comparison.differences[i];
    out += fmt::format("{:<13} {:>11} {:>10}  {} | {}\n", name_of(row.agreement), format_bytes(row.sum.bytes),
                       format_count(row.sum.objects), text(row.with), text(row.without));
  }
  return out;
}

namespace {

nlohmann::ordered_json entries_json(const Entries& sum) {
  return {{"all", sum.all}, {"typed_with", sum.with}, {"typed_without", sum.without}};
}

nlohmann::ordered_json evidence_json(const std::array<Agreed, kKindsOfEvidence>& sums) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (std::size_t i = 1; i < sums.size(); ++i)
    json[std::string(name_of(static_cast<heap::KnownBy>(i)))] = {{"objects", sums[i].objects},
                                                                 {"bytes", sums[i].bytes}};
  return json;
}

}  // namespace

nlohmann::ordered_json comparison_json(const TypeComparison& comparison) {
  nlohmann::ordered_json json = {{"schema", "holdfast.type-comparison/1"}};
  for (std::size_t i = 0; i < kAgreements; ++i)
    json["agreement"][std::string(name_of(static_cast<Agreement>(i)))] = {{"objects", comparison.sums[i].objects},
                                                                          {"bytes", comparison.sums[i].bytes}};
  json["known_by"] = {{"with", evidence_json(comparison.known_with)},
                      {"without", evidence_json(comparison.known_without)},
                      {"wrong", evidence_json(comparison.wrong_by)}};
  json["large_variables"] = entries_json(comparison.variables);
  json["large_variables"]["untyped"] = comparison.untyped_variables;
  json["frame_slots"] = entries_json(comparison.slots);
  json["differences"] = nlohmann::ordered_json::array();
  for (const Difference& row : comparison.differences)
    json["differences"].push_back({{"kind", name_of(row.agreement)},
                                   {"with", row.with},
                                   {"without", row.without},
                                   {"objects", row.sum.objects},
                                   {"bytes", row.sum.bytes}});
  return json;
}

}  // namespace holdfast::report
