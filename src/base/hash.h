// The one hash of holdfast: XXH64 with seed 0, which is the same on each machine and in each run. It is for checksums,
// fingerprints and file names, and keeps no secrets. A table in memory that is keyed by addresses takes spread().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/address.h"

struct XXH64_state_s;

namespace holdfast {

// Hashes bytes that come in parts. For one thread at a time.
class Hasher {
 public:
  Hasher();
  Hasher& add(std::span<const std::byte> bytes);
  Hasher& add(std::string_view text);
  // Returns the hash of everything that was added so far.
  std::uint64_t value() const;

 private:
  struct Free {
    void operator()(XXH64_state_s* state) const;
  };
  std::unique_ptr<XXH64_state_s, Free> state_;
};

std::uint64_t hash_of(std::span<const std::byte> bytes);
std::uint64_t hash_of(std::string_view text);

// Words of the target lie 8 bytes apart and close together; this sends them all over a table whose size is a power of
// two (Fibonacci hashing).
constexpr std::uint64_t spread(Address address) {
  return (address.value >> 3) * 0x9e3779b97f4a7c15 >> 20;
}

// Adds a number to the hash of a key that is made of several, for a table in memory. Begin with any constant.
constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t number) {
  hash = (hash ^ number) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 32;
}

}  // namespace holdfast
