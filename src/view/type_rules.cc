#include "view/type_rules.h"

#include <algorithm>

#include "heap/field_path.h"
#include "heap/type_role.h"

namespace holdfast::view {
namespace {

using heap::RuleKind;

bool is_letter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
}

// What a rule calls the type with any arguments and keys: "lru.Cache[int,string]" -> "lru.Cache",
// "map[int]*lru.entry[int]"
// -> "map[...]*lru.entry".
std::string generic_name(std::string_view type) {
  std::string out;
  for (std::size_t i = 0; i < type.size(); ++i) {
    if (type[i] != '[' || i == 0 || !is_letter(type[i - 1])) {
      out += type[i];
      continue;
    }
    const bool is_map =
        out.ends_with("map") && (out.size() == 3 || !(is_letter(out[out.size() - 4]) || out[out.size() - 4] == '.'));
    if (is_map) out += "[...]";
    for (int depth = 0; i < type.size(); ++i) {
      depth += type[i] == '[' ? 1 : type[i] == ']' ? -1 : 0;
      if (depth == 0) break;
    }
  }
  return out;
}

Container by_role(heap::TypeRole role) {
  if (role == heap::TypeRole::kChannel) return Container::kChannel;
  return heap::is_map_part(role) ? Container::kMap : Container::kNone;
}

}  // namespace

// A value has the fields of its own type, and those of the structs in it.
class FieldRules::Collector {
 public:
  Collector(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const FieldRules& by_type,
            std::vector<FieldOfRule>& out)
      : snapshot_(snapshot), rules_(rules), by_type_(by_type.by_type_), out_(out) {}

  void collect(TypeId type, std::uint64_t at = 0, int depth = 0) {
    constexpr int kDeepest = 8;  // values in values; a damaged table may have rings
    const heap::Type& row = snapshot_.types[type.row];
    if (row.kind != heap::TypeKind::kStruct || depth > kDeepest) return;
    const std::string_view name = row.name ? snapshot_.strings[row.name] : std::string_view();
    auto known = by_type_.find(name);
    std::string generic;
    if (known == by_type_.end() && name.find('[') != std::string_view::npos)
      known = by_type_.find(generic = generic_name(name));
    for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f) {
      const heap::Field& field = snapshot_.fields[f];
      if (!field.type) continue;
      collect(field.type, at + field.offset, depth + 1);
      if (known == by_type_.end()) continue;
      for (const RuleId rule : known->second)
        if (snapshot_.strings[field.name] == rules_[rule].field)
          out_.push_back(
              {at + field.offset, at + field.offset + snapshot_.types[field.type.row].size, field.type, rule});
    }
  }

 private:
  const heap::Snapshot& snapshot_;
  const heap::OwnerRules& rules_;
  const std::unordered_map<std::string_view, std::vector<RuleId>>& by_type_;
  std::vector<FieldOfRule>& out_;
};

void FieldRules::find(const heap::Snapshot& snapshot, const heap::OwnerRules& rules) {
  if (by_type_.empty()) return;
  Collector collector(snapshot, rules, *this, fields_);
  first_.assign(snapshot.types.size() + 1, 0);
  for (std::uint32_t t = 0; t < snapshot.types.size(); ++t) {
    collector.collect(TypeId(t));
    first_[t + 1] = static_cast<std::uint32_t>(fields_.size());
  }
}

