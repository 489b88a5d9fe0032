// Tells which types a program hands on: whose descriptors go anywhere else than straight to a call of the allocator.
// Such a type may get to reflection, in an interface, or to generic code, in a dictionary; both make objects of types
// that no call names. A type that is not handed on is made by the calls that name it and by nothing else. amd64,
// Go 1.19-1.27.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/address.h"
#include "binary/instructions.h"
#include "go/runtime.h"
#include "go/type_reader.h"

namespace holdfast::code {

// One thread. When in doubt a type is handed on.
class HandedOnTypes {
 public:
  // `runtime` must outlive this.
  explicit HandedOnTypes(const go::Runtime& runtime) : runtime_(runtime), types_(runtime) {}

  // To be called for each function of the runtime, before any is looked at; `name`: without "runtime.".
  void take_function(Address entry, std::string_view name);
  // One function's instructions, where others may jump to (ascending), and its bytes.
  void look_at(std::span<const binary::Instruction> instructions, std::span<const Address> labels,
               std::span<const std::byte> bytes);

  // Returns which types are handed on by what was looked at, by words of `data`, and within other types. `made`: all
  // types that calls name. To be called once.
  std::unordered_set<Address> find(std::span<const Address> made, std::span<const AddressRange> data);

 private:
  void step(const binary::Instruction& in, std::span<const std::byte> encoding);
  void set(std::uint8_t number, Address at);
  void hand_on(std::uint8_t number);
  void hand_on_all();
  void look_at_data(std::span<const AddressRange> data, const std::vector<Address>& all);
  void look_at_words(AddressRange range, const std::unordered_set<Address>& all);

  const go::Runtime& runtime_;
  go::TypeReader types_;
  std::unordered_set<Address> harmless_;  // functions that make at most what the call names
  std::array<Address, 16> held_ = {};     // by register; null: no address of a type
  std::unordered_set<Address> seen_;      // by code: may be no types
  std::unordered_set<Address> handed_on_;
};

}  // namespace holdfast::code
