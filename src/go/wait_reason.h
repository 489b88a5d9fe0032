// How the releases of Go number the reasons for which a goroutine waits (base/wait_reason.h; reference 5.2).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/wait_reason.h"
#include "go/layout.h"
#include "go/version.h"

namespace holdfast::go {

using holdfast::WaitReason;

// The numbering of one release: by the layouts' constants if they have them, else by the built-in table.
class WaitReasons {
 public:
  WaitReasons(const LayoutSource& layouts, const GoVersion& version);
  WaitReason operator[](std::uint8_t value) const { return by_value_[value]; }

 private:
  std::array<WaitReason, 256> by_value_;
};

// Up to Go 1.19 (wait groups: 1.23), all locks of package sync wait with "semacquire". The functions on the stack,
// innermost first and inlined ones included, tell which lock it is; the answer is what later releases say. An
// RWMutex.Lock that waits for another writer waits in its Mutex.
WaitReason refine_semacquire(std::span<const std::string_view> functions);

}  // namespace holdfast::go
