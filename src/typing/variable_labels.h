// What package variables are called that have no symbol: after the functions that use them. A label says no more than
// what the machine code and the program's file show; both are the same in every run of a program, and so are its
// labels.
//
//   global of main.(*Registry).Open, main.init.0 (data+0x1c40)  these functions use this very word
//   global+0x10 of main.serve (bss+0x58)                        they use the variable, and its type says that it is
//   large
//                                                               enough to hold this word at 0x10
//   variable behind a global of main.visit (bss+0x5b8)          they use a variable that the linker laid down as a
//                                                               pointer to this one: `var registry = &Registry{}`
//   variable perhaps behind a global of main.visit (bss+0x5c0)  as before, but only the nearness of this word to where
//                                                               the pointer leads says that both are one variable
//   global of main.init, perhaps behind one of main.visit (...) the same of a word that only initialisers use
//   variable behind main.registry (bss+0x5b8)                   with symbols: the linker writes none for such variables
//   0x10 after a global of main.serve (bss+0x58)                they use the nearest word below: perhaps one variable,
//                                                               perhaps two
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "code/variable_uses.h"
#include "go/function_tables.h"
#include "go/runtime.h"
#include "go/symbols.h"
#include "heap/snapshot.h"

namespace holdfast::typing {

// A pointer from one variable to another that is there when the program starts.
struct StaticPointer {
  Address target;
  Address where;
};

// Those from data into data and bss, as the files have them: by target.
std::vector<StaticPointer> static_pointers(const std::vector<go::LoadedImage>& images,
                                           const std::vector<go::Module>& modules);

// A word that points to a value of that many bytes at least.
struct Pointee {
  Address where;
  std::uint64_t size = 0;
  bool is_whole = false;  // not more either: debug information says so, uses show perhaps only how the value begins
};

// What is known of where variables lie and who uses them.
struct VariableFacts {
  std::vector<code::VariableUse> uses;  // of single words; by address
  std::vector<AddressRange> extents;    // of variables whose type a use tells; by address
  std::vector<Pointee> pointees;        // by address of the word
};

class VariableLabels {
 public:
  // All must outlive this.
  VariableLabels(const VariableFacts& facts, const std::vector<StaticPointer>& pointers, const go::Symbols& symbols,
                 const std::vector<go::Module>& modules, const go::FunctionName& name_of)
      : facts_(facts), pointers_(pointers), symbols_(symbols), modules_(modules), name_of_(name_of) {}

  // The label of the word, without its place: "global of main.serve"; empty if nothing is known.
  std::string label(Address word) const;

 private:
  using Use = code::VariableUse;

  const Use* use_at(Address word) const;
  const Use* use_below(Address word) const;
  // A variable that leads to another one; by its name or who uses it.
  struct Holder {
    const go::Variable* symbol = nullptr;
    const Use* use = nullptr;
    bool is_certain = true;

    explicit operator bool() const { return symbol != nullptr || use != nullptr; }
  };
  std::string label_behind(const Holder& holder) const;
  std::string label_of_filled(const Use& own, const Holder& holder) const;
  Holder holder_of(Address word, int depth) const;
  const AddressRange* extent_around(Address word) const;
  const Pointee* pointee_of(Address pointer) const;
  bool is_initialised_only(const Use& use) const;
  AddressRange section_of(Address word) const;
  std::string functions(const Use& use) const;

  const VariableFacts& facts_;
  const std::vector<StaticPointer>& pointers_;
  const go::Symbols& symbols_;
  const std::vector<go::Module>& modules_;
  const go::FunctionName& name_of_;
};

// Completes the names of roots that are places in data or bss without a symbol: "data+0x1c40" becomes
// "global of main.(*Registry).Open, main.init.0 (data+0x1c40)".
void label_variables(const VariableLabels& labels, const go::Symbols& symbols, heap::Snapshot& snapshot);

}  // namespace holdfast::typing
