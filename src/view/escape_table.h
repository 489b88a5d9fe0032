// The table of what the compiler decided about memory, each decision judged by the machine code and weighed by what was
// measured at its line, as far as these are given.
#pragma once

#include <memory>
#include <string>

#include "compiler/decisions.h"
#include "compiler/judge.h"
#include "view/measured_places.h"
#include "view/table.h"

namespace holdfast::view {

struct EscapeEvidence {
  std::shared_ptr<const compiler::Decisions> decisions;
  std::shared_ptr<const compiler::AllocationCalls> code;  // null: no program was given
  std::shared_ptr<const MeasuredPlaces> measured;         // null: nothing was
};

struct EscapeOptions {
  bool all = false;    // not only what is on the heap, or may be: every word of the compiler about memory and inlining
  bool flows = false;  // how each value gets to the heap stands below its row
  std::string folder = {};  // paths below it are shown without it; with a slash at its end, or empty
  std::string source =
      {};  // only decisions in files with this name or path, or in functions of this name; empty for all
};

// One decision with what is known of it, or some calls that no decision is about.
struct EscapeRow {
  const compiler::Decision* decision = nullptr;  // null: the compiler said nothing
  compiler::Ruling ruling = compiler::Ruling::kNone;
  std::string verdict, subject, function, path, place, inlined, call, type, why, condition, held_by, package;
  std::string measured_at;             // where the line is in the build that was measured, if that is another line
  std::uint32_t line = 0, column = 0;  // where it was written
  std::uint64_t bytes = 0;             // of one object, 0 = not known
  std::uint64_t allocated = 0, allocations = 0, in_use = 0, objects = 0;
  std::uint64_t allocated_above = 0, in_use_above = 0;  // that may be this row's, and are in another one's sums
  std::uint64_t most_held = 0;                          // by held_by
  std::uint32_t sharing = 1;   // so many rows of its line what was measured may be of: one of them has it
  bool is_measured = false;    // something was sampled there
  bool is_said_above = false;  // all of it is in the sums of another row
};

struct EscapeRows {
  std::vector<EscapeRow> rows;  // what costs most first, else by place
  bool is_judged = false, is_measured = false;
  std::uint64_t seen_from = 1;  // MeasuredPlaces::seen_from()
  std::string remark;           // what everybody has to know of all, in sentences
};
EscapeRows escape_rows(const EscapeEvidence& evidence, const EscapeOptions& options);

TableShape escape_shape();
// The table keeps the evidence.
Table escape_table(const EscapeEvidence& evidence, const EscapeOptions& options);

// "main.go:21:9: &x (address-of)": the steps, a line for each.
std::vector<std::string> flow_lines(const compiler::Decisions& decisions, const compiler::Decision& decision,
                                    const std::string& folder);

}  // namespace holdfast::view
