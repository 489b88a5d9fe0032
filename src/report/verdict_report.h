// Renders a verdict: the decision table of symptoms, and below it what is said of each line of code. Text for people;
// JSON of schema holdfast.verdict/1. Any thread may call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "evidence/pointer_cycles.h"
#include "evidence/symptoms.h"
#include "heap/snapshot.h"
#include "report/text_style.h"
#include "view/table.h"
#include "view/table_query.h"

namespace holdfast::report {

struct Verdict {
  std::vector<evidence::SymptomRow> symptoms;
  std::string sentence;  // the verdict in one sentence
  evidence::PointerCycles cycles;
  std::string lines_heading;           // what the lines below rest on
  const view::Table* lines = nullptr;  // null if there are none, which `lines_heading` then explains
  const view::TablePlan* plan = nullptr;
  const view::Selection* selection = nullptr;
};

// `target`: as the user named it, for commands.
std::string verdict_text(const Verdict& verdict, const std::string& target, const TextStyle& style);
nlohmann::ordered_json verdict_json(const Verdict& verdict, const std::string& target, const heap::Snapshot& snapshot);

}  // namespace holdfast::report
