// What changed between two or more looks at a program (view/moment.h), and, of one process, what became of its objects
// and goroutines one by one. Sizes are in bytes. It owns its texts. One thread; nothing throws but what is said.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "view/moment.h"
#include "view/object_flow.h"

namespace holdfast::view {

// What two looks have in common, the closest first.
enum class Kinship : std::uint8_t {
  kOneProcess,  // pid and build are the same, and so is the place of the first thread's stack
  // pid and build are the same and nothing contradicts, but one of the looks does not say where that stack is.
  kOneProcessAsItSeems,
  kOneBuild,    // two processes
  kOneProgram,  // of two builds, or nothing says that it is one
};

// Fails with kUsage if the looks are at different programs, naming both.
Kinship kinship_of(const Moment& a, const Moment& b);
constexpr bool is_one_process(Kinship kinship) {
  return kinship <= Kinship::kOneProcessAsItSeems;
}

// Fails with kUsage, naming both, if they are looks at one process and `before` is the later one.
void check_order(Kinship kinship, const Moment& before, const Moment& after);

// A change of a list: something that at least one look has.
struct ChangeRow {
  std::string key;
  Sentence text;  // as the last look that has it says it
  std::vector<std::optional<MomentSum>>
      steps;                // by look; none: it has no row there, and whether it was there is not known
  std::size_t seen_at = 0;  // that look
  std::string filter;       // these three as of MomentRow, of that look
  std::string subject;
  bool is_above = false;
  bool rises = false;  // more bytes at every step

  // Bytes at the last look less those at the first; none if one of them is not known.
  std::optional<std::int64_t> change() const;
  std::optional<std::int64_t> count_change() const;
};

// Rows that have no line of their own.
struct FoldedRows {
  std::uint64_t rows = 0;
  std::vector<MomentSum> steps;  // by look
};

struct ChangeList {
  ChangeBy by = ChangeBy::kType;
  // Rows that changed: of more than two looks those that rise at every step first; then by the bytes that they changed
  // by, the largest first.
  std::vector<ChangeRow> rows;
  std::uint64_t settled_below =
      0;               // changes of fewer bytes are settled, unless they rise at every one of several steps
  FoldedRows settled;  // rows of such changes; of estimates also those that may be chance
  FoldedRows unchanged;
  std::vector<MomentSum> all;      // by look: of everything
  FoldedRows rest;                 // by look: what is in no row; `rows` is not used
  std::uint64_t smallest = 0;      // the most that a row needs to be in the list of a look
  std::optional<Sentence> absent;  // why there is no such list

  bool is_complete() const { return smallest == 0; }
};

struct Growth {
  std::vector<Moment> moments;             // without their lists
  Kinship kinship = Kinship::kOneProcess;  // of the most different of looks next to each other
  std::array<ChangeList, kChangeLists> lists;
  std::vector<StepFlow> flows;    // of steps within one process
  std::optional<double> seconds;  // from the first look to the last; of one process
  std::uint64_t operations = 0;   // that happened between, as the user says; 0 = he does not
};

// Changes of less than one in so many of a list's bytes are settled, unless they rise at every step.
constexpr std::uint64_t kSettledShare = 1000;

// Compares looks, which come in the order of time. At least two.
class GrowthBuilder {
 public:
  // Takes columns of the snapshot that the moment was made of; nothing else of the look is needed afterwards. Fails as
  // kinship_of() does, and with kUsage if the look before is one at the same process, and later. Throws when cancelled.
  void add(Moment moment, heap::Snapshot& snapshot, HugeArray<std::uint64_t> live);
  // Call it once, at the end.
  Growth growth(std::uint64_t operations);

 private:
  void add_goroutines(StepFlow& flow) const;

  std::vector<Moment> moments_;
  std::vector<StepFlow> flows_;
  Kinship kinship_ = Kinship::kOneProcess;
  TypeNumbers numbers_;
  NamedPicture last_;
};

}  // namespace holdfast::view
