// Keeps what the machine code of a program said about types from one run to the next (os/private_cache.h), since
// reading the code of a large program takes seconds. One thread; nothing throws.
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
  // Looks for facts about the program with this build id; nothing else tells that two runs have the same code. Without
  // a build id or a cache it keeps nothing.
  KeptCodeFacts(const go::Runtime& runtime, const std::string& build_id, std::optional<os::PrivateCache> cache);

  // The bytes that were found, or kept last; empty if there are none. They are valid until the next keep().
  std::span<const std::byte> bytes() const { return bytes_; }
  // Empty `bytes` mean that nothing new was learnt: what is kept stays.
  void keep(std::vector<std::byte> bytes);

 private:
  std::string key_;
  std::optional<os::PrivateCache> cache_;
  std::vector<std::byte> bytes_;
};

}  // namespace holdfast::capture
