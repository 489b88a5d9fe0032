// What goroutines of libraries are the sign of: data/library_goroutines.txt, whose head has the grammar.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::detect {

struct LibraryGoroutine {
  std::string function;  // with its path; without the star, if `is_prefix`
  bool is_prefix = false;
  std::string wait;  // in the runtime's words; empty: any
  bool is_strong = false;
  std::string what;  // "sql.Rows that nobody has closed"
  std::string change;
};

// Fails with kUsage at the first line that is no rule, naming `file`, the line and what was expected there.
std::vector<LibraryGoroutine> parse_library_goroutines(std::string_view text, std::string_view file);
// The built-in ones; they live as long as the program.
const std::vector<LibraryGoroutine>& known_library_goroutines();

// Returns the first rule that fits the goroutine's stack and wait; null if none does.
const LibraryGoroutine* library_goroutine(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine);

}  // namespace holdfast::detect
