// Bytes of objects and package variables, for snapshots that should show values: copied, or read when they are asked
// for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loss.h"
#include "go/function_tables.h"
#include "go/runtime.h"
#include "heap/content.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// It is called once, by the thread that builds the snapshot. Fills snapshot.content with the heap's spans and the data
// of every module, as far as they can be read and hold anything: pages of zeros are left out. `holes` (sorted,
// disjoint) read as zeros and are not looked at. Of `constants`, the memory that a program cannot write to, those bytes
// are kept that words of the content name with a length behind the address, as the header of a string does, or with a
// type before it, as an interface does. This is user data, so only those get it who asked for it. The snapshot must
// have its spans. What cannot be read is a loss. Of `data`, the memory of the program's files that is no code, the
// functions are named that words of the content lead to, as function values do that have captured nothing:
// snapshot.named_words.
void add_content(const go::Runtime& runtime, const go::FunctionTables& functions,
                 const std::vector<AddressRange>& constants, const std::vector<AddressRange>& data,
                 const std::vector<AddressRange>& holes, heap::Snapshot& snapshot, LossLedger& losses);

// What a frozen target contains, read when it is asked for. All of its memory that the program could read is there,
// with pages of zeros.
class FrozenContent : public heap::ContentSource {
 public:
  // `owner` keeps alive what the other two refer to. `why_missing` is a constant.
  FrozenContent(const MemorySource& memory, const go::FunctionTables& functions, std::shared_ptr<const void> owner,
                std::string_view why_missing)
      : memory_(memory), functions_(functions), owner_(std::move(owner)), why_missing_(why_missing) {}

  std::uint64_t read(Address at, std::span<std::uint8_t> to) const override;
  bool lacks_zeros() const override { return false; }
  std::string_view why_missing() const override { return why_missing_; }
  std::string function_of(Address value) const override;

 private:
  const MemorySource& memory_;
  const go::FunctionTables& functions_;
  std::shared_ptr<const void> owner_;
  std::string_view why_missing_;
};

}  // namespace holdfast::capture
