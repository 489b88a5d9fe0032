// Which words functions take and return in registers, where that is known: exactly from method tables and itabs, or
// only the receiver, from the function's name; and which word follows an itab (types from code, 2.1 and 3.1; Go
// 1.19-1.27 on amd64). Read once when the program is opened; afterwards safe to read from several threads. Nothing
// throws.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/architecture.h"
#include "binary/pclntab.h"
#include "code/word_types.h"
#include "go/type_universe.h"

namespace holdfast::code {

// The registers for integers and pointers, by their encoding, in the order in which Go's calls use them.
constexpr std::uint8_t kArgumentWords = kArchitecture.argument_registers;
constexpr std::span<const std::uint8_t, kArgumentWords> kArgumentRegisters(kArchitecture.argument_register.data(),
                                                                           kArgumentWords);

// By position in kArgumentRegisters.
using RegisterWords = std::array<WordType, kArgumentRegisters.size()>;

struct Signature {
  RegisterWords in = {};
  RegisterWords out = {};
  bool knows_results = false;  // `out` is complete: registers that it leaves out hold no pointer of a known type
};

// The registers for values of these types, passed one after the other. A value that does not fit into the registers
// that are left goes to the stack as a whole.
RegisterWords in_registers(WordTypes& types, std::span<const Address> values);

class Signatures {
 public:
  explicit Signatures(std::unordered_map<Address, Signature> known, std::unordered_map<Address, WordType> values = {})
      : known_(std::move(known)), values_(std::move(values)) {}
  // `all` are the program's functions.
  Signatures(const go::Runtime& runtime, const go::TypeReader& reader, const go::TypeUniverse& universe,
             std::span<const binary::FunctionInfo> all);

  // By the function's entry; nullptr if nothing is known.
  const Signature* find(Address entry) const {
    const auto at = known_.find(entry);
    return at == known_.end() ? nullptr : &at->second;
  }
  // The word that stands behind an itab in an interface value; unknown unless there is such an itab, of a pointer type.
  WordType value_behind(Address itab) const {
    const auto at = values_.find(itab);
    return at == values_.end() ? WordType() : at->second;
  }
  std::size_t size() const { return known_.size(); }

 private:
  void add(WordTypes& types, Address code, Address receiver, Address function_type);
  void add_methods(WordTypes& types, const go::TypeReader& reader, Address type);
  void add_itab(WordTypes& types, const go::Runtime& runtime, const go::Itab& itab);
  void add_makers_of_bytes(const go::TypeReader& reader, const go::TypeUniverse& universe,
                           std::span<const binary::FunctionInfo> all);
  void add_by_name(const go::TypeReader& reader, const go::TypeUniverse& universe,
                   std::span<const binary::FunctionInfo> all);

  std::unordered_map<Address, Signature> known_;
  std::unordered_map<Address, WordType> values_;  // by itab
};

}  // namespace holdfast::code
