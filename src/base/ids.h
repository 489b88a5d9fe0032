// Row numbers of tables. Ids of different tables do not convert to one another.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace holdfast {

template <typename Tag>
struct Id {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t row = kNone;

  constexpr Id() = default;
  explicit constexpr Id(std::uint32_t number) : row(number) {}
  explicit constexpr operator bool() const { return row != kNone; }
  auto operator<=>(const Id&) const = default;
};

// An allocated slot of the heap, live or garbage; heap/snapshot.h has the numbering.
using ObjectId = Id<struct ObjectTag>;
using SpanId = Id<struct SpanTag>;                        // an in-use span
using TypeId = Id<struct TypeTag>;                        // a Go type
using StringId = Id<struct StringTag>;                    // an interned string
using RootId = Id<struct RootTag>;                        // a node of the root forest
using LabelId = Id<struct LabelTag>;                      // what roots are called
using AllocationStackId = Id<struct AllocationStackTag>;  // a stack of the memory profile
using ChannelId = Id<struct ChannelTag>;                  // a row of the channel table
using GoroutineId = Id<struct GoroutineTag>;              // a row of the goroutine table, not Go's goid
using FrameId = Id<struct FrameTag>;                      // a source frame of a stack

}  // namespace holdfast
