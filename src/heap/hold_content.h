// The content of a .hold file that stays in the file: frames are unpacked when bytes of them are asked for.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heap/content.h"
#include "heap/hold_frames.h"

namespace holdfast::heap {

class StoredContent : public ContentSource {
 public:
  // `stored` has the bytes of `ranges`, one after the other, as rows of one byte in frames that passed check_frames();
  // `shape` has as many. `owner` keeps the file. `name` is that of the section in errors.
  StoredContent(const std::vector<AddressRange>& ranges, const HoldShape& shape, ByteView stored,
                std::shared_ptr<const void> owner, std::string name);

  // Fails with kDamaged, naming the section, if a frame cannot be unpacked.
  std::uint64_t read(Address at, std::span<std::uint8_t> to) const override;
  bool lacks_zeros() const override { return true; }
  std::string_view why_missing() const override { return "memory was not kept"; }
  std::string function_of(Address) const override { return {}; }  // named_words say it

 private:
  static constexpr std::size_t kFrames = 16;  // that are kept unpacked: 64 MiB

  struct Frame {
    std::uint64_t number = ~std::uint64_t{0};
    std::uint64_t used = 0;  // when
    std::vector<std::byte> rows;
  };

  const Frame& frame(std::uint64_t number) const;

  std::vector<AddressRange> ranges_;
  std::vector<std::uint64_t> begin_;  // by range: where its bytes begin
  HoldShape shape_;
  ByteView stored_;
  std::shared_ptr<const void> owner_;
  std::string name_;
  mutable std::mutex mutex_;
  mutable std::array<Frame, kFrames> frames_;
  mutable std::uint64_t now_ = 0;
};

}  // namespace holdfast::heap
