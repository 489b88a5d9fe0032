// Adds labels to a Snapshot, so that equal ones are one row. One thread.
#pragma once

#include <map>
#include <vector>

#include "heap/roots.h"

namespace holdfast::heap {

class LabelWriter {
 public:
  // `labels` must outlive this, and only this may add to it.
  explicit LabelWriter(std::vector<Label>& labels) : labels_(labels) {
    for (std::uint32_t row = 0; row < labels.size(); ++row) rows_.emplace(labels[row], LabelId(row));
  }

  LabelId add(const Label& label) {
    const auto [at, is_new] = rows_.try_emplace(label, LabelId(static_cast<std::uint32_t>(labels_.size())));
    if (is_new) labels_.push_back(label);
    return at->second;
  }

  // Changes the label of a row that only one root has.
  void replace(LabelId id, const Label& label) {
    rows_.erase(labels_[id.row]);
    labels_[id.row] = label;
    rows_.emplace(label, id);
  }

 private:
  std::vector<Label>& labels_;
  std::map<Label, LabelId> rows_;
};

}  // namespace holdfast::heap
