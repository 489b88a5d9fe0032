// Finds objects that the collector marks by rules of its own, whether or not anything holds them (reference 9.4). Each
// gets a cause that the target shows for this very object; graph/audit follows what these objects hold. Causes
// (heap::MarkCause), strongest first:
//   kAllocateBlack     allocated while the collector marked, by the span's two indices (Go 1.25+, until the sweep)
//   kEndedThread       a runtime.m that is on no list any more, and the g records that name it
//   kResurrection      marked in a span where the mark phase marked nothing: by the sweep, for a finalizer
//   kConservativeWord  named by a word on the stack of a goroutine that has run since the mark
// A P's current block of tiny objects needs no excuse: it is a root here, as it is for the collector.
#pragma once

#include <span>
#include <vector>

#include "go/frame_roots.h"
#include "go/goroutines.h"
#include "go/heap_model.h"
#include "go/unwind.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Adds the first three. `snapshot` must have its spans, marks and edges; row i of its spans is heap.in_use()[i].
void add_mark_excuses(const go::Runtime& runtime, const go::HeapModel& heap, const go::Scheduler& scheduler,
                      const heap::ObjectIndex& index, heap::Snapshot& snapshot);

// Whether the goroutine has run since the collector scanned its stack. If it has not, the stack shows nothing: its map
// was the same then. g.waitsince is written at that scan and cleared when the goroutine runs on (Go 1.19-1.27).
bool has_run_since_mark(const go::Goroutine& goroutine, std::uint32_t gc_phase);

// A marked object that a word on a stack names though it is no root, and the physical frame in which the first such
// word lies: its index in Stack::frames, or kNoFrame, of a stack that was not unwound to its top.
struct NamedByWord {
  static constexpr std::uint32_t kNoFrame = static_cast<std::uint32_t>(-1);

  ObjectId object;
  std::uint32_t frame = kNoFrame;
};

// Returns what words in the used part of the stack name, without what `roots` hold. Ascending by object, each once.
std::vector<NamedByWord> named_by_words(const go::Runtime& runtime, const go::Goroutine& goroutine,
                                        const go::Stack& stack, std::span<const go::StackRoot> roots,
                                        const heap::ObjectIndex& index, const heap::Snapshot& snapshot);

// Adds objects that stacks name, with kConservativeWord, in the order of objects. Of several excuses for one object the
// first counts.
void add_word_excuses(std::vector<heap::MarkExcuse> excuses, heap::Snapshot& snapshot);

}  // namespace holdfast::capture
