#include "view/object_list.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/units.h"
#include "view/home_of.h"
#include "view/owner_words.h"
#include "view/row_commands.h"

namespace holdfast::view {
namespace {

// Answers what the columns ask of an object, when they ask: a list can have millions of rows, of which few are shown.
class ListedObjects {
 public:
  explicit ListedObjects(const Groundwork& groundwork)
      : groundwork_(groundwork), home_of_(groundwork.dominators(), groundwork.owners()) {}

  const graph::Dominators& dominators() const { return groundwork_.dominators(); }
  std::uint64_t address(ObjectId object) const { return groundwork_.names().index().address_of(object).value; }

  // The texts stay where they are.
  std::string_view type(ObjectId object) {
    const Names& names = groundwork_.names();
    const heap::ObjectType known = groundwork_.snapshot().object_type[object.row];
    const bool is_part = names.is_container(object);
    // An array and a single value of one type have different names.
    std::string& name = types_[{known.type(), known.known_by(), dominators().columns().sizes.size_of(object), is_part}];
    if (name.empty()) name = is_part ? names.container_of(object) : names.type_of(object);
    return name;
  }
  std::string_view owner(ObjectId object) {
    const std::uint32_t home = home_of_.of(object);
    const Owners& owners = groundwork_.owners();
    const auto [name, is_new] = homes_.try_emplace(home);
    if (is_new) name->second = home_text(groundwork_.snapshot(), owners, owners.homes()[home]);
    return name->second;
  }

 private:
  using TypeKey = std::tuple<TypeId, heap::KnownBy, std::uint64_t, bool>;  // type, how known, bytes, of a container

  const Groundwork& groundwork_;
  HomeOf home_of_;
  std::map<TypeKey, std::string> types_;
  std::unordered_map<std::uint32_t, std::string> homes_;
};

struct ObjectLine {
  ListedObjects* list = nullptr;
  ObjectId object;
};

constexpr ColumnOf<ObjectLine> kColumns[] = {
    {{"retained", Unit::kBytes, "what the object keeps alive, itself included"},
     [](const ObjectLine& row) { return Cell(row.list->dominators().retained_bytes(row.object)); }},
    {{"own", Unit::kBytes, "of its slot"},
     [](const ObjectLine& row) { return Cell(row.list->dominators().columns().sizes.size_of(row.object)); }},
    {{"objects", Unit::kCount, "how many it keeps alive, itself included", Shown::kIfRoom},
     [](const ObjectLine& row) { return Cell(std::uint64_t{row.list->dominators().retained_count(row.object)}); }},
    {{"address", Unit::kAddress, "where its slot begins; `holdfast show` opens it"},
     [](const ObjectLine& row) { return Cell(row.list->address(row.object)); }},
    {{"type", Unit::kText, "full name; []T of an array of several, T… where only the beginning is known",
      Shown::kIfRoom},
     [](const ObjectLine& row) { return text_cell(row.list->type(row.object)); }},
    {{"owner", Unit::kText, "whose it is: one, or those who share it; of many the first eight"},
     [](const ObjectLine& row) { return text_cell(row.list->owner(row.object)); }},
};

}  // namespace

Subject parse_listed(std::string_view text) {
  const bool is_other = text.starts_with("func:") || text.starts_with("alloc:") || text.starts_with("type:");
  Subject subject = is_other ? parse_subject(text) : Subject();
  if (!is_other) {
    subject.kind = SubjectKind::kType;
    subject.name = text;
  }
  if (subject.name.empty()) fail(ErrorCode::kUsage, "which objects? `--list` needs the name of a type");
  return subject;
}

TableShape object_list_shape() {
  return make_shape<ObjectLine>("objects", "object", "retained", kColumns, "own");
}

Table object_list(const Groundwork& groundwork, const graph::Reachability& reached, const Subject& subject) {
  const FoundSubject found = find_subject(groundwork.names(), reached, subject);
  const auto list = std::make_shared<ListedObjects>(groundwork);
  std::vector<ObjectLine> lines;
  lines.reserve(found.nodes.size());
  for (const graph::NodeId node : found.nodes) lines.push_back({list.get(), node.object()});
  Table table = make_table<ObjectLine>(object_list_shape(), kColumns, std::move(lines));
  table.cell = [list, cell = std::move(table.cell)](std::uint32_t row, std::size_t column) {
    return cell(row, column);
  };
  open_by(table, "address", "show");
  if (found.garbage > 0)
    table.remark = fmt::format("{} more of them, {}, nothing reaches: the next collection frees them",
                               format_count(found.garbage), format_bytes(found.garbage_bytes));
  return table;
}

}  // namespace holdfast::view
