// What can be wrong with the memory of a program, and at which stage: the words of the decision table
// (evidence/symptoms.h), and of what several looks at counters show (view/counter_trend.h). Any thread may ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdfast::view {

enum class Symptom : std::uint8_t {
  kRssGrowsHeapFlat,
  kHeapGrowsProfileFlat,  // it takes a heap profile to see
  kLiveGrows,
  kGarbageGrows,
  kGoroutinesGrow,
  kReleasedNotReturned,
  kCGrows,
  kFragmentation,
};
constexpr std::size_t kSymptoms = 8;

// Where on its way an object is that should not be there: the compiler puts it on the heap, code allocates it,
// something keeps it, the collector is not there yet, or it is none of Go's heap.
enum class Stage : std::uint8_t { kEscape, kAllocation, kSurvival, kCollection, kSystem };

// "live-grows", for programs; "the live heap grows", for people.
std::string_view id_of(Symptom symptom);
std::string_view words_of(Symptom symptom);
// The same of what is so at this moment, and is not known to grow: "much is alive".
std::string_view words_now(Symptom symptom);
// "survival"
std::string_view id_of(Stage stage);

}  // namespace holdfast::view
