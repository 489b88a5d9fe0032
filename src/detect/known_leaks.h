// Leaks that others have met before: data/known_leaks.txt, whose head has the grammar. A finding that shows one is told
// by the version of the library that the program was built with, its detector and the place that it names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detect/detector.h"

namespace holdfast::detect {

struct KnownLeakRule {
  std::string module;               // "std" for the standard library
  std::string from;                 // the first version that has it; empty: all before `fixed_in`
  std::string fixed_in;             // the first that has it no more; empty: none
  std::string detector;             // the id of the finding; empty: any
  std::vector<std::string> places;  // functions, types, package variables, with their paths: any of them
  std::string issue;
  std::string words;
};

// Fails with kUsage at the first line that is no rule, naming `file`, the line and what was expected there.
std::vector<KnownLeakRule> parse_known_leaks(std::string_view text, std::string_view file);
// The built-in ones; they live as long as the program.
const std::vector<KnownLeakRule>& known_leaks();

// Orders versions of modules as the go command does, "v1.2.0-rc.1" before "v1.2.0"; and of Go, "go1.21.3". What is no
// version comes first. Returns less than 0, 0 or more.
int compare_versions(std::string_view a, std::string_view b);

// Sets Finding::known of the suspicions that show one of the leaks.
void mark_known_leaks(const heap::Snapshot& snapshot, const std::vector<KnownLeakRule>& rules,
                      std::vector<Suspicion>& suspicions);

}  // namespace holdfast::detect
