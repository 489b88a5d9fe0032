#include "heap/content.h"

#include <algorithm>
#include <cstring>

#include "base/wire.h"

namespace holdfast::heap {

ContentView::ContentView(const Content& content) : ranges_(content.ranges), bytes_(content.bytes.span()) {
  std::uint64_t at = 0;
  begin_.reserve(ranges_.size());
  for (const AddressRange& range : ranges_) {
    begin_.push_back(at);
    at += range.size();
  }
}

std::span<const std::uint8_t> ContentView::from(Address at) const {
  const auto behind = std::upper_bound(ranges_.begin(), ranges_.end(), at,
                                       [](Address a, const AddressRange& range) { return a < range.begin; });
  if (behind == ranges_.begin()) return {};
  const auto row = static_cast<std::size_t>(behind - ranges_.begin()) - 1;
  const AddressRange& range = ranges_[row];
  if (at >= range.end) return {};
  return bytes_.subspan(begin_[row] + (at - range.begin), range.end - at);
}

std::optional<std::span<const std::uint8_t>> ContentView::find(Address at, std::uint64_t size) const {
  const auto bytes = from(at);
  if (bytes.empty() || size > bytes.size()) return std::nullopt;
  return bytes.first(size);
}

std::optional<std::uint64_t> ContentView::word(Address at) const {
  const auto bytes = find(at, 8);
  if (!bytes) return std::nullopt;
  le64 value;
  std::memcpy(&value, bytes->data(), sizeof(value));
  return value;
}

}  // namespace holdfast::heap
