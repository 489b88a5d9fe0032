#include "view/symptom.h"

namespace holdfast::view {

std::string_view id_of(Symptom symptom) {
  switch (symptom) {
    case Symptom::kRssGrowsHeapFlat:
      return "rss-grows-heap-flat";
    case Symptom::kHeapGrowsProfileFlat:
      return "heap-grows-profile-flat";
    case Symptom::kLiveGrows:
      return "live-grows";
    case Symptom::kGarbageGrows:
      return "garbage-grows";
    case Symptom::kGoroutinesGrow:
      return "goroutines-grow";
    case Symptom::kReleasedNotReturned:
      return "released-not-returned";
    case Symptom::kCGrows:
      return "c-grows";
    case Symptom::kFragmentation:
      return "fragmentation";
  }
  return {};
}

std::string_view words_of(Symptom symptom) {
  switch (symptom) {
    case Symptom::kRssGrowsHeapFlat:
      return "RSS grows, the Go heap does not";
    case Symptom::kHeapGrowsProfileFlat:
      return "the heap grows, in use by profile does not";
    case Symptom::kLiveGrows:
      return "the live heap grows";
    case Symptom::kGarbageGrows:
      return "garbage grows";
    case Symptom::kGoroutinesGrow:
      return "goroutines grow";
    case Symptom::kReleasedNotReturned:
      return "free memory is not returned";
    case Symptom::kCGrows:
      return "the C heap grows";
    case Symptom::kFragmentation:
      return "fragmentation: spans are hardly used";
  }
  return {};
}

std::string_view words_now(Symptom symptom) {
  switch (symptom) {
    case Symptom::kRssGrowsHeapFlat:
      return "much RSS is outside of the Go heap";
    case Symptom::kHeapGrowsProfileFlat:
      return "the heap has more than the profile says";
    case Symptom::kLiveGrows:
      return "much is alive";
    case Symptom::kGarbageGrows:
      return "much garbage";
    case Symptom::kGoroutinesGrow:
      return "many goroutines";
    case Symptom::kCGrows:
      return "much is in the C heap";
    case Symptom::kReleasedNotReturned:
    case Symptom::kFragmentation:
      break;
  }
  return words_of(symptom);
}

std::string_view id_of(Stage stage) {
  switch (stage) {
    case Stage::kEscape:
      return "escape";
    case Stage::kAllocation:
      return "allocation";
    case Stage::kSurvival:
      return "survival";
    case Stage::kCollection:
      return "collection";
    case Stage::kSystem:
      return "system";
  }
  return {};
}

}  // namespace holdfast::view
