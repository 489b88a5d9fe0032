#include "compiler/reasons.h"

#include <algorithm>
#include <array>

namespace holdfast::compiler {
namespace {

constexpr std::array kReasons = {
    Reason{"", "", ""},
    Reason{"too large for stack",
           "it is larger than what the compiler puts on a stack: 64 KiB, and of variables that are declared 10 MiB, or "
           "128 KiB with Go 1.24 and later",
           "make it smaller, make it once and reuse it, or let the caller own it", SizeReason::kTooLarge},
    Reason{"too aligned for stack", "it must lie at an address that stacks do not promise",
           "give it a type that needs no such alignment", SizeReason::kTooAligned},
    Reason{"non-constant size", "its size is only known when the program runs",
           "give make a constant capacity and cut the slice, pass a buffer in, or reuse one", SizeReason::kNotConstant},
    Reason{"zero-sized element", "its elements have no size, so it needs no memory", "", SizeReason::kZeroSized},
    Reason{"address-of", "its address is taken, and the address lives longer than the call",
           "return or store the value, or have the caller pass a pointer to its own variable"},
    Reason{"return", "it is returned, and the stack that it lies on ends with the call",
           "return a value, or fill in what the caller passes; a function that is inlined can keep it on the stack"},
    Reason{"assign", "it is stored where it outlives the call: in a package variable or behind a pointer",
           "store a copy, or do not store it"},
    Reason{"assign-pair", "it is one of several values that are assigned at once to something that outlives the call",
           "store a copy, or do not store it"},
    Reason{"call parameter",
           "it is passed to a function that keeps it, or of which the compiler does not know what it does: one that is "
           "called through an interface or a function value, or has no body in Go",
           "call the function directly, so that the compiler sees what it does, or make that not keep it"},
    Reason{"interface-converted", "it is put into an interface, and what is in an interface lies behind a pointer",
           "use the concrete type or a generic function where this is often done"},
    Reason{"captured by a closure", "a function literal uses it and lives longer than the call",
           "pass it as an argument, or a copy that is not changed afterwards, which is captured by value"},
    Reason{"reference", "a function literal shares it, since it is changed after it was captured",
           "copy it to a variable that is never changed, and capture that"},
    Reason{"callee operand", "it is the function that is called, and the compiler does not know which that is",
           "call the function directly"},
    Reason{"spill", "what the expression makes is kept in memory", ""},
    Reason{"indirection", "it is read through a pointer", ""},
    Reason{"dot", "it is a field of a struct", ""},
    Reason{"dot of pointer", "it is a field of what a pointer leads to", ""},
    Reason{"fixed-array-index-of", "it is an element of an array", ""},
    Reason{"slice", "an array is sliced, so the slice leads to all of it", "copy the part that is kept"},
    Reason{"slice-to-array", "a slice is used as an array or a pointer to one", ""},
    Reason{"array literal element", "it is an element of an array that outlives the call", "store a copy"},
    Reason{"slice-literal-element", "it is an element of a slice: of a literal, or of variadic arguments",
           "a function with fixed parameters makes no slice"},
    Reason{"struct literal element", "it is a field of a struct that outlives the call", "store a copy"},
    Reason{"range", "it is what a loop ranges over", ""},
    Reason{"range-deref", "it is an element that a loop ranges over", ""},
    Reason{"send", "it is sent on a channel: whoever receives it may keep it", "send a value without pointers"},
    Reason{"map literal key", "it is a key of a map, which keeps it", "store a copy"},
    Reason{"map literal value", "it is a value of a map, which keeps it", "store a copy"},
    Reason{"conversion to unsafe.Pointer", "its address is made an unsafe.Pointer, which the compiler does not follow",
           "convert where it is used"},
    Reason{"assign-pair-receive", "it is received from a channel", ""},
    Reason{"assign-pair-mapr", "it is read from a map", ""},
    Reason{"assign-pair-dot-type", "it is taken out of an interface", ""},
    Reason{"switch case", "a type switch binds it", ""},
    Reason{"appendee slice", "it is the slice that append grows", ""},
    Reason{"appended slice...", "its elements are appended to a slice that outlives the call", "append copies"},
    Reason{"copied slice", "its elements are copied to a slice that outlives the call", ""},
    Reason{"key of map put", "it is a key of a map, which keeps it",
           "delete the entry when it is done with; of a part of a large text keep a copy (strings.Clone)"},
    Reason{"//go:uintptrescapes", "it is passed to a function that says that it keeps what a number points to", ""},
    Reason{"reflect.Header.Data", "its address is stored in a header of reflect", "use unsafe.Slice or unsafe.String"},
};

}  // namespace

std::span<const Reason> reasons() {
  return kReasons;
}

std::uint16_t find_reason(std::string_view name) {
  const auto at = std::ranges::find(kReasons, name, &Reason::name);
  return at == kReasons.end() ? std::uint16_t{0} : static_cast<std::uint16_t>(at - kReasons.begin());
}

}  // namespace holdfast::compiler
