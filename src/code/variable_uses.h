// Which functions use which words of package variables: what a variable that has no name is called after.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"

namespace holdfast::code {

// The functions that tell most about a word of data or bss, the best one first; null where there are fewer.
//
// A variable is best known by who works with it: functions outside of the standard library before those within it, as
// they say more about this program; those that store before those that only read; those that use few variables, which
// are about this one, before those that use many; of equals the one at the lower address. The second says who puts
// something there: an initialiser that stores, since that is where the variable was declared; else, if the first only
// reads, the best that stores, be it of the standard library. Initialisers use nearly everything in their package, so
// they come first only where nobody else is. No order of reading makes a difference.
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
  // All that the function uses, in any order, things repeated too.
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
    User writer;                  // the best one that stores
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
