// How the type of an object is known.
#pragma once

#include <cstdint>

namespace holdfast::typing {

// Strongest first; heap::KnownBy has the same numbers.
enum class KnownBy : std::uint8_t {
  kUnknown,
  kHeader,
  kInterface,
  kClosure,
  kRuntime,
  kDwarf,
  kCode,
  kLibrary,
  kPropagated,
  kInferred,
};

}  // namespace holdfast::typing
