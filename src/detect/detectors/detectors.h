// Declares the rows of the table in detectors.cc: one or two for each file in this folder.
#pragma once

#include "detect/detector.h"

namespace holdfast::detect {

extern const Detector kGoroutineLeak;
extern const Detector kGoroutinesBlocked;
extern const Detector kFinalizersWait;
extern const Detector kCollectorOff;
extern const Detector kMemoryLimit;
extern const Detector kSparseArray;
extern const Detector kSparseMap;

}  // namespace holdfast::detect
