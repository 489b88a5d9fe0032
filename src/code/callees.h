// Functions of the runtime that are given a type in a register, or that keep registers which other calls do not
// (reference: types from code, 3 and 4.2; internal ABI of Go 1.17-1.27 on amd64).
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/address.h"
#include "go/function_tables.h"

namespace holdfast::code {

enum class Callee : std::uint8_t {
  kOther,
  kNewObject,           // type RAX -> *T RAX
  kMalloc,              // size RAX, type RBX -> *T RAX
  kMakeSlice,           // type RAX -> array RAX
  kGrowSlice,           // old pointer RAX, type RSI -> array RAX
  kGrowSliceTypeFirst,  // type RAX, old pointer RBX -> array RAX
  kMapElement,          // map type RAX, map RBX -> *elem RAX
  kMapUse,              // map type RAX, map RBX
  kMakeMap,             // map type RAX -> map RAX
  kMakeSmallMap,        // -> map RAX, of which type only its uses tell
  kConvert,             // type RAX -> *T RAX
  kTypedMove,           // type RAX, destination RBX, source RCX
  kTypedClear,          // type RAX, destination RBX
  kTypedSliceCopy,      // type RAX, destination RBX, source RDI
  kMakeChan,            // chan type RAX -> chan RAX
  kAddCleanup,          // dictionary RAX, object RBX, func value RCX, argument RDI and on: generic, Go 1.24 and later
  kWriteBarrier,        // keeps all registers but R11
  kDuff,                // changes RDI, RSI and vector registers; calls lead into its middle
  kAway,                // does not return
};

class Callees {
 public:
  // `all` functions of the program, for those that have many names.
  Callees(const go::FunctionTables& functions, std::span<const binary::FunctionInfo> all);
  explicit Callees(std::unordered_map<Address, Callee> callees) : callees_(std::move(callees)) {}

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
