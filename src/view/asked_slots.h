// Addresses that somebody asks about, as those that a crash told: the slots or pages of the heap that they lie in, and
// what is known of each. Nothing throws but where it is said; several threads may ask.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "dumps/crash_addresses.h"
#include "heap/freed_memory.h"
#include "view/names.h"

namespace holdfast::view {

class AskedSlots {
 public:
  struct Slot {
    AddressRange range;
    bool is_live = false;  // an object is in it
  };

  // All must outlive this. An address that lies nowhere in the heap has no slot; fails with kNotFound if there is
  // only one, and nothing is said of it.
  AskedSlots(const Names& names, const heap::FreedMemory& freed, std::span<const dumps::AskedAddress> asked);

  bool empty() const { return asked_.empty(); }
  // Returns the slot that the value lies in; null if it lies in none.
  const Slot* find(Address value) const;
  // Says where each address is and what is known of that, in sentences.
  std::string text() const;

 private:
  std::string text_of(const dumps::AskedAddress& asked) const;
  std::string place_in_object(Address address, ObjectId object) const;

  const Names& names_;
  std::span<const dumps::AskedAddress> asked_;
  std::vector<Slot> slots_;
};

}  // namespace holdfast::view
