// The owners of one process, look after look: what each has, and what that has become since the look before and since
// the first. Of a look only names and sums are kept. Sizes are in bytes. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "view/moment.h"
#include "view/table.h"

namespace holdfast::view {

TableShape owner_watch_shape();

class OwnerWatch {
 public:
  struct Row {
    std::string name;
    std::uint64_t first = 0, before = 0, now = 0;
  };
  struct Sums {
    std::uint64_t first = 0, before = 0, now = 0;  // of the live heap
  };

  // Takes the owners of one more look.
  void add(const Groundwork& groundwork, const graph::Reachability& reached);

  std::uint64_t looks() const { return looks_; }
  const Sums& all() const { return all_; }
  // A row for each owner that has something now, or had something at the look before or at the first one. It is a copy.
  Table table() const;

 private:
  std::map<std::string, Row> rows_;  // by MomentRow::key
  Sums all_;
  std::uint64_t looks_ = 0;
};

}  // namespace holdfast::view
