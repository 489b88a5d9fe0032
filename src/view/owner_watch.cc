#include "view/owner_watch.h"

#include <utility>

namespace holdfast::view {
namespace {

std::uint64_t more(std::uint64_t now, std::uint64_t before) {
  return now > before ? now - before : 0;
}

// Nothing where nothing has changed, so that what has is seen at once.
Cell change_cell(std::uint64_t change) {
  return change == 0 ? Cell() : Cell(change);
}

constexpr ColumnOf<OwnerWatch::Row> kColumns[] = {
    {{"bytes", Unit::kBytes, "of the heap that it has now; no byte is in two rows"},
     [](const OwnerWatch::Row& row) { return Cell(row.now); }},
    {{"grew", Unit::kBytes, "what it has more than at the look before"},
     [](const OwnerWatch::Row& row) { return change_cell(more(row.now, row.before)); }},
    {{"shrank", Unit::kBytes, "what it has less than at the look before"},
     [](const OwnerWatch::Row& row) { return change_cell(more(row.before, row.now)); }},
    {{"first", Unit::kBytes, "what it had at the first look"},
     [](const OwnerWatch::Row& row) { return Cell(row.first); }},
    {{"grew_in_all", Unit::kBytes, "what it has more than at the first look"},
     [](const OwnerWatch::Row& row) { return change_cell(more(row.now, row.first)); }},
    {{"name", Unit::kText, "whose it is: one, or those who share it"},
     [](const OwnerWatch::Row& row) { return text_cell(row.name); }},
};

}  // namespace

TableShape owner_watch_shape() {
  return make_shape<OwnerWatch::Row>("owner_changes", "owner", "bytes", kColumns, "bytes");
}

void OwnerWatch::add(const Groundwork& groundwork, const graph::Reachability& reached) {
  for (auto& [key, row] : rows_) row.before = std::exchange(row.now, 0);
  for (const MomentRow& owner : owners_of_moment(groundwork, reached).rows) {
    Row& row = rows_[owner.key];
    row.name = owner.text.full;
    row.now += owner.sum.bytes;
    if (looks_ == 0) row.first = row.before = row.now;
  }
  all_.before = looks_ == 0 ? reached.bytes : all_.now;
  all_.now = reached.bytes;
  if (looks_++ == 0) all_.first = reached.bytes;
  std::erase_if(rows_, [](const auto& entry) {
    return entry.second.now == 0 && entry.second.before == 0 && entry.second.first == 0;
  });
}

Table OwnerWatch::table() const {
  std::vector<Row> rows;
  rows.reserve(rows_.size());
  for (const auto& [key, row] : rows_) rows.push_back(row);
  return make_table<Row>(owner_watch_shape(), kColumns, std::move(rows));
}

}  // namespace holdfast::view
