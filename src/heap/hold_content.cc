#include "heap/hold_content.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace holdfast::heap {

StoredContent::StoredContent(const std::vector<AddressRange>& ranges, const HoldShape& shape, ByteView stored,
                             std::shared_ptr<const void> owner, std::string name)
    : ranges_(ranges), shape_(shape), stored_(std::move(stored)), owner_(std::move(owner)), name_(std::move(name)) {
  std::uint64_t at = 0;
  for (const AddressRange& range : ranges_) begin_.push_back(std::exchange(at, at + range.size()));
}

const StoredContent::Frame& StoredContent::frame(std::uint64_t number) const {
  ++now_;
  Frame* oldest = frames_.data();
  for (Frame& frame : frames_) {
    if (frame.number == number) {
      frame.used = now_;
      return frame;
    }
    if (frame.used < oldest->used) oldest = &frame;
  }
  oldest->number = ~std::uint64_t{0};  // until it is there
  oldest->rows.resize(std::min(shape_.frame_rows(), shape_.count - number * shape_.frame_rows()));
  in_context([&] { unpack_frame(shape_, stored_, number, oldest->rows); }, "{}", name_);
  oldest->number = number;
  oldest->used = now_;
  return *oldest;
}

std::uint64_t StoredContent::read(Address at, std::span<std::uint8_t> to) const {
  const auto behind = std::ranges::upper_bound(ranges_, at, {}, &AddressRange::begin);
  if (behind == ranges_.begin() || at >= std::prev(behind)->end) return 0;
  const auto row = static_cast<std::size_t>(behind - ranges_.begin()) - 1;
  const std::uint64_t size = std::min<std::uint64_t>(to.size(), ranges_[row].end - at);
  const std::uint64_t first = begin_[row] + (at - ranges_[row].begin);
  const std::scoped_lock lock(mutex_);
  for (std::uint64_t done = 0; done < size;) {
    const std::uint64_t place = (first + done) % shape_.frame_rows();
    const auto& rows = frame((first + done) / shape_.frame_rows()).rows;
    const std::uint64_t part = std::min(size - done, rows.size() - place);
    std::ranges::copy(std::span(rows).subspan(place, part), std::as_writable_bytes(to.subspan(done, part)).begin());
    done += part;
  }
  return size;
}

}  // namespace holdfast::heap
