#include "view/type_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/terminal_text.h"
#include "base/units.h"
#include "graph/object_sizes.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::uint64_t kLargeVariable = 1000;  // a variable is large if it retains one in so many of the live bytes

// Closures that reflect makes are called by their code in one answer, and in the other by the structure that they
// begin.
std::string reflected_closure(std::string_view function) {
  if (function == "reflect.makeFuncStub") return "reflect.makeFuncImpl";
  if (function == "reflect.methodValueCall") return "reflect.methodValue";
  return fmt::format("func{}", function);
}

// One of the two answers.
class Answer {
 public:
  Answer(const heap::Snapshot& snapshot, const heap::Column<heap::ObjectType>& column,
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
    std::string name = type_name(snapshot_.strings, types_, type);
    std::erase(name, ' ');
    return name;
  }
  // Returns the runtime's own name of a structure that also has one of ours, which says what it is part of.
  std::string plain_name(TypeId type) const {
    switch (types_[type.row].role) {
      case heap::TypeRole::kChannel:
        return "runtime.hchan";
      case heap::TypeRole::kMapHeader:
        return "runtime.hmap";
      case heap::TypeRole::kStringData:
        return "uint8";
      case heap::TypeRole::kClosure:
        return reflected_closure(snapshot_.strings[types_[type.row].name]);
      default:
        return name(type);
    }
  }
  const heap::Type& operator[](TypeId type) const { return types_[type.row]; }

  // Whether a value of the type begins with a value of the named type.
  bool begins_with(TypeId type, const std::string& wanted) const {
    for (int depth = 0; type && depth < 64; ++depth) {
      if (name(type) == wanted) return true;
      const heap::Type& row = types_[type.row];
      if (row.kind == heap::TypeKind::kArray)
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
  const heap::Column<heap::ObjectType>& column_;
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

Agreement judge(const Answer& with, TypeId a, const Answer& without, TypeId b) {
  if (!a && !b) return Agreement::kNeither;
  if (!a) return Agreement::kOnlyWithout;
  if (!b) return Agreement::kOnlyWith;
  const std::string name_a = with.name(a), name_b = without.name(b);
  if (name_a == name_b) return Agreement::kSame;
  if (with.plain_name(a) == without.plain_name(b)) return Agreement::kOtherName;
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
    if (!without.all_typed(root)) untyped.emplace_back(retained, root_text_with_field(snapshot, root));
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
  // Sums by both types, and by how the second one is known.
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

}  // namespace holdfast::view
