#include "detect/detectors/detectors.h"

#include <array>

namespace holdfast::detect {

std::span<const Detector* const> detectors() {
  static constexpr std::array kDetectors = {&kGoroutineLeak, &kGoroutinesBlocked, &kFinalizersWait, &kCollectorOff,
                                            &kMemoryLimit,   &kSparseArray,       &kSparseMap};
  return kDetectors;
}

}  // namespace holdfast::detect
