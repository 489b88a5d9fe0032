// What the target hid or damaged. Losses are expected, perhaps millions of them: they are counted, never thrown, and
// every report shows them (docs/decisions/004). One table in loss.cc declares every kind; a new kind is an enumerator
// here and a row there.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace holdfast {

// In the order in which reports list them: the worst first.
enum class LossSeverity : std::uint8_t {
  kMayBeWrong,   // something shown may be false: a guess stands where a fact is missing
  kDataMissing,  // what is shown is true, but there was more: sums are too small, holders or types are missing
  kCosmetic,     // sums, holders and types are as they would be without it
};

// In the order of the table, which is the order of reports.
enum class LossKind : std::uint8_t {
  // The answer may be wrong.
  kBadStackMap,
  kBadStackObjects,
  kImplausibleSpan,
  kMissingStackMap,
  kNoCleanupQueue,
  kNoFinalizerQueue,
  kStackNotUnwound,
  kTypeConflict,
  kUncheckedProgram,
  kUnreadableBitmap,
  // Data is missing.
  kBadCleanupQueue,
  kBadDebugInformation,
  kBadDefer,
  kBadFinalizerQueue,
  kBadModule,
  kCutOffCore,
  kDamagedCore,
  kMissingSection,
  kNewerSection,
  kNewerValue,
  kNoAccount,
  kNoCode,
  kNoPrivateMemory,
  kNoProcessors,
  kNoSectionMask,
  kReplacedFile,
  kThreadNotStopped,
  kTypeTable,
  kTypeWalk,
  kUnknownActor,
  kUnopenedFile,
  kUnplacedFile,
  kUnreadableArena,
  kUnreadableContent,
  kUnreadableFunctionTable,
  kUnreadableGoroutine,
  kUnreadableLabels,
  kUnreadablePage,
  kUnreadablePointerMap,
  kUnreadableSpan,
  kUnreadableSpecial,
  kUnreadableStackWord,
  kUnreadableTypeMask,
  kUnreadableVariable,
  // Cosmetic.
  kBadChannel,
  kBadMap,
  kNoCounters,
  kTornProfileRecord,
  kUnreadableSample,
};
inline constexpr std::size_t kLossKinds = static_cast<std::size_t>(LossKind::kUnreadableSample) + 1;

// Everything that is said about a kind. The texts live as long as the program.
struct LossInfo {
  LossKind kind;
  LossSeverity severity;
  std::string_view id;      // stable: JSON and .hold files name the kind by it
  std::string_view words;   // one sentence without its full stop: what happened, and what it may make wrong
  std::string_view remedy;  // one sentence without its full stop: what the user can do
};

const LossInfo& loss_info(LossKind kind);

// Returns what severities are called in JSON: "may-be-wrong", "data-missing", "cosmetic".
std::string_view id_of(LossSeverity severity);

// A kind and how often it happened, as a Snapshot keeps it. The kind is given by its id, so that a .hold file of a
// later holdfast can name kinds that this one does not have.
struct Loss {
  std::string kind;
  std::uint64_t count = 0;
  Address first;       // the lowest address where it happened; null if it has none
  std::string detail;  // what an error said, for example; mostly empty

  bool operator==(const Loss&) const = default;
};

Loss make_loss(LossKind kind, std::uint64_t count, Address first = {}, std::string detail = {});

// Whether what was lost may have held objects or could have acted. Without it nobody is proven to hold nothing.
bool may_hide_holders(const Loss& loss);

// Severity, words and remedy of a loss that was read from a file. A kind that is not in the table counts as
// kMayBeWrong, and the words say that a later holdfast knows it.
struct LossWords {
  LossSeverity severity;
  std::string_view words;
  std::string_view remedy;
};
LossWords words_of(const Loss& loss);

// Counts the losses of one run. Several threads may add at once; that takes no lock and no memory unless there is a
// detail. The result does not depend on threads: the order is that of the table, `first` is the lowest address,
// `detail` the first in the alphabet.
class LossLedger {
 public:
  LossLedger();

  void add(LossKind kind, Address where, std::uint64_t count = 1);
  void add(LossKind kind, const std::string& detail, Address where = {}, std::uint64_t count = 1);

  std::vector<Loss> sorted() const;

 private:
  struct Tally {
    std::atomic<std::uint64_t> count;
    std::atomic<std::uint64_t> first;  // kNowhere until there is an address
  };

  std::array<Tally, kLossKinds> tallies_;
  mutable std::mutex mutex_;  // guards details_
  std::map<LossKind, std::string> details_;
};

}  // namespace holdfast
