#include "view/target_bytes.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/architecture.h"
#include "base/loss.h"

namespace holdfast::view {

TargetBytes::TargetBytes(const heap::Snapshot& snapshot, const heap::ObjectIndex& index)
    : snapshot_(snapshot),
      index_(index),
      content_(snapshot.content),
      missing_is_zero_((snapshot.content.source == nullptr || snapshot.content.source->lacks_zeros()) &&
                       std::ranges::none_of(snapshot.losses, [](const Loss& loss) {
                         return loss.kind == loss_info(LossKind::kUnreadableContent).id;
                       })) {}

std::string_view TargetBytes::why_missing() const {
  return snapshot_.content.source == nullptr ? "memory was not kept" : snapshot_.content.source->why_missing();
}

std::uint64_t TargetBytes::read_some(Address at, std::span<std::uint8_t> to) const {
  if (snapshot_.content.source != nullptr) return snapshot_.content.source->read(at, to);
  const auto kept = content_.from(at);
  const std::uint64_t size = std::min(kept.size(), to.size());
  std::copy_n(kept.begin(), size, to.begin());
  return size;
}

// A page without content was all zeros, or was not in memory: then it was never written to, or is swapped out.
bool TargetBytes::is_zero_page(Address at) const {
  if (!missing_is_zero_ || !index_.find_page(at)) return false;
  if (snapshot_.account.swapped == 0) return true;
  return std::ranges::none_of(snapshot_.absent, [&](const AddressRange& range) { return range.contains(at); });
}

std::optional<std::vector<std::uint8_t>> TargetBytes::read(Address at, std::uint64_t size) const {
  if (!any() || size > kMost || at.value + size < at.value) return std::nullopt;
  std::vector<std::uint8_t> bytes(size);
  for (std::uint64_t done = 0; done < size;) {
    const Address here = at + done;
    if (const std::uint64_t got = read_some(here, std::span(bytes).subspan(done)); got > 0) {
      done += got;
      continue;
    }
    if (!is_zero_page(here)) return std::nullopt;
    const std::uint64_t to_page_end = kSystemPage - here.value % kSystemPage;
    done += std::min(size - done, to_page_end);
  }
  return bytes;
}

std::optional<std::uint64_t> TargetBytes::number(Address at, std::uint64_t size) const {
  const auto number_of = [size](std::span<const std::uint8_t> bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = size; i-- > 0;) number = number << 8 | bytes[i];
    return number;
  };
  if (size > 8 || !any()) return std::nullopt;
  std::array<std::uint8_t, 8> few;  // nearly always they lie together
  if (const auto part = std::span(few).first(size); read_some(at, part) == size) return number_of(part);
  const auto bytes = read(at, size);
  return bytes ? std::optional(number_of(*bytes)) : std::nullopt;
}

}  // namespace holdfast::view
