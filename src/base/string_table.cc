#include "base/string_table.h"

namespace holdfast {

StringId StringTable::add(std::string_view text) {
  const auto it = index_.find(text);
  if (it != index_.end()) return it->second;
  const StringId id(static_cast<std::uint32_t>(texts_.size()));
  texts_.emplace_back(text);
  index_.emplace(texts_.back(), id);
  return id;
}

}  // namespace holdfast
