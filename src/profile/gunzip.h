// Unpacks what gzip packed (RFC 1952), several members behind each other as well. Safe to use from several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace holdfast::profile {

struct Unpacked {
  std::string bytes;
  bool cut_off = false;  // the input ended in the middle; `bytes` is what came before
};

bool is_gzip(std::span<const std::byte> packed);
// Fails with kDamaged, naming the place, if it contradicts itself, and with kUnsupported if there would be more than
// `most` bytes.
Unpacked gunzip(std::span<const std::byte> packed, std::uint64_t most);

}  // namespace holdfast::profile