TypeRules::TypeRules(const heap::Snapshot& snapshot, const heap::OwnerRules& rules)
    : rules_(rules), containers_{{"", false}, {"map", false}, {"channel", false}} {
  for (std::uint32_t r = 0; r < rules.all().size(); ++r) {
    const heap::OwnerRule& rule = rules.all()[r];
    if (rule.kind == RuleKind::kContainer || rule.kind == RuleKind::kPool) part_of_[rule.subject] = RuleId(r);
    if (rule.kind == RuleKind::kRecord) record_[rule.subject] = RuleId(r);
    if (rule.kind == RuleKind::kHolder) holder_[rule.subject] = RuleId(r);
    if (rule.kind == RuleKind::kThrough) through_[rule.subject] = RuleId(r);
    if (rule.kind == RuleKind::kAlike) alike_[rule.subject] = RuleId(r);
    if (rule.kind == RuleKind::kAlike)
      sort_of_alike_.try_emplace(rule.name, static_cast<std::uint32_t>(sort_of_alike_.size()));
    if (rule.kind == RuleKind::kWeak) weak_.add(rule, RuleId(r));
    if (rule.kind == RuleKind::kChildren) children_.add(rule, RuleId(r));
    if (rule.kind == RuleKind::kPart) parts_.add(rule, RuleId(r));
  }
  of_type_.resize(snapshot.types.size());
  for (std::size_t t = 0; t < of_type_.size(); ++t) {
    const heap::Type& type = snapshot.types[t];
    const StringId name = heap::is_map_part(type.role) && type.of ? snapshot.types[type.of.row].name : type.name;
    OfType& row = of_type_[t];
    if (name) row.container_rule = rule_of(part_of_, snapshot.strings[name]);
    if (name) row.alike = rule_of(alike_, snapshot.strings[name]);
    if (name) row.holder = rule_of(holder_, snapshot.strings[name]);
    if (name)
      row.through = type.role == heap::TypeRole::kClosure ? rules.plumbing(snapshot.strings[name])
                                                          : rule_of(through_, snapshot.strings[name]);
    row.container = row.container_rule ? container_of(rules[row.container_rule]) : by_role(type.role);
  }
  weak_.find(snapshot, rules);
  children_.find(snapshot, rules);
  parts_.find(snapshot, rules);
}

// Rules of one name are one container.
Container TypeRules::container_of(const heap::OwnerRule& rule) {
  const Known wanted{rule.name, rule.kind == RuleKind::kPool};
  auto known = std::ranges::find(containers_, wanted);
  if (known == containers_.end()) known = containers_.insert(known, wanted);
  return static_cast<Container>(known - containers_.begin());
}

RuleId TypeRules::rule_of(const ByName& rules, std::string_view type) {
  if (rules.empty()) return {};
  auto found = rules.find(type);
  if (found == rules.end() && type.find('[') != std::string_view::npos) found = rules.find(generic_name(type));
  return found == rules.end() ? RuleId() : found->second;
}

std::string_view TypeRules::record_word(std::string_view type) const {
  const auto found = record_.find(type);
  return found == record_.end() ? std::string_view() : std::string_view(rules_[found->second].words);
}

bool rules_of_edges(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const FieldRules& fields,
                    ObjectId object, std::vector<RuleId>& rules) {
  const heap::ObjectType known = snapshot.object_type[object.row];
  const auto of_type = fields.of(known.type());
  if (of_type.empty()) return false;
  const heap::Edges& edges = snapshot.edges;
  const std::uint32_t begin = edges.row_begin[object.row], end = edges.row_begin[object.row + 1];
  rules.assign(end - begin, {});
  const heap::Span& span = snapshot.spans[index.find_span(object).row];
  const std::uint64_t size = snapshot.types[known.type().row].size;
  // Of what only begins with a value of the type, the rest is something else.
  const bool is_repeated = size > 0 && known.known_by() != heap::KnownBy::kPart;
  std::uint64_t offset = 0;
  for (std::uint32_t edge = begin; edge < end; ++edge) {
    offset += heap::edge_step(edges, edge);
    if (offset < span.header) continue;
    const std::uint64_t at = is_repeated ? (offset - span.header) % size : offset - span.header;
    for (const FieldOfRule& field : of_type)
      if (field.begin <= at && at < field.end) rules[edge - begin] = field.rule;
  }
  return true;
}

graph::WeakEdges WeakEdges::flags() const {
  if (!rules_.weak().any()) return {};
  return [this, rules = std::vector<RuleId>()](ObjectId object, std::vector<bool>& weak) mutable {
    if (object.row >= snapshot_.pointerful || !rules_of(object, rules)) return false;
    weak.assign(rules.size(), false);
    for (std::size_t i = 0; i < rules.size(); ++i) weak[i] = static_cast<bool>(rules[i]);
    return true;
  };
}

RuleId WeakEdges::rule(ObjectId from, ObjectId to) const {
  std::vector<RuleId> rules;
  if (from.row >= snapshot_.pointerful || !rules_of(from, rules)) return {};
  RuleId found;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (snapshot_.edges.target[snapshot_.edges.row_begin[from.row] + i] != to.row) continue;
    if (!rules[i]) return {};
    found = rules[i];
  }
  return found;
}

}  // namespace holdfast::view
