#include "go/layout.h"

#include "base/error.h"

namespace holdfast::go {

FieldLayout LayoutSource::get(std::string_view type, std::string_view field) const {
  const auto found = find(type, field);
  if (!found) fail(ErrorCode::kUnsupported, "{} has no field {} in the layouts of {}", type, field, name());
  return *found;
}

std::uint64_t LayoutSource::get_size(std::string_view type) const {
  const auto found = size_of(type);
  if (!found) fail(ErrorCode::kUnsupported, "there is no {} in the layouts of {}", type, name());
  return *found;
}

}  // namespace holdfast::go
