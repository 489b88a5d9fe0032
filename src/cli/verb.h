// The verbs as a table: what each is called, takes and runs. Parsing, help, completion, the man page, the page of
// commands and "did you mean" read it. To add a verb, write cli/verbs/NAME.cc and add its row to the list in verb.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/flags.h"
#include "cli/options.h"
#include "view/table.h"

namespace holdfast::cli {

class RunningVerb;

// The targets that can answer.
enum class Answers : std::uint8_t {
  kNobody,          // the verb has no target
  kEverything,      // processes, cores and captures
  kProcessAndCore,  // processes and cores: what a capture does not keep is needed
};

// A word behind TARGET.
struct Argument {
  const char* name;  // "ADDRESS"
  const char* help;
  void (*set)(Options& options, const std::string& value);  // as Flag::set
  bool optional = false;
  std::string (*choices)() = nullptr;  // the only words that it takes, with spaces between; null if nobody knows them
  bool repeats = false;                // it takes all words that follow; of the last one only
};

struct Verb {
  const char* name;
  const char* help;     // one line
  const char* example;  // a whole command
  Answers answers = Answers::kEverything;
  std::vector<std::span<const Flag>> flags = {};
  std::vector<Argument> arguments = {};
  // For a verb whose answer is a table; null for the others.
  view::TableShape (*shape)(const Options& options) = nullptr;
  // Checks what can only be seen when all options are known; fails with kUsage. May be null.
  void (*check)(const Options& options) = nullptr;
  bool target_optional = false;  // without one there is something to say, too
  bool reads_content = false;    // asks a live process or a core for what objects contain: user data
  bool reads_headers = false;    // asks them for what objects with pointers contain, which is copied in any case
  bool reads_outside = false;    // asks a live process for memory outside of the Go heap, too
  bool shows_first = false;      // on a terminal, what is known early is shown while the rest is computed
  // Prints the answer and returns the exit code.
  int (*run)(RunningVerb& run) = nullptr;
};

// Returns the verbs in the order of the help; the first one is meant if none is named.
std::span<const Verb* const> verbs();
// Returns the names of all, with spaces between.
std::string verb_names();
// Returns null if there is none of that name.
const Verb* verb_named(std::string_view name);
// Returns the verb that `word` may have been meant to be; null if none is near.
const Verb* verb_like(std::string_view word);
// Fails with kUsage, naming the nearest verb.
[[noreturn]] void refuse_verb(std::string_view word);

}  // namespace holdfast::cli
