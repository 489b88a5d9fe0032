#include "base/loss.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"

namespace holdfast {

namespace {

constexpr std::uint64_t kNowhere = std::numeric_limits<std::uint64_t>::max();

// One of these is mostly what the user can do.
constexpr std::string_view kLookAgain =
    "look again: the program may have been writing it; if it stays, its memory is damaged or its Go release is "
    "modified";
constexpr std::string_view kWholeCore =
    "a core is complete with coredump_filter 0x33 or more and room on the disk (core(5)); look again at a live process";
constexpr std::string_view kReport =
    "if the Go release is a published one, please report this with the output of `holdfast audit --json`";
constexpr std::string_view kNewerFile = "open the capture with the holdfast that wrote it, or a newer one";
constexpr std::string_view kKeepFile =
    "put the file back that the process was started from, or name the program with --exe";

constexpr LossInfo kTable[] = {
    {LossKind::kBadStackMap, LossSeverity::kMayBeWrong, "bad-stack-map",
     "the map of a frame's pointers does not fit the frame: what the frame holds may count as garbage", kReport},
    {LossKind::kBadStackObjects, LossSeverity::kMayBeWrong, "bad-stack-objects",
     "a frame's list of variables is damaged: what they hold may count as garbage", kReport},
    {LossKind::kImplausibleSpan, LossSeverity::kMayBeWrong, "implausible-span",
     "a span record contradicts itself: its objects are missing, and what only they hold counts as garbage",
     kLookAgain},
    {LossKind::kMissingStackMap, LossSeverity::kMayBeWrong, "missing-stack-map",
     "a frame has no map of its pointers: what its variables hold may count as garbage", kReport},
    {LossKind::kNoCleanupQueue, LossSeverity::kMayBeWrong, "no-cleanup-queue",
     "the queue of cleanups was not found: what waits in it counts as garbage", kReport},
    {LossKind::kNoFinalizerQueue, LossSeverity::kMayBeWrong, "no-finalizer-queue",
     "the queue of finalizers was not found: what waits in it counts as garbage", kReport},
    {LossKind::kStackNotUnwound, LossSeverity::kMayBeWrong, "stack-not-unwound",
     "a stack could not be walked to its end: all its words count as possible pointers and may hold what is garbage",
     "look again; a goroutine that was inside the runtime or C code is elsewhere by then"},
    {LossKind::kTypeConflict, LossSeverity::kMayBeWrong, "type-conflict",
     "evidence gave objects two types that do not fit each other, and one is inferred; the stronger one was kept",
     "`holdfast type-conflicts` shows which"},
    {LossKind::kUncheckedProgram, LossSeverity::kMayBeWrong, "unchecked-program",
     "the core holds no build id of its program; that this is the one follows from its segments alone",
     "name the program that ran with --exe, or build it with a build id (go build's default)"},
    {LossKind::kUnreadableBitmap, LossSeverity::kMayBeWrong, "unreadable-bitmap",
     "the allocation or mark bits of a span cannot be read: which of its slots are objects is a guess", kWholeCore},

    {LossKind::kBadCleanupQueue, LossSeverity::kDataMissing, "bad-cleanup-queue",
     "a block of the queue of cleanups is damaged: what waits in it is missing", kLookAgain},
    {LossKind::kBadDebugInformation, LossSeverity::kDataMissing, "bad-debug-information",
     "debug information cannot be read: fewer objects have types", "build the program again, or look with --no-dwarf"},
    {LossKind::kBadDefer, LossSeverity::kDataMissing, "bad-defer",
     "a list of deferred calls is damaged: what its rest holds is missing", kLookAgain},
    {LossKind::kBadFinalizerQueue, LossSeverity::kDataMissing, "bad-finalizer-queue",
     "a block of the queue of finalizers is damaged: what waits in it is missing", kLookAgain},
    {LossKind::kBadModule, LossSeverity::kDataMissing, "bad-module",
     "a module (plugin) cannot be read: its variables and functions are missing", kLookAgain},
    {LossKind::kCutOffCore, LossSeverity::kDataMissing, "cut-off-core",
     "the core file ends before these pages that it announces: what lay there is missing",
     "copy the core again, or raise the limit it was cut off by (ulimit -c, space on the disk)"},
    {LossKind::kDamagedCore, LossSeverity::kDataMissing, "damaged-core",
     "parts of the core file cannot be read: what they describe is missing", "copy the core again"},
    {LossKind::kMissingSection, LossSeverity::kDataMissing, "missing-section",
     "the capture lacks a part of what a look keeps",
     "capture the target again: a holdfast from before the part was kept did not write it"},
    {LossKind::kNewerSection, LossSeverity::kDataMissing, "newer-section",
     "a newer holdfast wrote sections that this one skips", kNewerFile},
    {LossKind::kNewerValue, LossSeverity::kDataMissing, "newer-value",
     "values of kinds that only a newer holdfast knows are shown as the kind that says least", kNewerFile},
    {LossKind::kNoAccount, LossSeverity::kDataMissing, "no-account",
     "where the resident memory is cannot be told: the account is missing",
     "look as the process's own user or as root, with /proc mounted"},
    {LossKind::kNoCode, LossSeverity::kDataMissing, "no-code",
     "machine code of functions cannot be read: fewer objects have types", kKeepFile},
    {LossKind::kNoPrivateMemory, LossSeverity::kDataMissing, "no-private-memory",
     "the core holds no private memory of the process: nothing of the heap is there", kWholeCore},
    {LossKind::kNoProcessors, LossSeverity::kDataMissing, "no-processors",
     "the list of processors, runtime.allp, was not found: threads and tiny objects that only it leads to are missing",
     kReport},
    {LossKind::kNoSectionMask, LossSeverity::kDataMissing, "no-section-mask",
     "which package variables hold pointers cannot be told: what they hold is missing", kKeepFile},
    {LossKind::kReplacedFile, LossSeverity::kDataMissing, "replaced-file",
     "a mapped file with Go code has been replaced since: its variables are missing", kKeepFile},
    {LossKind::kThreadNotStopped, LossSeverity::kDataMissing, "thread-not-stopped",
     "a thread did not stop in time: what its registers hold is missing",
     "look again; a thread that waits for a device cannot be stopped"},
    {LossKind::kTypeTable, LossSeverity::kDataMissing, "type-table",
     "a table of types cannot be read: fewer objects have types", kLookAgain},
    {LossKind::kTypeWalk, LossSeverity::kDataMissing, "type-walk",
     "the walk over the types ended early: fewer objects have types", kLookAgain},
    {LossKind::kUnknownActor, LossSeverity::kDataMissing, "unknown-actor",
     "what a thread works with is not known: no goroutine is proven leaked", kLookAgain},
    {LossKind::kUnopenedFile, LossSeverity::kDataMissing, "unopened-file",
     "a mapped file cannot be opened: if it holds Go code, its variables and functions are missing", kKeepFile},
    {LossKind::kUnplacedFile, LossSeverity::kDataMissing, "unplaced-file",
     "where a file with Go code was loaded is not known: its variables and functions are missing", kReport},
    {LossKind::kUnreadableArena, LossSeverity::kDataMissing, "unreadable-arena",
     "a heap arena cannot be read: its objects are missing", kWholeCore},
    {LossKind::kUnreadableContent, LossSeverity::kDataMissing, "unreadable-content",
     "values on pages that cannot be read are not in the file", kWholeCore},
    {LossKind::kUnreadableFunctionTable, LossSeverity::kDataMissing, "unreadable-function-table",
     "a module's function table cannot be read: frames on stacks have no names, and stacks that pass through it are "
     "read word by word",
     kKeepFile},
    {LossKind::kUnreadableGoroutine, LossSeverity::kDataMissing, "unreadable-goroutine",
     "a goroutine's record cannot be read: what its stack holds is missing", kLookAgain},
    {LossKind::kUnreadableLabels, LossSeverity::kDataMissing, "unreadable-labels",
     "the pprof labels of a goroutine cannot be read: it counts as one without labels", kLookAgain},
    {LossKind::kUnreadablePage, LossSeverity::kDataMissing, "unreadable-page",
     "pages of the target cannot be read: what lies on them points to nothing", kWholeCore},
    {LossKind::kUnreadablePointerMap, LossSeverity::kDataMissing, "unreadable-pointer-map",
     "a pointer map cannot be read: what these objects point to is missing", kWholeCore},
    {LossKind::kUnreadableSpan, LossSeverity::kDataMissing, "unreadable-span",
     "a span record cannot be read: its objects are missing", kWholeCore},
    {LossKind::kUnreadableSpecial, LossSeverity::kDataMissing, "unreadable-special",
     "finalizers, cleanups or weak handles of a span cannot be read: what they hold is missing", kLookAgain},
    {LossKind::kUnreadableStackWord, LossSeverity::kDataMissing, "unreadable-stack-word",
     "a word of a stack cannot be read: what it holds is missing", kWholeCore},
    {LossKind::kUnreadableTypeMask, LossSeverity::kDataMissing, "pointer-mask",
     "the pointer map of a type cannot be read: what its objects point to is missing", kKeepFile},
    {LossKind::kUnreadableVariable, LossSeverity::kDataMissing, "unreadable-variable",
     "package variables cannot be read: what they hold is missing", kWholeCore},

    {LossKind::kBadChannel, LossSeverity::kCosmetic, "bad-channel",
     "the record of a channel contradicts itself: how full it is and who waits for it is not told", kLookAgain},
    {LossKind::kBadMap, LossSeverity::kCosmetic, "bad-map",
     "the header of a map contradicts itself or its tables: how full it is is not told", kLookAgain},
    {LossKind::kNoCounters, LossSeverity::kCosmetic, "no-counters",
     "the runtime's own counters are not all there: fewer of our sums are checked", kWholeCore},
    {LossKind::kTornProfileRecord, LossSeverity::kCosmetic, "torn-profile-record",
     "the target was stopped while it added up records of its memory profile: an exported profile lacks these",
     kLookAgain},
    {LossKind::kUnreadableSample, LossSeverity::kCosmetic, "unreadable-sample",
     "where some sampled objects were allocated cannot be read: they have no \"put there by\"", kLookAgain},
};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < std::size(kTable); ++i)
    if (static_cast<std::size_t>(kTable[i].kind) != i) return false;
  return std::is_sorted(std::begin(kTable), std::end(kTable),
                        [](const LossInfo& a, const LossInfo& b) { return a.severity < b.severity; });
}
static_assert(std::size(kTable) == kLossKinds && rows_are_in_order(), "a row for each LossKind, in its order");

}  // namespace

