// Calls package variables without a symbol after the functions that use them. A label says no more than what the
// machine code and the program's file show; both are the same in every run of a program, and so are its labels. One
// thread; nothing throws.
//
//   used by these functions                     they use this very word
//   inside a variable that these functions use  its type says that it is large enough to hold this word
//   a name                                      what the word leads to belongs to one variable of the standard library
//   behind a variable                           the linker laid that one down as a pointer to this one: `var registry =
//                                               &Registry{}`; with symbols, too: the linker writes none for such
//                                               variables. By nearness: only how near this word lies to where the
//                                               pointer leads says that both are one variable. Words that only
//                                               initialisers use are told with these as well. In bss the linker
//                                               lays variables out in ascending order of size, so one has at least
//                                               the size of any below it: that is certain, too (seen in the symbols
//                                               of programs of Go 1.19, 1.23 and 1.26)
//   after a variable that these functions use   the nearest used word below: perhaps one variable, perhaps two
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "code/variable_uses.h"
#include "go/function_tables.h"
#include "go/runtime.h"
#include "go/symbols.h"
#include "heap/label_writer.h"
#include "heap/snapshot.h"

namespace holdfast::typing {

// Where an address in data or bss of the program or a plugin lies; without a section if it lies in none of them.
// `modules`: the program's own comes first.
heap::PlaceInData place_in_data(std::span<const go::Module> modules, Address at, StringTable& strings);

// A pointer from one variable to another that is there when the program starts.
struct StaticPointer {
  Address target;
  Address where;
};

// Returns the pointers from data into data and bss, as the files have them, ordered by target.
std::vector<StaticPointer> static_pointers(const std::vector<go::LoadedImage>& images,
                                           const std::vector<go::Module>& modules);

// A word that points to a value of at least that many bytes.
struct Pointee {
  Address where;
  std::uint64_t size = 0;
  // The value has no more bytes: debug information says so, while uses may only show how it begins.
  bool is_whole = false;
  TypeId type = {};  // of the value, if it is known
};

// A variable that is a value of the type, or begins with one.
struct TypedVariable {
  AddressRange range;  // of that value
  TypeId type;
};

// Orders them by word, and leaves of each word what says most: the whole size if it is known, else the largest, with
// its type.
void keep_largest(std::vector<Pointee>& pointees);
// Orders them by address, and leaves out those that lie within another one.
void keep_largest(std::vector<TypedVariable>& variables);

// A word of a variable of the standard library whose name follows from what the word leads to.
struct NamedWord {
  Address where;
  std::string_view name;  // lives as long as the program
};

// What is known about where variables lie and who uses them.
struct VariableFacts {
  std::vector<code::VariableUse> uses;   // of single words; by address
  std::vector<TypedVariable> variables;  // by address, none within another one
  std::vector<Pointee> pointees;         // by address of the word, each once
  std::vector<NamedWord> names;          // by address
};

// What is known of a word in data or bss: what it is called, and where in a value of which type it lies.
struct VariableWord {
  heap::Label label;  // without its place; without a basis if nothing is known
  TypeId type;
  std::uint64_t offset = 0;
};

class VariableLabels {
 public:
  // All must outlive this.
  VariableLabels(const VariableFacts& facts, const std::vector<StaticPointer>& pointers, const go::Symbols& symbols,
                 const std::vector<go::Module>& modules, const go::FunctionName& name_of, StringTable& strings,
                 heap::LabelWriter& labels)
      : facts_(facts),
        pointers_(pointers),
        symbols_(symbols),
        modules_(modules),
        name_of_(name_of),
        strings_(strings),
        labels_(labels),
        sizes_below_(sizes_in_bss()) {}

  VariableWord find(Address word);
  // The type of the variable that begins there; none if it is not known.
  TypeId type_of(Address variable) const;

 private:
  using Use = code::VariableUse;

  const NamedWord* name_at(Address word) const;
  const Use* use_at(Address word) const;
  const Use* use_below(Address word) const;
  // A variable that points to another one, given by its name or by who uses it.
  struct Holder {
    const go::Variable* symbol = nullptr;
    const Use* use = nullptr;
    bool is_certain = true;
    TypeId type;  // of the value that it points to and the word lies in, if that is known
    std::uint64_t offset = 0;

    explicit operator bool() const { return symbol != nullptr || use != nullptr; }
  };
  VariableWord find_behind(const Holder& holder);
  VariableWord find_filled(const Use& own, const Holder& holder);
  heap::Label used_by(const Use& use, heap::Relation relation = heap::Relation::kItself, std::uint64_t distance = 0);
  Holder holder_of(Address word, int depth) const;
  const TypedVariable* variable_around(Address word) const;
  const TypedVariable* variable_at(Address begin) const;
  const Pointee* pointee_of(Address pointer) const;
  bool is_initialised_only(const Use& use) const;
  std::vector<AddressRange> sizes_in_bss() const;
  std::uint64_t least_size_of(Address variable) const;
  AddressRange section_of(Address word) const;

  const VariableFacts& facts_;
  const std::vector<StaticPointer>& pointers_;
  const go::Symbols& symbols_;
  const std::vector<go::Module>& modules_;
  const go::FunctionName& name_of_;
  StringTable& strings_;
  heap::LabelWriter& labels_;
  std::vector<AddressRange> sizes_below_;  // variables in bss with the largest known size up to there; by address
};

// Completes the labels of roots and of locks that are places in data or bss without a name, and tells the types of
// package variables.
void label_variables(const VariableFacts& facts, const std::vector<StaticPointer>& pointers, const go::Symbols& symbols,
                     const std::vector<go::Module>& modules, const go::FunctionName& name_of, heap::Snapshot& snapshot);

}  // namespace holdfast::typing
