#include "view/target_bytes.h"

#include <algorithm>
#include <span>

#include "base/architecture.h"
#include "base/loss.h"

namespace holdfast::view {

TargetBytes::TargetBytes(const heap::Snapshot& snapshot, const heap::ObjectIndex& index)
    : snapshot_(snapshot),
      index_(index),
      content_(snapshot.content),
      missing_is_zero_(std::ranges::none_of(
          snapshot.losses, [](const Loss& loss) { return loss.kind == loss_info(LossKind::kUnreadableContent).id; })) {}

// A page without content was all zeros, or was not in memory: then it was never written to, or is swapped out.
bool TargetBytes::is_zero_page(Address at) const {
  if (!missing_is_zero_ || !index_.find_page(at)) return false;
  if (snapshot_.account.swapped == 0) return true;
  return std::ranges::none_of(snapshot_.absent, [&](const AddressRange& range) { return range.contains(at); });
}

std::optional<std::vector<std::uint8_t>> TargetBytes::read(Address at, std::uint64_t size) const {
  if (!any() || size > kMost || at.value + size < at.value) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(size);
  while (bytes.size() < size) {
    const Address here = at + bytes.size();
    const std::uint64_t left = size - bytes.size();
    if (const auto kept = content_.from(here); !kept.empty()) {
      const auto part = kept.first(std::min<std::uint64_t>(kept.size(), left));
      bytes.insert(bytes.end(), part.begin(), part.end());
      continue;
    }
    if (!is_zero_page(here)) return std::nullopt;
    const std::uint64_t to_page_end = kSystemPage - here.value % kSystemPage;
    bytes.resize(bytes.size() + std::min(left, to_page_end));
  }
  return bytes;
}

std::optional<std::uint64_t> TargetBytes::number(Address at, std::uint64_t size) const {
  const auto number_of = [size](std::span<const std::uint8_t> bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = size; i-- > 0;) number = number << 8 | bytes[i];
    return number;
  };
  if (size > 8) return std::nullopt;
  if (const auto kept = content_.find(at, size)) return number_of(*kept);  // nearly always
  const auto bytes = read(at, size);
  return bytes ? std::optional(number_of(*bytes)) : std::nullopt;
}

}  // namespace holdfast::view
