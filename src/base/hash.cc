#include "base/hash.h"

#include <xxhash.h>

#include "base/error.h"

namespace holdfast {

Hasher::Hasher() : state_(XXH64_createState()) {
  if (state_ == nullptr) fail(ErrorCode::kSystem, "no memory is left for a checksum");
  XXH64_reset(state_.get(), 0);
}

Hasher& Hasher::add(std::span<const std::byte> bytes) {
  XXH64_update(state_.get(), bytes.data(), bytes.size());
  return *this;
}

Hasher& Hasher::add(std::string_view text) {
  return add(std::as_bytes(std::span(text)));
}

std::uint64_t Hasher::value() const {
  return XXH64_digest(state_.get());
}

void Hasher::Free::operator()(XXH64_state_s* state) const {
  XXH64_freeState(state);
}

std::uint64_t hash_of(std::span<const std::byte> bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

std::uint64_t hash_of(std::string_view text) {
  return hash_of(std::as_bytes(std::span(text)));
}

}  // namespace holdfast
