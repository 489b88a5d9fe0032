// Which functions use which words of package variables. A variable without a name is called after them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"

namespace holdfast::code {

// The two functions that tell most about a word of data or bss, the best one first; null where there are fewer.
//
// The first is the function that works with the variable. A function outside of the standard library is better than one
// within it, because it says more about this program. Then one that stores is better than one that only reads; one that
// uses few variables is better than one that uses many; and the lower address decides between equals. The second is
// the function that puts something there: an initialiser that stores, since that is where the variable was declared;
// else, if the first only reads, the best function that stores. Initialisers use nearly everything in their package, so
// one comes first only if nobody else uses the word. The order of reading makes no difference.
struct VariableUse {
  Address variable;
  std::array<Address, 2> functions;  // entries

  bool operator==(const VariableUse&) const = default;
};

// Keeps the best few functions for each word. Not for several threads.
class VariableUses {
 public:
  struct Use {
    Address variable;
    bool stores = false;
  };
  // Adds everything that the function uses, in any order, repetitions allowed. Called once for each function.
  void add(Address function, std::string_view name, std::span<const Use> uses);
  void merge(const VariableUses& other);

  // By address.
  std::vector<VariableUse> best() const;

 private:
  struct User {
    Address function;
    std::uint32_t variables = 0;  // words that it uses
    bool standard = false;
    bool reads_only = false;

    explicit operator bool() const { return static_cast<bool>(function); }
    bool is_before(const User& other) const;
  };
  struct Users {
    std::array<User, 2> workers;  // best first
    User writer;                  // the best function that stores
    User initialiser;

    void add_worker(const User& user);
    void add_writer(const User& user);
    void add_initialiser(const User& user);
    VariableUse best(Address variable) const;
  };

  std::unordered_map<Address, Users> users_;
  std::vector<Use> uses_;
};

}  // namespace holdfast::code