const LossInfo& loss_info(LossKind kind) {
  HOLDFAST_CHECK(static_cast<std::size_t>(kind) < kLossKinds);
  return kTable[static_cast<std::size_t>(kind)];
}

std::string_view id_of(LossSeverity severity) {
  switch (severity) {
    case LossSeverity::kMayBeWrong:
      return "may-be-wrong";
    case LossSeverity::kDataMissing:
      return "data-missing";
    case LossSeverity::kCosmetic:
      return "cosmetic";
  }
  HOLDFAST_CHECK(false);
}

Loss make_loss(LossKind kind, std::uint64_t count, Address first, std::string detail) {
  return {std::string(loss_info(kind).id), count, first, std::move(detail)};
}

LossWords words_of(const Loss& loss) {
  const auto row =
      std::find_if(std::begin(kTable), std::end(kTable), [&](const LossInfo& i) { return i.id == loss.kind; });
  if (row != std::end(kTable)) return {row->severity, row->words, row->remedy};
  return {LossSeverity::kMayBeWrong, "a later holdfast counted this; what it may make wrong is not known to this one",
          "open the file with the holdfast that wrote it"};
}

bool may_hide_holders(const Loss& loss) {
  // These cost names, types and figures, or add words that may be no pointers; but no pointer is missing.
  static constexpr std::array kHarmless = {LossKind::kStackNotUnwound,     LossKind::kTypeConflict,
                                           LossKind::kBadDebugInformation, LossKind::kMissingSection,
                                           LossKind::kNewerSection,        LossKind::kNewerValue,
                                           LossKind::kNoAccount,           LossKind::kNoCode,
                                           LossKind::kTypeTable,           LossKind::kTypeWalk,
                                           LossKind::kUnreadableContent,   LossKind::kUnreadableFunctionTable,
                                           LossKind::kUnreadableLabels};
  if (words_of(loss).severity == LossSeverity::kCosmetic) return false;
  return std::ranges::none_of(kHarmless, [&](LossKind kind) { return loss.kind == loss_info(kind).id; });
}

