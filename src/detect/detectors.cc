#include <algorithm>
#include <vector>

#include "detect/detector.h"
#include "detect/detector_list.h"

namespace holdfast::detect {

std::span<const Detector* const> detectors() {
  static const std::vector<const Detector*> kSorted = [] {
    std::vector<const Detector*> all(std::begin(kDetectorList), std::end(kDetectorList));
    std::ranges::sort(all, {}, [](const Detector* detector) {
      return std::pair(std::ranges::find(kFamilies, detector->facts.family, &Family::name), detector->facts.id);
    });
    return all;
  }();
  return kSorted;
}

std::vector<view::DetectorFacts> detector_facts() {
  std::vector<view::DetectorFacts> out;
  for (const Detector* detector : detectors()) out.push_back(detector->facts);
  return out;
}

}  // namespace holdfast::detect
