// What kind of thing an expression makes, as far as its spelling tells. The compiler prints expressions in its own way
// ("&T{...}", "... argument"), so no type is read from them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::compiler {

enum class Made : std::uint8_t {
  kNothing,       // the decision is not about an expression that makes something
  kVariable,      // a named variable or parameter
  kObject,        // new(T), &T{...}
  kSlice,         // make([]T, n)
  kSliceLiteral,  // []T{...}
  kMap,           // make(map[K]V), map[K]V{...}
  kClosure,       // func literal
  kText,          // string(b), []byte(s), a text that is put together
  kAppend,        // the array that append grows to (1.25+)
  kArguments,     // the slice of variadic arguments
  kValue,         // any other value: it is put into an interface, or is a text that is put together
};

// "make([]int, n)".
Made made_by(std::string_view expression);

// Whether the size of what make([]T, ...) makes is written as a number: `make([]int, 3)`, `make([]byte, 0, 10)`.
bool has_constant_size(std::string_view expression);
// Whether it is written as a value that never needs storage: a number, a text, nil, true, struct {}{}.
bool is_constant(std::string_view expression);

// The type of what is made, as far as the spelling names it, as short_type() has it: "T" of "&lib.T{...}", "*T" of
// "new(*lib.T)", "int" of "make([]int, n)" and "[]int{...}", whose calls pass the type of the elements or an array.
// Empty if it names none.
std::string type_named_by(std::string_view expression);
// "*T" of "*example.com/m/lib.T[int]", "T" of "[3]lib.T": without what the compiler's spelling leaves out. Empty for
// types without a name.
std::string short_type(std::string_view type);

// The words for it in tables.
std::string_view words_of(Made made);

}  // namespace holdfast::compiler
