#include "code/loaded_types.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/wire.h"

namespace holdfast::code {
namespace {

constexpr std::size_t kBytes = 7;                        // prefix, operation, operands, distance
constexpr std::uint8_t kWide = 0x48;                     // REX.W; with the next two bits masked away: REX.R or not
constexpr std::uint8_t kLoadAddress = 0x8d;              // LEA
constexpr std::uint8_t kFromHere = 0x05, kWhere = 0xc7;  // mode and base of the operands: RIP, 32 bits

bool is_load(const std::byte* at) {
  const auto byte = [&](std::size_t i) { return std::to_integer<std::uint8_t>(at[i]); };
  return (byte(0) & 0xfb) == kWide && byte(1) == kLoadAddress && (byte(2) & kWhere) == kFromHere;
}

}  // namespace

std::vector<Address> loaded_types(std::span<const std::byte> code, Address at, AddressRange types) {
  std::vector<Address> out;
  const std::byte* const begin = code.data();
  const std::byte* const end = begin + code.size();
  // The operation's byte is the second of the instruction.
  for (const std::byte* next = begin + 1; next < end;) {
    next = static_cast<const std::byte*>(std::memchr(next, kLoadAddress, static_cast<std::size_t>(end - next)));
    if (next == nullptr || static_cast<std::size_t>(end - next) + 1 < kBytes) break;
    const std::byte* const start = next++ - 1;
    if (!is_load(start)) continue;
    const Address behind = at + static_cast<std::uint64_t>(start - begin) + kBytes;
    const auto distance = static_cast<std::int64_t>(load_le<std::int32_t>(start + 3));
    const Address target = behind + static_cast<std::uint64_t>(distance);
    if (types.contains(target) && target.value % 8 == 0) out.push_back(target);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace holdfast::code
