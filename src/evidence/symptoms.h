// The decision table of a memory problem: which symptoms a program shows, what says so, at which stage on the way of an
// object the fault is, and what to look at next. Each symptom is judged by numbers of one moment, or of two: growth
// needs an earlier look or another series, and where there is none the table says that it does not know. Pure
// arithmetic on Look (evidence/look.h); nothing throws, and several threads may ask.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/trend.h"
#include "evidence/dump_evidence.h"
#include "evidence/look.h"
#include "view/counter_trend.h"
#include "view/symptom.h"
#include "view/table.h"

namespace holdfast::evidence {

using view::Stage;
using view::Symptom;

enum class Presence : std::uint8_t {
  kUnknown,  // what there is cannot tell
  kAbsent,
  kPresent,  // it is so at this moment; whether it grows is not known, or it does not
  kGrows,    // it was less before
};

struct SymptomRow {
  Symptom symptom = {};
  Presence presence = Presence::kUnknown;
  Stage stage = {};
  std::uint64_t bytes = 0;            // that it is about, at this moment
  std::uint64_t grown = 0;            // since the earlier look; 0 if it did not, or that is not known
  std::vector<std::string> evidence;  // sentences with their numbers
  std::string cause;                  // in short, as far as it is known; empty if it is absent
  std::string next;                   // what to do, in a sentence; empty if it is absent
  view::RowCommand command;           // what shows more of it
};

// What the program's collector said of itself, cycle by cycle.
struct CollectorEvidence {
  std::string name;  // of the file
  collector::Trend trend;
};

struct Sources {
  const Look* now = nullptr;
  const Look* before = nullptr;                  // null: there is no earlier look
  const CollectorEvidence* collector = nullptr;  // null: nothing of it was given
  const DumpEvidence* dump = nullptr;            // null: there is none
  const view::CounterTrend* watched = nullptr;   // null: counters were not looked at for a while
};

// Returns all symptoms, those that grow first, then those that are there, each by bytes. One that another explains
// comes after it: that RSS grows after the C heap that does.
std::vector<SymptomRow> judge(const Sources& sources);

// Growth of less than this says nothing: 4 MiB, or 5 % of what is resident if that is more.
std::uint64_t least_growth(const Look& now);

std::string_view id_of(Presence presence);

}  // namespace holdfast::evidence
