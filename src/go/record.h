// One structure of the target, read as a whole, so that its fields do not cost a read each. A LayoutSource has the
// offsets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/memory_source.h"
#include "go/layout.h"

namespace holdfast::go {

// A field that not every release has. It reads as 0 where it is absent.
using MaybeField = std::optional<FieldLayout>;

// Its bytes are those of the last read(); they stay in place if the memory has them together. For one thread.
class Record {
 public:
  // `size` in bytes. `memory` must outlive this.
  Record(const MemorySource& memory, std::uint64_t size) : memory_(memory), copy_(size) {}

  // False if any byte of the structure at `at` cannot be read; then the fields must not be asked for.
  bool read(Address at) {
    bytes_ = memory_.try_view(at, copy_.size());
    if (bytes_ != nullptr) return true;
    bytes_ = copy_.data();
    return memory_.try_read(at, copy_);
  }

  // Returns the field as an unsigned number: little-endian, of 1, 2, 4 or 8 bytes. Other sizes, and fields that reach
  // beyond the structure, read as 0, since layouts of debug information cannot be trusted.
  std::uint64_t number(const MaybeField& field) const {
    if (!field || field->offset > copy_.size() || copy_.size() - field->offset < field->size) return 0;
    const std::byte* p = bytes_ + field->offset;
    switch (field->size) {
      case 1:
        return load_le<std::uint8_t>(p);
      case 2:
        return load_le<std::uint16_t>(p);
      case 4:
        return load_le<std::uint32_t>(p);
      case 8:
        return load_le<std::uint64_t>(p);
      default:
        return 0;
    }
  }
  Address pointer(const MaybeField& field) const { return Address(number(field)); }
  bool flag(const MaybeField& field) const { return number(field) != 0; }

 private:
  const MemorySource& memory_;
  const std::byte* bytes_ = nullptr;
  std::vector<std::byte> copy_;
};

}  // namespace holdfast::go
