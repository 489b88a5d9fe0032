#include "view/label_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"
#include "graph/group_sizes.h"
#include "heap/object_index.h"

namespace holdfast::view {
namespace {

using heap::GoroutineLabel;

struct LabelTableRow {
  std::string_view key, value;
  std::uint64_t goroutines = 0;
  std::uint64_t stacks = 0;
  graph::GroupSizes sizes;
};

constexpr ColumnOf<LabelTableRow> kColumns[] = {
    {{"key", Unit::kText, "of the label"}, [](const LabelTableRow& row) { return Cell(row.key); }},
    {{"value", Unit::kText, "of the label"}, [](const LabelTableRow& row) { return Cell(row.value); }},
    {{"goroutines", Unit::kCount, "goroutines that have this value"},
     [](const LabelTableRow& row) { return Cell(row.goroutines); }},
    {{"exclusive", Unit::kBytes, "what these goroutines together hold and nothing else does"},
     [](const LabelTableRow& row) { return Cell(row.sizes.exclusive); }},
    {{"shared", Unit::kBytes, "what they reach beside that: others hold it as well"},
     [](const LabelTableRow& row) { return Cell(row.sizes.shared); }},
    {{"stacks", Unit::kBytes, "size of their stacks, which are no heap"},
     [](const LabelTableRow& row) { return Cell(row.stacks); }},
};

// Returns the rows of one goroutine.
std::span<const GoroutineLabel> labels_of(const heap::Snapshot& snapshot, GoroutineId goroutine) {
  const auto& all = snapshot.goroutine_labels;
  const auto begin = std::lower_bound(all.begin(), all.end(), goroutine,
                                      [](const GoroutineLabel& label, GoroutineId id) { return label.goroutine < id; });
  const auto end = std::find_if(begin, all.end(), [&](const GoroutineLabel& l) { return l.goroutine != goroutine; });
  return {begin, end};
}

// What the goroutines of each value of one key hold.
class KeyRows {
 public:
  KeyRows(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, std::span<const GoroutineLabel> labels)
      : snapshot_(snapshot), group_of_(snapshot.goroutines.size(), graph::RootGroups::kNone) {
    for (const GoroutineLabel& label : labels) add(label);
    for (const auto& [goroutine, group] : members_) {
      // Its runtime.g leads to what it waits for and to its labels, and the runtime has a list of all of those.
      if (const ObjectId record = index.find_object(snapshot.goroutines[goroutine].g))
        groups_.records.emplace_back(record, group);
    }
    for (const heap::Root& root : snapshot.roots)
      groups_.of_root.push_back(root.goroutine ? group_of_[root.goroutine.row] : graph::RootGroups::kNone);
    groups_.count = static_cast<std::uint32_t>(rows_.size());
    const auto sizes = graph::group_sizes(snapshot, groups_);
    for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row].sizes = sizes[row];
  }

  std::vector<LabelTableRow>& rows() { return rows_; }

 private:
  void add(const GoroutineLabel& label) {
    const heap::Goroutine& goroutine = snapshot_.goroutines[label.goroutine.row];
    std::uint32_t& group = group_of_[label.goroutine.row];
    if (goroutine.has_ended() || group != graph::RootGroups::kNone) return;
    group = row_of_.try_emplace(label.value, static_cast<std::uint32_t>(rows_.size())).first->second;
    if (group == rows_.size())
      rows_.push_back({snapshot_.strings[label.key], snapshot_.strings[label.value], 0, 0, {}});
    ++rows_[group].goroutines;
    rows_[group].stacks += goroutine.stack.size();
    members_.emplace_back(label.goroutine.row, group);
  }

  const heap::Snapshot& snapshot_;
  std::vector<std::uint32_t> group_of_;  // by GoroutineId
  std::vector<std::pair<std::uint32_t, std::uint32_t>> members_;
  std::map<StringId, std::uint32_t> row_of_;
  graph::RootGroups groups_;
  std::vector<LabelTableRow> rows_;
};

}  // namespace

std::string labels_text(const heap::Snapshot& snapshot, std::span<const GoroutineId> goroutines) {
  struct Values {
    std::vector<StringId> all;  // one for each goroutine that has the key
    std::size_t distinct = 0;
  };
  std::map<std::string_view, Values> keys;
  for (const GoroutineId goroutine : goroutines)
    for (const GoroutineLabel& label : labels_of(snapshot, goroutine))
      keys[snapshot.strings[label.key]].all.push_back(label.value);
  std::string text;
  for (auto& [key, values] : keys) {
    const std::size_t count = values.all.size();
    std::sort(values.all.begin(), values.all.end());
    values.distinct = static_cast<std::size_t>(std::unique(values.all.begin(), values.all.end()) - values.all.begin());
    text += fmt::format("{}{}=", text.empty() ? "" : ", ", key);
    if (values.distinct == 1)
      text += snapshot.strings[values.all.front()];
    else
      text += fmt::format("({} values)", values.distinct);
    if (count < goroutines.size()) text += fmt::format(" ({} of {})", count, goroutines.size());
  }
  return text;
}

TableShape label_shape() {
  return make_shape<LabelTableRow>("labels", "label", "exclusive", kColumns, "exclusive", true);
}

Table label_table(const heap::Snapshot& snapshot) {
  const heap::ObjectIndex index(snapshot);
  std::map<std::string_view, std::vector<GoroutineLabel>> by_key;
  for (const GoroutineLabel& label : snapshot.goroutine_labels) by_key[snapshot.strings[label.key]].push_back(label);
  std::vector<LabelTableRow> rows;
  for (const auto& [key, labels] : by_key) {
    std::vector<LabelTableRow> more = KeyRows(snapshot, index, labels).rows();
    rows.insert(rows.end(), more.begin(), more.end());
  }
  std::vector<std::string> labels;
  for (const LabelTableRow& row : rows) labels.push_back(shell_word(fmt::format("label:{}={}", row.key, row.value)));
  Table table = make_table<LabelTableRow>(label_shape(), kColumns, std::move(rows));
  table.command = [labels = std::move(labels)](std::uint32_t row) { return RowCommand{"why", labels[row]}; };
  return table;
}

}  // namespace holdfast::view
