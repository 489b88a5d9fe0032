// Which functions of the runtime take a type in a register, and which keep registers that other calls overwrite. They
// are found by name when the program is opened and looked up by entry address at each call. Go 1.19-1.27 on amd64
// (types from code, 3 and 4.2). Reading is safe from several threads; nothing throws.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/address.h"
#include "go/function_tables.h"

namespace holdfast::code {

// What a call does, written "arguments -> result", each with its register.
enum class Callee : std::uint8_t {
  kOther,               // nothing that is known here
  kNewObject,           // type RAX -> *T RAX
  kMalloc,              // size RAX, type RBX -> *T RAX
  kMakeSlice,           // type RAX -> array RAX
  kGrowSlice,           // old pointer RAX, type RSI -> array RAX
  kGrowSliceTypeFirst,  // type RAX, old pointer RBX -> array RAX
  kMapElement,          // map type RAX, map RBX -> *elem RAX
  kMapUse,              // map type RAX, map RBX
  kMapRemove,           // the same, and entries go
  kMakeMap,             // map type RAX -> map RAX
  kMakeSmallMap,        // -> map RAX; only its uses tell the type
  kConvert,             // type RAX -> *T RAX
  kTypedMove,           // type RAX, destination RBX, source RCX
  kTypedClear,          // type RAX, destination RBX
  kTypedSliceCopy,      // type RAX, destination RBX, source RDI
  kMakeChan,            // chan type RAX -> chan RAX
  kAddCleanup,          // dictionary RAX, object RBX, func value RCX, argument RDI and on: generic, Go 1.24 and later
  kAnyAddress,          // the address of anything RAX: race and sanitizer checks
  kWriteBarrier,        // keeps all registers but R11
  kDuff,                // overwrites RDI, RSI and vector registers; is called at addresses in its middle
  kAway,                // does not return
};

class Callees {
 public:
  // Finds the functions by name. `all` are the program's functions: generic ones have a name for each instance.
  Callees(const go::FunctionTables& functions, std::span<const binary::FunctionInfo> all);
  explicit Callees(std::unordered_map<Address, Callee> callees) : callees_(std::move(callees)) {}

  // What the function at `entry`, or the part of a Duff device there, does; kOther for all others.
  Callee find(Address entry) const {
    const auto at = callees_.find(entry);
    if (at != callees_.end()) return at->second;
    return duff_zero_.contains(entry) || duff_copy_.contains(entry) ? Callee::kDuff : Callee::kOther;
  }

 private:
  std::unordered_map<Address, Callee> callees_;
  AddressRange duff_zero_, duff_copy_;
};

}  // namespace holdfast::code
