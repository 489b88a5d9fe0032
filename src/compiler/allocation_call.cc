#include "compiler/allocation_call.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace holdfast::compiler {
namespace {

// Of Go 1.19 to 1.27 (go-formats 1.8).
constexpr std::array kAllocators = {
    Allocator{"newobject", Allocates::kObject},         Allocator{"newarray", Allocates::kObject},
    Allocator{"mallocgc", Allocates::kObject, true},    Allocator{"makeslice", Allocates::kSlice, true},
    Allocator{"growslice", Allocates::kGrowth, true},   Allocator{"moveSlice", Allocates::kCopy, true},
    Allocator{"convT", Allocates::kInterface, true},    Allocator{"concatstring", Allocates::kText, true},
    Allocator{"concatbyte", Allocates::kText, true},

    Allocator{"slicebytetostring", Allocates::kText},   Allocator{"stringtoslicebyte", Allocates::kText},
    Allocator{"stringtoslicerune", Allocates::kText},   Allocator{"slicerunetostring", Allocates::kText},
    Allocator{"intstring", Allocates::kText},           Allocator{"rawstring", Allocates::kText},
    Allocator{"rawbyteslice", Allocates::kText},        Allocator{"makemap", Allocates::kMap, true},
    Allocator{"mapassign", Allocates::kMapStore, true}, Allocator{"makechan", Allocates::kChannel, true},
    Allocator{"newproc", Allocates::kGoroutine},        Allocator{"deferproc", Allocates::kDefer},
};

}  // namespace

const Allocator* find_allocator(std::string_view function) {
  const auto at = std::ranges::find_if(kAllocators, [&](const Allocator& one) {
    return one.is_prefix ? function.starts_with(one.name) : function == one.name;
  });
  return at == kAllocators.end() ? nullptr : &*at;
}

std::string_view words_of(Allocates what) {
  switch (what) {
    case Allocates::kObject:
      return "object";
    case Allocates::kSlice:
      return "slice";
    case Allocates::kGrowth:
      return "growth";
    case Allocates::kCopy:
      return "copy";
    case Allocates::kInterface:
      return "interface";
    case Allocates::kText:
      return "text";
    case Allocates::kMap:
      return "map";
    case Allocates::kMapStore:
      return "map store";
    case Allocates::kChannel:
      return "channel";
    case Allocates::kGoroutine:
      return "goroutine";
    case Allocates::kDefer:
      return "defer";
  }
  return "";
}

std::string_view condition_of(Allocates what, bool has_buffer) {
  switch (what) {
    case Allocates::kGrowth:
      return "when the array is full";
    case Allocates::kCopy:
      return "when what was appended is still on the stack";
    case Allocates::kInterface:
      return "unless it is zero, empty or a number below 256";
    case Allocates::kText:
      return has_buffer ? "when it is longer than 32 bytes" : "unless it is empty";
    case Allocates::kMapStore:
      return "when the map grows";
    case Allocates::kGoroutine:
      return "a stack, if no goroutine that ended has left one";
    case Allocates::kDefer:
      return "a record, if none is free";
    case Allocates::kSlice:
    case Allocates::kObject:
    case Allocates::kMap:
    case Allocates::kChannel:
      break;
  }
  return "";
}

void add_program(AllocationCalls& to, const AllocationCalls& from) {
  const auto translated = [&](StringId id) { return id ? to.texts.add(from.text(id)) : StringId(); };
  const auto first_type = static_cast<std::uint32_t>(to.types.size());
  for (MadeType type : from.types) {
    type.name = translated(type.name);
    type.elem = translated(type.elem);
    for (StringId& name : type.begins_with) name = translated(name);
    to.types.push_back(std::move(type));
  }
  to.is_complete = to.is_complete && from.is_complete;
  for (AllocationCall call : from.calls) {
    const std::span frames = std::span(from.frames).subspan(call.first_frame, call.frames);
    call.callee = translated(call.callee);
    call.type = translated(call.type);
    if (call.made != AllocationCall::kNoType) call.made += first_type;
    call.first_frame = static_cast<std::uint32_t>(to.frames.size());
    for (MachineFrame frame : frames) {
      frame.function = translated(frame.function);
      frame.path = translated(frame.path);
      to.frames.push_back(frame);
    }
    to.calls.push_back(call);
  }
  for (const CodeLine& line : from.lines) to.lines.push_back({translated(line.path), line.line});
  std::ranges::sort(to.lines);
  to.lines.erase(std::ranges::unique(to.lines).begin(), to.lines.end());
}

}  // namespace holdfast::compiler
