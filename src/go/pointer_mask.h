// Pointer masks by type: which words of a value the collector follows. From Go 1.22 on, objects above 512 bytes name
// their type in a header, and this mask is their pointer map (reference 3.3 to 3.5).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "go/gc_program.h"
#include "go/runtime.h"
#include "go/type_descriptor.h"

namespace holdfast::go {

// A mask is tiled over an object: word k of the value at data + i * size is a pointer if k < pointer_bytes / 8 and bit
// k of the mask is set. An array type has the mask of its element, whose tiles say the same, so the mask of [1 << 20]T
// is no longer than that of T.
struct PointerMask {
  std::uint64_t size = 0;           // the period in bytes; a multiple of 8 if there are pointers
  std::uint64_t pointer_bytes = 0;  // a multiple of 8; at most size; 0 = no pointers
  const std::uint64_t* words = nullptr;

  std::uint64_t bits() const { return pointer_bytes / 8; }
  bool test(std::uint64_t word) const { return (words[word / 64] >> (word % 64) & 1) != 0; }
};

// Masks by descriptor address. They are made when they are first asked for, and kept. Several threads may ask; an
// answer stays valid as long as the PointerMasks. Descriptors need not be in a module: reflect's types, the nameless
// types of 1.22 and 1.23 and the types of user arenas lie on or beside the heap.
class PointerMasks {
 public:
  // Both must outlive this.
  PointerMasks(const Runtime& runtime, LossLedger& losses);
  ~PointerMasks();
  PointerMasks(const PointerMasks&) = delete;
  PointerMasks& operator=(const PointerMasks&) = delete;

  // Returns nullptr, and counts a loss once per type, if the descriptor or its mask cannot be read or contradicts
  // itself. Takes one hash probe without a lock if the type is known.
  const PointerMask* of(Address type) const;

 private:
  struct Entry {
    Address type;
    PointerMask mask;
    std::vector<std::uint64_t> words;
    bool usable = false;
  };
  // Uses open addressing. A table that is half full is replaced by a larger one, and stays for readers that still look
  // at it.
  struct Table {
    explicit Table(std::size_t size) : slots(size) {}
    std::vector<std::atomic<const Entry*>> slots;
  };

  static const Entry* find(const Table& table, Address type);
  static void place(Table& table, const Entry* entry);
  const Entry* insert(std::unique_ptr<Entry> entry) const;
  // These run under the mutex.
  const Entry* known_or_made(Address type, int depth) const;
  bool make(Entry& entry, int depth) const;
  bool make_plain(Entry& entry, Address bitmap) const;
  bool make_from_program(Entry& entry, Address program) const;
  bool make_from_fields(Entry& entry, int depth) const;
  bool paste(Entry& entry, Address type, std::uint64_t offset, int depth) const;

  const Runtime& runtime_;
  LossLedger& losses_;
  mutable std::mutex mutex_;
  mutable std::atomic<const Table*> table_;
  mutable std::vector<std::unique_ptr<Table>> tables_;
  mutable std::vector<std::unique_ptr<Entry>> entries_;
  mutable std::uint64_t mask_bytes_ = 0;  // all masks together
};

}  // namespace holdfast::go
