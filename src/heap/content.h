// The bytes of the target that a snapshot has kept (Snapshot::content), found by address. Several threads may read it;
// nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

// Bytes of the target that a snapshot has not copied and that can be had all the same: a core is mapped, and the copy
// of a process can be kept a while. It owns what it reads from. Several threads may use one.
class ContentSource {
 public:
  ContentSource() = default;
  ContentSource(const ContentSource&) = delete;
  ContentSource& operator=(const ContentSource&) = delete;
  virtual ~ContentSource() = default;

  // Copies the bytes from `at` on, as far as they are there without a gap and `to` has room; returns how many.
  virtual std::uint64_t read(Address at, std::span<std::uint8_t> to) const = 0;
  // Whether it lacks pages of the heap that hold nothing, as content that was kept does.
  virtual bool lacks_zeros() const = 0;
  // Says in a few words why a byte is not there: "memory was not kept".
  virtual std::string_view why_missing() const = 0;
  // Returns the function that a function value calls which has captured nothing, by the address of its only word; empty
  // if it is none, and if the snapshot's named_words say that.
  virtual std::string function_of(Address value) const = 0;
};

class ContentView {
 public:
  // The content is used in place; it must outlive this and stay as it is.
  explicit ContentView(const Content& content);

  bool empty() const { return ranges_.empty(); }
  // The bytes [at, at + size), which point into the content; nothing if not all of them were kept. word() reads 8
  // bytes.
  std::optional<std::span<const std::uint8_t>> find(Address at, std::uint64_t size) const;
  std::optional<std::uint64_t> word(Address at) const;
  // The bytes from `at` to the end of what was kept without a gap; empty if the byte there was not kept.
  std::span<const std::uint8_t> from(Address at) const;

 private:
  std::span<const AddressRange> ranges_;
  std::span<const std::uint8_t> bytes_;
  std::vector<std::uint64_t> begin_;  // by range: where its bytes begin
};

}  // namespace holdfast::heap
