#include "heap/plumbing.h"
#include "query/tables.h"

namespace holdfast::query {
namespace {

const heap::SampledObject& sample_of(At& at) {
  return at.snapshot().sampled[at.row];
}

// Null if nothing but the runtime is on the stack.
const heap::Frame* place_of_sample(At& at) {
  const heap::AllocationStack& stack = at.snapshot().allocation_stacks[sample_of(at).stack.row];
  return heap::first_own_frame(at.snapshot(), at.facts.rules(), stack.first_frame, stack.frame_count);
}

constexpr Column kSamplesColumns[] = {
    {.name = "id",
     .meaning = "number of the row",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "object",
     .meaning = "the sampled object",
     .get = [](At& at, Out& out) { out.id(sample_of(at).object); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "stack",
     .meaning = "where it was allocated: `frames` have the number, too",
     .get = [](At& at, Out& out) { out.id(sample_of(at).stack); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "size",
     .kind = Kind::kBytes,
     .meaning = "of the object's slot",
     .get = [](At& at, Out& out) { out.integer(at.facts.index().size_of(sample_of(at).object)); }},
    {.name = "function",
     .kind = Kind::kText,
     .meaning = "that asked for the memory: the first caller outside of plumbing and of the standard library",
     .get =
         [](At& at, Out& out) {
           if (const heap::Frame* const frame = place_of_sample(at)) out.text(at.snapshot().strings[frame->function]);
         }},
    {.name = "file",
     .kind = Kind::kText,
     .meaning = "of that function, with its path",
     .get =
         [](At& at, Out& out) {
           if (const heap::Frame* const frame = place_of_sample(at)) out.text(at.snapshot().strings[frame->file]);
         }},
    {.name = "line",
     .meaning = "of the call there",
     .get =
         [](At& at, Out& out) {
           const heap::Frame* const frame = place_of_sample(at);
           if (frame != nullptr && frame->line > 0) out.integer(frame->line);
         }},
};

}  // namespace

const Table kSamples = {.name = "samples",
                        .meaning =
                            "The objects that the runtime's memory profile took a sample of, garbage too: one "
                            "for about every 512 KiB allocated, unless the program says otherwise. Of all other "
                            "objects nobody knows who allocated them.",
                        .columns = kSamplesColumns,
                        .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().sampled.size()}; },
                        .of_graph = false};

}  // namespace holdfast::query
