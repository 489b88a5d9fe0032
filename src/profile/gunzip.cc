#include "profile/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/cancel.h"
#include "base/error.h"
#include "base/units.h"

namespace holdfast::profile {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kStep = 4 << 20;

class Inflation {
 public:
  explicit Inflation(std::span<const std::byte> packed) : packed_(packed) {
    HOLDFAST_CHECK(inflateInit2(&stream_, kGzipOnly) == Z_OK);
  }
  ~Inflation() { inflateEnd(&stream_); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  Unpacked run(std::uint64_t most) {
    // What is packed takes a third of its room, as a rule.
    unpacked_.bytes.reserve(std::min<std::uint64_t>(most, std::uint64_t{packed_.size()} * 3));
    do {
      inflateReset(&stream_);
      unpack_member(most);
    } while (!unpacked_.cut_off && is_gzip(packed_.subspan(taken_)));
    return std::move(unpacked_);
  }

 private:
  void unpack_member(std::uint64_t most) {
    for (int state = Z_OK; state != Z_STREAM_END;) {
      throw_if_cancelled();
      const std::size_t had = unpacked_.bytes.size();
      if (had >= most) fail(ErrorCode::kUnsupported, "it unpacks to more than {}", format_bytes(most));
      unpacked_.bytes.resize(had + std::min<std::uint64_t>(kStep, most - had));
      state = step(unpacked_.bytes.data() + had, unpacked_.bytes.size() - had);
      unpacked_.bytes.resize(unpacked_.bytes.size() - stream_.avail_out);
      const bool is_stuck = state == Z_BUF_ERROR || (state == Z_OK && stream_.avail_out > 0);
      if (is_stuck && taken_ == packed_.size()) {
        unpacked_.cut_off = true;
        return;
      }
      if (state != Z_OK && state != Z_STREAM_END)
        fail(ErrorCode::kDamaged, "what gzip packed is damaged near byte {} of {}: {}", taken_, packed_.size(),
             stream_.msg == nullptr ? "it cannot be unpacked" : stream_.msg);
    }
  }

  int step(char* out, std::size_t room) {
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const std::size_t left = std::min(packed_.size() - taken_, kMost);
    stream_.next_in =
        const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed_.data() + taken_));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(left);
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int state = inflate(&stream_, Z_NO_FLUSH);
    taken_ += left - stream_.avail_in;
    return state;
  }

  std::span<const std::byte> packed_;
  std::size_t taken_ = 0;
  z_stream stream_{};
  Unpacked unpacked_;
};

}  // namespace

bool is_gzip(std::span<const std::byte> packed) {
  return packed.size() >= 2 && packed[0] == std::byte{0x1f} && packed[1] == std::byte{0x8b};
}

Unpacked gunzip(std::span<const std::byte> packed, std::uint64_t most) {
  return Inflation(packed).run(most);
}

}  // namespace holdfast::profile
