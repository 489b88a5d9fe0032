// The words for the enumerations of a snapshot and its report: one table for each. In JSON and in tables they are
// values that other programs compare, so they never change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/wait_reason.h"
#include "graph/audit.h"
#include "heap/snapshot.h"
#include "heap/type_reasons.h"
#include "view/report.h"

namespace holdfast::view {

// "global", "stack slot", ...
std::string_view name_of(heap::RootKind kind);
// "symbol", "code", ...; empty for kNone.
std::string_view name_of(heap::Basis basis);
// "data", "bss"; empty for kNone.
std::string_view name_of(heap::Section section);
// What says that words of a frame are a header: "dwarf", "code", "nearness".
std::string_view name_of(heap::HeaderBasis basis);
// "sync.Mutex", "sync.WaitGroup"
std::string_view name_of(heap::LockKind kind);
// "channel", "function", "sleep", "other".
std::string_view name_of(heap::TimerKind kind);
// "running", "waiting", ...
std::string_view name_of(heap::GoroutineState state);
// "swept", "waits", "being swept"; empty for kUnknown.
std::string_view name_of(heap::SweepState state);
// In the runtime's own words: "chan receive", "sync.Mutex.Lock"; empty for kZero and kUnknown.
std::string_view name_of(WaitReason reason);
// "header", "interface", ...; empty for kUnknown.
std::string_view name_of(heap::KnownBy known_by);
// "map.header", "string data", ...; empty for kNone.
std::string_view name_of(heap::TypeRole role);
// "holder", "header", "interface", ...
std::string_view name_of(heap::Witness witness);
// "conversion", "unsafe", "evidence".
std::string_view name_of(heap::ConflictCause cause);
// "map", "channel"; empty for structures, which are told by their types, and for kNone.
std::string_view name_of(heap::LibraryRule rule);
// "finalizer", ...; empty for kNone.
std::string_view name_of(heap::SpecialPart special);
// "group", "goroutine", "object", ...
std::string_view name_of(StepKind kind);
// "proven" or "observed": docs/glossary.md
std::string_view name_of(Confidence confidence);
// "file", "C heap", ...
std::string_view name_of(heap::MappingUse use);
std::string_view name_of(ProcessPart part);
// Why the two sums of a counter may differ: "by what threads were stopped in the middle of"; empty for kMustMatch.
std::string_view meaning_of(heap::CounterRule rule);
// "allocated-since-mark", ..., and what it means in one sentence.
std::string_view name_of(graph::AuditCauseKind cause);
std::string_view meaning_of(graph::AuditCauseKind cause);

// Returns the words of all values up to `last`, each once; without an empty one.
template <typename Value>
std::vector<std::string_view> words_up_to(Value last) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) {
    const std::string_view word = name_of(static_cast<Value>(i));
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return words;
}
// The same with an empty one, for what may have no word.
template <typename Value>
std::vector<std::string_view> words_or_none_up_to(Value last) {
  std::vector<std::string_view> words = words_up_to(last);
  words.emplace_back();
  return words;
}

}  // namespace holdfast::view
