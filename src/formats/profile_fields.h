// The numbers of fields of the message Profile in profile.proto, the format of pprof.
#pragma once

#include <cstdint>

namespace holdfast::formats {

enum ProfileField : std::uint32_t {
  kSampleType = 1,
  kSample = 2,
  kMapping = 3,
  kLocation = 4,
  kFunction = 5,
  kStringTable = 6,
  kTimeNanos = 9,
  kPeriodType = 11,
  kPeriod = 12,
  kComment = 13,
  kDefaultSampleType = 14
};

}  // namespace holdfast::formats
