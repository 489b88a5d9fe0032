// Says what the names of functions tell about their packages. Names are as in function tables:
// "example.com/app/cart.(*Cart[go.shape.int]).Add", "main.init.0.func1" (Go 1.19-1.27). Nothing throws; several threads
// may ask.
#pragma once

#include <string>
#include <string_view>

#include "base/string_table.h"

namespace holdfast::go {

// Returns "example.com/app/cart"; empty for what the linker made ("type:.eq.main.Item") and for names without a
// package.
std::string_view package_of(std::string_view function);

// Whether the package comes with Go: "net/http", "vendor/golang.org/x/net/idna". A name without a package counts, too.
bool is_standard_library(std::string_view package);

// Whether the function gives package variables their first values: what the compiler made of declarations ("main.init",
// "main.map.init.0"), or an init function of the source ("main.init.0"). Functions within these do not count.
bool is_initialiser(std::string_view function);

// The linker writes some bytes of the last element of an import path as %xx ("gopkg.in/yaml%2ev3.Node", cmd/internal
// objabi.PathToPrefix). Returns the name as the source spells it. The other functions here want names as they are in
// the program: with dots in the last element it cannot be told where the package ends.
std::string unescaped(std::string_view name);
// Adds the name as the source spells it: what is in a snapshot is to be shown. A name with struct tags, whose text may
// have a % of its own, is added as it is.
StringId add_name(StringTable& strings, std::string_view name);

}  // namespace holdfast::go
