// What machine code says of who has a lock of package sync that lies in a package variable (Go 1.19-1.27). No stack
// need have a pointer to such a lock, since its address stands in code; but code says more than a pointer would: a
// function that has locked it on every way to where it stands, and unlocked it on none since, surely has it. Locks that
// code reaches through a pointer are not seen. Several threads may ask.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "go/function_tables.h"

namespace holdfast::go {

// What a function has of a lock where it stands.
struct LockState {
  bool asks = false;     // in the call there it waits for the lock
  bool surely = false;   // it has locked it
  bool perhaps = false;  // on some way it has
  bool keeps = true;     // what its caller had of the lock was not unlocked

  bool operator==(const LockState&) const = default;
};

// What a call of a function may do with a lock.
struct LockEffect {
  bool leaves_locked = false;
  bool unlocks = false;  // what its caller has

  explicit operator bool() const { return leaves_locked || unlocks; }
  bool operator==(const LockEffect&) const = default;
};

using LockEffects = std::unordered_map<Address, LockEffect>;  // by entry; functions that are not in it do nothing

// How a function uses a lock.
struct LockUse {
  struct Place {
    Address behind;  // the call: its return address
    LockState state;
  };
  std::vector<Place> calls;  // ascending
  LockState elsewhere;       // where it stands in none of its calls
  LockEffect effect;
  // It stores the address of the lock or passes it on to a function that is not one of package sync, so that others may
  // lock and unlock it in ways that are not seen.
  bool lets_out = false;

  const LockState& at(Address return_address) const;
};

// Follows the function from its first instruction to its last. Any bytes may be its code: nothing throws.
LockUse follow_lock(const FunctionTables& functions, const Code& function, AddressRange lock,
                    const LockEffects& effects);

// Returns for each range the functions whose code may refer to its memory, or call what begins there: somewhere in them
// are four bytes that would lead there as a displacement. Each once; a few may be among them that do not. None if some
// code cannot be read. One pass over all code, which throws only when it is cancelled.
std::optional<std::vector<std::vector<Code>>> find_references(const FunctionTables& functions,
                                                              std::span<const AddressRange> ranges);

}  // namespace holdfast::go
