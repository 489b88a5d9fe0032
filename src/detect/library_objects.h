// What many live objects of a library's type are the sign of: data/library_objects.txt, whose head has the grammar.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::detect {

// How sure it is that so many are no good.
enum class Numbers : std::uint8_t { kPossible, kDropped, kStrong };

struct LibraryObject {
  std::string type;                 // with its path; without type arguments
  std::vector<std::string> others;  // that go with those of the type; their bytes count, too
  std::uint64_t many = 0;
  Numbers level = Numbers::kPossible;
  std::string what;  // "prepared statements that nobody has closed"
  std::string change;
};

// Fails with kUsage at the first line that is no rule, naming `file`, the line and what was expected there.
std::vector<LibraryObject> parse_library_objects(std::string_view text, std::string_view file);
// The built-in ones; they live as long as the program.
const std::vector<LibraryObject>& known_library_objects();

}  // namespace holdfast::detect
