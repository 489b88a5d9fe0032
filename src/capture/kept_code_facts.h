// What the machine code of a program said about types, kept from one run to the next (os/private_cache.h): reading the
// code of a large program takes seconds.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "go/runtime.h"
#include "os/private_cache.h"

namespace holdfast::capture {

class KeptCodeFacts {
 public:
  // Finds nothing and keeps nothing on disk if `is_used` is not set or there is no `build_id`: only that tells that two
  // runs see the same code.
  KeptCodeFacts(const go::Runtime& runtime, const std::string& build_id, bool is_used);

  // The bytes that were kept last (code::CodeEvidence::facts); empty if there are none. Valid until the next keep().
  std::span<const std::byte> bytes() const { return bytes_; }
  // Does nothing for empty `bytes`, which mean that nothing new was learnt.
  void keep(std::vector<std::byte> bytes);

 private:
  std::string key_;
  std::optional<os::PrivateCache> cache_;
  std::vector<std::byte> bytes_;
};

}  // namespace holdfast::capture
