// Finds the place of interest in a stack: the first caller outside of what allocates, blocks or calls for others. What
// that is, for goroutines and for allocation stacks alike, the rules say (heap/owner_rules.h). It is in this layer
// because the builders of a snapshot group goroutines by it and those who show a snapshot name places by it. Names of
// functions are as in a snapshot: "example.com/app/cart.(*Cart).Add". Nothing throws; several threads may ask.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "heap/owner_rules.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

// Whether the function is in a package that a rule calls plumbing, or below one. A function without a name is.
bool is_plumbing(const OwnerRules& rules, std::string_view function);

// Whether the function is of the standard library: its import path has no dot in the first element, as go(1) demands of
// others ("go help importpath"), and belongs neither to a package main nor to the module of the program. A function
// without a package is ("type:.eq.main.Item"): the linker made it.
bool is_standard_library(std::string_view function, std::string_view main_module);

// Whether the function asked for what others do for it: it is neither plumbing nor of the standard library, or it is of
// the program's own module.
bool is_own(const OwnerRules& rules, std::string_view function, std::string_view main_module);

// Returns the first of frames[first .. first + count), innermost first, that is no plumbing; the innermost if all are
// plumbing; null if there are none.
const Frame* first_user_frame(const Snapshot& snapshot, const OwnerRules& rules, std::uint32_t first,
                              std::uint32_t count);

// Returns the first that is_own(): whoever asked for the memory, not what made it. If there is none, the first that is
// not plumbing; null if all are: where in the runtime its own memory is made tells nobody anything.
const Frame* first_own_frame(const Snapshot& snapshot, const OwnerRules& rules, std::uint32_t first,
                             std::uint32_t count);

// The functions of the runtime that call finalizers and cleanups, in Go 1.19 to 1.27. One goroutine runs all
// finalizers; several may run cleanups.
inline constexpr std::array<std::string_view, 2> kFinalizerLoops = {"runtime.runfinq", "runtime.runFinalizers"};
inline constexpr std::array<std::string_view, 1> kCleanupLoops = {"runtime.runCleanups"};

// Whether one of the functions is on the stack.
bool is_below(const Snapshot& snapshot, const Goroutine& goroutine, std::span<const std::string_view> functions);

}  // namespace holdfast::heap