LossLedger::LossLedger() {
  for (Tally& tally : tallies_) {
    tally.count.store(0, std::memory_order_relaxed);
    tally.first.store(kNowhere, std::memory_order_relaxed);
  }
}

void LossLedger::add(LossKind kind, Address where, std::uint64_t count) {
  Tally& tally = tallies_[static_cast<std::size_t>(kind)];
  tally.count.fetch_add(count, std::memory_order_relaxed);
  if (!where) return;
  std::uint64_t first = tally.first.load(std::memory_order_relaxed);
  while (where.value < first && !tally.first.compare_exchange_weak(first, where.value, std::memory_order_relaxed)) {
  }
}

void LossLedger::add(LossKind kind, const std::string& detail, Address where, std::uint64_t count) {
  add(kind, where, count);
  const std::lock_guard lock(mutex_);
  const auto [row, is_new] = details_.try_emplace(kind, detail);
  if (!is_new) row->second = std::min(row->second, detail);
}

std::vector<Loss> LossLedger::sorted() const {
  const std::lock_guard lock(mutex_);
  std::vector<Loss> out;
  for (const LossInfo& info : kTable) {
    const Tally& tally = tallies_[static_cast<std::size_t>(info.kind)];
    const std::uint64_t count = tally.count.load(std::memory_order_relaxed);
    const std::uint64_t first = tally.first.load(std::memory_order_relaxed);
    if (count == 0) continue;
    const auto detail = details_.find(info.kind);
    out.push_back(make_loss(info.kind, count, first == kNowhere ? Address() : Address(first),
                            detail == details_.end() ? std::string() : detail->second));
  }
  return out;
}

}  // namespace holdfast
