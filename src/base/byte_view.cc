#include "base/byte_view.h"

#include <algorithm>
#include <cstring>

#include "base/units.h"

namespace holdfast {

ByteView ByteView::slice(std::uint64_t offset, std::uint64_t count, std::string_view name) const {
  return {bytes(offset, count), fmt::format("{} of {}", name, origin_)};
}

std::optional<std::string_view> ByteView::try_c_string(std::uint64_t offset, std::uint64_t limit) const {
  if (offset >= size()) return std::nullopt;
  const auto* begin = reinterpret_cast<const char*>(bytes_.data() + offset);
  const std::size_t room = std::min(size() - offset, limit);
  const void* end = std::memchr(begin, 0, room);
  if (end == nullptr) return std::nullopt;
  return std::string_view(begin, static_cast<std::size_t>(static_cast<const char*>(end) - begin));
}

std::string_view ByteView::c_string(std::uint64_t offset, std::uint64_t limit) const {
  const auto text = try_c_string(offset, limit);
  if (!text)
    fail(ErrorCode::kDamaged, "no 0-terminated string of at most {} bytes at {:#x} in {} ({:#x} bytes)", limit, offset,
         origin_, size());
  return *text;
}

void ByteView::overrun(std::uint64_t offset, std::uint64_t count, std::uint64_t record) const {
  fail(ErrorCode::kTruncated, "{} of {} bytes at {:#x} overrun{} {} ({:#x} bytes)", format_count(count, "record"),
       record, offset, count == 1 ? "s" : "", origin_, size());
}

std::uint64_t Cursor::uleb() {
  std::uint64_t value = 0;
  const std::uint64_t start = offset_;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const auto byte = integer<std::uint8_t>();
    if (shift == 63 && (byte & 0x7e) != 0) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  fail(ErrorCode::kDamaged, "a LEB128 at {:#x} in {} does not fit 64 bits", start, view_.origin());
}

}  // namespace holdfast
