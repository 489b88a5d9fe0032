#include "formats/hprof_stream.h"

#include <algorithm>
#include <array>

namespace holdfast::formats {
namespace {

constexpr std::uint8_t kHeapSegment = 0x1c;
constexpr std::uint64_t kMuch = 1 << 20;  // of a segment, in bytes

}  // namespace

void HprofStream::put(std::string_view bytes) {
  if (collects_)
    segment_ += bytes;
  else
    out_.put(bytes);
}

void HprofStream::zeros(std::uint64_t bytes) {
  static constexpr std::array<char, 1 << 12> kZeros = {};
  for (; bytes > 0; bytes -= std::min<std::uint64_t>(bytes, kZeros.size()))
    put({kZeros.data(), static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kZeros.size()))});
}

void HprofStream::begin_record(std::uint8_t tag, std::uint64_t bytes) {
  u1(tag);
  u4(0);  // microseconds since the head
  u4(static_cast<std::uint32_t>(bytes));
}

void HprofStream::begin_in_heap(std::uint64_t bytes) {
  if (segment_.size() + bytes > kMuch) end_heap();
  collects_ = bytes <= kMuch;
  if (!collects_) begin_record(kHeapSegment, bytes);  // a segment of its own, which need not be kept
}

void HprofStream::end_heap() {
  collects_ = false;
  if (segment_.empty()) return;
  begin_record(kHeapSegment, segment_.size());
  out_.put(segment_);
  segment_.clear();
}

}  // namespace holdfast::formats
