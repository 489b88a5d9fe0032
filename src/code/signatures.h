// Which words functions take and return in registers, where that is known: exactly from method tables and itabs, or
// only the receiver, from the function's name; and which word follows an itab (types from code, 2.1 and 3.1; Go
// 1.19-1.27 on amd64). Finding out which type tells of which function takes a look at every type of the program, so
// that is kept from run to run (code/facts_file.h); the signatures are made when they are asked for. Safe to use from
// several threads. Nothing throws.
#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/architecture.h"
#include "binary/pclntab.h"
#include "code/word_types.h"
#include "go/type_index.h"
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

// What tells the signature of a function, or the word behind an itab.
struct SignatureSource {
  enum class Kind : std::uint8_t {
    kMethod,    // of `receiver`; `type` is its func type, without the receiver
    kReceiver,  // the first argument is a pointer to `receiver`
    kBytes,     // returns a slice; `receiver` is the type of its elements
    kText,      // returns a string, whose type is `receiver`
    kItab,      // no function: an itab of the type `receiver`
  };

  Address at;  // the function's entry, or the itab
  Kind kind = Kind::kMethod;
  Address receiver;
  Address type = {};

  auto operator<=>(const SignatureSource&) const = default;
};

// Returns one for each function and itab of which something is known, ascending by address. `all` are the program's
// functions.
std::vector<SignatureSource> find_signatures(const go::Runtime& runtime, const go::TypeReader& reader,
                                             const go::TypeUniverse& universe,
                                             std::span<const binary::FunctionInfo> all);

class Signatures {
 public:
  // `reader` must outlive this.
  Signatures(std::vector<SignatureSource> sources, const go::TypeReader& reader);

  const std::vector<SignatureSource>& sources() const { return sources_; }
  // By the function's entry; nullptr if nothing is known.
  const Signature* find(Address entry) const {
    const auto row = rows_.find(entry);
    if (!row) return nullptr;
    const Signature* const made = made_[*row].load(std::memory_order_acquire);
    return made != nullptr ? made : make(*row);
  }
  // The word that stands behind an itab in an interface value; unknown unless there is such an itab, of a pointer type.
  WordType value_behind(Address itab) const {
    const Signature* const found = find(itab);
    return found == nullptr ? WordType() : found->in.front();
  }

 private:
  const Signature* make(std::uint32_t row) const;

  std::vector<SignatureSource> sources_;
  go::TypeIndex rows_;  // of sources_
  mutable std::vector<std::atomic<const Signature*>> made_;
  mutable std::mutex making_;  // guards what follows
  mutable WordTypes types_;
  mutable std::deque<Signature> store_;
};

}  // namespace holdfast::code
