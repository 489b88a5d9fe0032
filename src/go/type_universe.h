// All types of a program: what typelinks (Go 1.19-1.26) or a walk over the descriptors (1.27) list, the types of all
// itabs, and everything that these name (reference 6.2). It also answers the question that a scan of the heap asks of
// every word: is this the first word of an interface? Several threads may ask while none adds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "go/runtime.h"
#include "go/type_index.h"
#include "go/type_reader.h"

namespace holdfast::go {

// The first word of a non-empty interface: it tells which interface type, and the type of the value.
struct Itab {
  Address address;
  Address interface;
  Address type;
  bool operator==(const Itab&) const = default;
};

// runtime.itabTable is {size, count, entries[size]}, an open hash table of itabs with null where it is empty. Null if
// it was not found.
Address itab_table(const Runtime& runtime);
constexpr std::uint64_t kItabTableEntriesAt = 16;  // bytes from its beginning

class TypeUniverse {
 public:
  // The reader must outlive this. Tables that cannot be read are losses.
  TypeUniverse(const Runtime& runtime, const TypeReader& reader, LossLedger& losses);

  // Adds types that were found elsewhere (allocation headers, debug information, code), and all that they name.
  void add(std::span<const Address> types);

  // All descriptors, ordered by address.
  const std::vector<Address>& types() const { return types_; }
  // All itabs, ordered by address.
  const std::vector<Itab>& itabs() const { return itabs_; }

  const Itab* itab_at(Address itab) const;

  // Returns the type of the value of an interface whose first word is `word`; null if that is neither a known
  // descriptor nor a known itab. For most words of a heap one or two comparisons are enough.
  Address interface_type(Address word) const {
    if (!in_static(word) && !in_dynamic(word)) return Address();
    const auto row = words_.find(word);
    return row ? value_types_[*row] : Address();
  }

 private:
  bool in_static(Address word) const { return static_.contains(word); }
  bool in_dynamic(Address word) const { return dynamic_.contains(word); }
  void read_typelinks(const Module& module);
  void walk_descriptors(const Module& module);
  void read_itablinks(const Module& module);
  void walk_itabs(const Module& module);
  void read_itab_table();
  bool add_itab(Address itab);
  void close();
  void note(Address word, Address type);

  const Runtime& runtime_;
  const TypeReader& reader_;
  LossLedger& losses_;
  std::vector<Address> types_;
  std::vector<Itab> itabs_;
  std::vector<Address> pending_;  // not yet looked at
  TypeIndex words_;               // descriptors and itabs -> row of value_types_
  std::vector<Address> value_types_;
  AddressRange static_;   // surrounds all words of the modules
  AddressRange dynamic_;  // surrounds all others: reflect's types, itabs made at run time
};

}  // namespace holdfast::go
