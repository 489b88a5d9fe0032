#include <algorithm>

#include "query/tables.h"

namespace holdfast::query {
namespace {

// The goroutine that the frame is of or, behind all of these, the allocation stack.
struct FramePlace {
  std::uint64_t owner = 0;
  std::uint64_t depth = 0;
};

FramePlace place_of_frame(At& at) {
  const std::vector<std::uint64_t>& begin = at.facts.frame_begin();
  const auto above = std::ranges::upper_bound(begin, at.row);
  const auto owner = static_cast<std::uint64_t>(above - begin.begin() - 1);
  return {owner, at.row - begin[owner]};
}

std::uint64_t goroutines_of(const Facts& facts) {
  return facts.snapshot().goroutines.size();
}

const heap::Frame& frame_of(At& at) {
  const heap::Snapshot& s = at.snapshot();
  const FramePlace place = place_of_frame(at);
  const std::uint64_t goroutines = s.goroutines.size();
  const std::uint32_t first = place.owner < goroutines ? s.goroutines[place.owner].first_frame
                                                       : s.allocation_stacks[place.owner - goroutines].first_frame;
  return s.frames[first + place.depth];
}

Rows of_goroutines(Facts& facts, const Bound& bound) {
  const std::vector<std::uint64_t>& begin = facts.frame_begin();
  const std::uint64_t goroutines = goroutines_of(facts);
  const auto [first, last] = bound.among(goroutines);
  Rows rows;
  if (bound.nulls) rows.ranges[0] = {begin[goroutines], begin.back()};
  if (first < last) rows.ranges[1] = {begin[first], begin[last]};
  return rows;
}

Rows of_stacks(Facts& facts, const Bound& bound) {
  const std::vector<std::uint64_t>& begin = facts.frame_begin();
  const std::uint64_t goroutines = goroutines_of(facts);
  const auto [first, last] = bound.among(facts.snapshot().allocation_stacks.size());
  Rows rows;
  if (bound.nulls) rows.ranges[0] = {0, begin[goroutines]};
  if (first < last) rows.ranges[1] = {begin[goroutines + first], begin[goroutines + last]};
  return rows;
}

constexpr Column kFramesColumns[] = {
    {.name = "id",
     .meaning = "number of the row",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "goroutine",
     .meaning = "the row in `goroutines` whose stack it is on; NULL if it is of an allocation",
     .get =
         [](At& at, Out& out) {
           if (const FramePlace place = place_of_frame(at); place.owner < goroutines_of(at.facts))
             out.integer(place.owner);
         },
     .find = Find::kByRows,
     .expect = Expect::kFew,
     .rows = of_goroutines,
     .in_order = true,
     .takes_range = true},
    {.name = "stack",
     .meaning = "the allocation stack that it is of: `samples` have its number; NULL if it is of a goroutine",
     .get =
         [](At& at, Out& out) {
           const FramePlace place = place_of_frame(at);
           if (place.owner >= goroutines_of(at.facts)) out.integer(place.owner - goroutines_of(at.facts));
         },
     .find = Find::kByRows,
     .expect = Expect::kFew,
     .rows = of_stacks,
     .in_order = true,
     .takes_range = true},
    {.name = "depth",
     .meaning = "0 is the innermost",
     .get = [](At& at, Out& out) { out.integer(place_of_frame(at).depth); }},
    {.name = "function",
     .kind = Kind::kText,
     .meaning = "with its package",
     .get = [](At& at, Out& out) { out.text(at.snapshot().strings[frame_of(at).function]); }},
    {.name = "file",
     .kind = Kind::kText,
     .meaning = "with its path",
     .get = [](At& at, Out& out) { out.text(at.snapshot().strings[frame_of(at).file]); }},
    {.name = "line",
     .meaning = "where it stands in the file",
     .get =
         [](At& at, Out& out) {
           if (frame_of(at).line > 0) out.integer(frame_of(at).line);
         }},
    {.name = "pc",
     .kind = Kind::kAddress,
     .meaning = "the code address",
     .get =
         [](At& at, Out& out) {
           if (frame_of(at).pc) out.integer(frame_of(at).pc.value);
         }},
    {.name = "inlined",
     .kind = Kind::kFlag,
     .meaning = "whether it shares the physical frame of the next one",
     .get = [](At& at, Out& out) { out.flag(frame_of(at).inlined); }},
};

}  // namespace

const Table kFrames = {.name = "frames",
                       .meaning = "The functions on the stacks of goroutines, and on those of sampled allocations.",
                       .columns = kFramesColumns,
                       .count = [](Facts& facts) { return facts.frame_begin().back(); },
                       .small = false};

}  // namespace holdfast::query
