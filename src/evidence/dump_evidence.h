// What a dump of goroutines, or the text of a crash, adds to a verdict.
#pragma once

#include <cstdint>
#include <string>

#include "dumps/dump.h"

namespace holdfast::evidence {

struct DumpEvidence {
  std::string name;  // of the file
  std::uint64_t goroutines = 0;
  std::uint64_t leaked = 0;         // that the runtime's own search has proven so
  std::string most;                 // where most of them stand: "chan send at main.work /src/main.go:17"
  std::uint64_t at_that_place = 0;  // how many
  std::string happened;             // "panic: ...": what ended the program; empty if it says nothing
};

DumpEvidence dump_evidence(const dumps::Dump& dump, std::string name);

// In one sentence.
std::string words_of(const DumpEvidence& dump);

}  // namespace holdfast::evidence
