// Makes names of roots, types and places in code from the facts that a snapshot has of them. All functions can be
// called by several threads at once; nothing throws.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "heap/snapshot.h"
#include "heap/type_reasons.h"

namespace holdfast::view {

// How much a name says.
enum class Detail : std::uint8_t {
  kFull,   // "global of example.com/app.serve (bss+0x58)"
  kBrief,  // "global of app.serve (bss+0x58)": without import paths
  kPlace,  // "bss+0x58": the same, but only the place of a variable that has no name
};

// A line of code. It owns its texts. What is not known is empty or 0.
struct CodePlace {
  std::string function;
  std::string file;  // with its path
  std::uint32_t line = 0;

  bool empty() const { return function.empty() && file.empty(); }
  bool operator==(const CodePlace&) const = default;
};

// "main.(*Server).handle server.go:88"; empty if nothing is known.
std::string code_text(const CodePlace& place, Detail detail = Detail::kFull);

// The facts behind the name of a root, with full texts. What is not known or does not apply is empty or 0.
struct RootFacts {
  heap::RootKind kind = heap::RootKind::kGlobal;
  heap::Basis basis = heap::Basis::kNone;
  std::uint64_t goid = 0;
  std::string variable;            // its name
  std::vector<std::string> users;  // functions that use a variable without a name
  heap::Section section = heap::Section::kNone;
  std::uint64_t offset = 0;  // bytes into the section
  std::string module;        // path of the section's file; empty = the program
  WaitReason wait_reason = WaitReason::kZero;
  std::string function, file;  // of a frame or special, or of the place where goroutines stand
  std::uint32_t line = 0;

  bool operator==(const RootFacts&) const = default;
};

// An empty one if the root has none.
const heap::Label& label_of(const heap::Snapshot& snapshot, const heap::Root& root);

RootFacts facts_of(const heap::Snapshot& snapshot, const heap::Root& root);

// Names a root: "main.cache", "goroutine 17", "main.serve+0x3a server.go:88", "goroutines in chan send at main.work
// pool.go:17", "finalizer main.close".
// A variable that is a field of another one is called after that: "main.cache" of both words of `var cache = &Cache{}`.
// One without a name is called after the value that lies there, if its type is known, and who uses it:
//   global *main.Registry of main.serve (bss+0x58)             the variable may be larger and begin with that value
//   global main.Registry behind one of main.serve (bss+0x58)   a global there leads to that value, which is one itself
std::string root_text(const heap::Snapshot& snapshot, const heap::Root& root, Detail detail = Detail::kFull);
// The same with the field, if it is one word: "main.cache.entries".
std::string root_text_with_field(const heap::Snapshot& snapshot, const heap::Root& root);

// Names a package variable:
//   main.cache
//   global of main.(*Registry).Open, main.init.0 (data+0x1c40)  these functions use this very word
//   global *main.Registry of main.serve (bss+0x58)  the same, if its type is known
//   global+0x10 of main.serve (bss+0x58)      they use the variable, which is large enough to hold this word at 0x10
//   variable behind main.registry (bss+0x5b8)  that one leads to it: `var registry = &Registry{}`
//   variable behind a global of main.visit (bss+0x5b8)
//   variable perhaps behind a global of main.visit (bss+0x5c0)  only nearness says that both are one variable
//   global of main.init, perhaps behind one of main.visit (bss+0x5c0)  the same of a word that only initialisers use
//   0x10 after a global of main.serve (bss+0x58)
//   data+0x120 of libplugin.so                nothing is known of it
// `type`: of the value that begins there, if it is known.
std::string variable_text(const heap::Snapshot& snapshot, const heap::Label& label, Detail detail = Detail::kFull,
                          TypeId type = {});

// Whether a package variable is the runtime's: by its name, that of the variable it is behind, or who uses it.
bool is_of_runtime(const heap::Snapshot& snapshot, const heap::Root& variable);

// "main.registry+0x8", "data+0x1c40 of libplugin.so", "main.registry -> +0x8": empty if there is none.
std::string variable_text(const heap::VariableWord& word);

// Names a type: "main.cache", "map[string]*main.Session", "map.header[string]*main.Session", "chan *main.job", "func
// main.run.func1", "string data".
std::string type_name(const heap::Snapshot& snapshot, TypeId type);
// "chan *main.job", "chan (<-chan int)"; "chan" if the type of its elements is not known.
std::string channel_text(std::string_view element);
// Names an object that holds a value of the type, mostly at its beginning, and something else: "main.cache…".
std::string part_name(const heap::Snapshot& snapshot, TypeId type);
// The same as type_name() for types that are not the snapshot's, but have their names in its strings.
std::string type_name(const StringTable& strings, const std::vector<heap::Type>& types, TypeId type);

// "server.go:88"; empty if the file is not known. `file` is a path.
std::string line_text(std::string_view file, std::uint32_t line);
// "/src/server.go:88"
std::string line_text_with_path(std::string_view file, std::uint32_t line);

}  // namespace holdfast::view
