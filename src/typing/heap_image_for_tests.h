// For tests: a process with types and objects in one memory (go/type_image_for_tests.h), the Snapshot of its heap, and
// the search for types run on both.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "go/type_image_for_tests.h"
#include "heap/known_by.h"
#include "typing/find_types.h"

namespace holdfast::typing {

using heap::KnownBy;

// Spans first, those of objects with pointers before the others; then open(). Descriptors and the words of objects may
// be written before and after.
class HeapImage {
 public:
  // `minor`: of the Go release, whose way to keep pointer maps spans have.
  explicit HeapImage(int minor = 26) : image(minor) {
    // What every walk over stacks asks for, even where there are none.
    for (const char* field : {"runtime.g.sched.ctxt", "runtime.g._defer", "runtime._defer.fn", "runtime._defer.link",
                              "runtime._defer.heap"})
      image.layouts.fields[field] = {0, 8};
  }

  // A span of `pages` pages in which the slots with a set bit in `allocated` are; the others are free. Returns where it
  // begins.
  Address add_span(std::uint8_t size_class, std::uint64_t slot_size, bool has_pointers, std::uint64_t allocated = 1,
                   std::uint8_t header = 0, std::uint32_t pages = 1) {
    heap::Span span;
    span.base = next_;
    span.pages = pages;
    span.slot_size = slot_size;
    span.slots = static_cast<std::uint32_t>(span.bytes() / slot_size);
    span.size_class = size_class;
    span.has_pointers = has_pointers;
    span.header = header;
    span.bits_at = static_cast<std::uint32_t>(bits_.size());
    bits_.push_back(allocated);
    bits_.resize(bits_.size() + (span.slots - 1) / 64);
    snapshot.spans.push_back(span);
    next_ = next_ + span.bytes();
    return span.base;
  }
  // A span with one object of 32 bytes.
  Address add_object(bool has_pointers = true) { return add_span(4, 32, has_pointers); }
  // The next span begins there.
  void go_to(Address at) { next_ = at; }

  void open() {
    snapshot.allocated = HugeArray<std::uint64_t>(bits_.size());
    std::copy(bits_.begin(), bits_.end(), snapshot.allocated.data());
    const heap::ObjectCounts counts = heap::number_objects(snapshot.spans, snapshot.allocated);
    snapshot.pointerful = counts.pointerful;
    snapshot.objects = counts.objects;
    runtime.emplace(image.runtime());
    functions.emplace(*runtime, losses);
    index.emplace(snapshot);
  }
  // Opens it and finds the types.
  FoundTypes find_types(const ReasonsCallback& reasons = {}, std::span<const std::byte> kept_code_facts = {}) {
    if (!runtime) open();
    return add_types(
        {*runtime, *functions, {}, images, large_types, *index, scheduler, specials, symbols, nullptr, kept_code_facts},
        snapshot, losses, reasons);
  }

  ObjectId object(Address at) const { return index->find_object(at); }
  // Name and source of the type of the object at the address.
  std::string type(Address at) const {
    const TypeId type = snapshot.object_type[object(at).row].type();
    return type ? std::string(snapshot.strings[snapshot.types[type.row].name]) : std::string();
  }
  KnownBy known_by(Address at) const { return snapshot.object_type[object(at).row].known_by(); }

  go::TypeImage image;
  heap::Snapshot snapshot;
  LossLedger losses;
  std::vector<go::LoadedImage> images;
  std::vector<LargeType> large_types;
  go::Scheduler scheduler;
  std::vector<go::SpecialRoot> specials;
  go::Symbols symbols{std::vector<go::LoadedImage>()};
  std::optional<go::Runtime> runtime;
  std::optional<go::FunctionTables> functions;
  std::optional<heap::ObjectIndex> index;

 private:
  std::vector<std::uint64_t> bits_;
  Address next_ = go::TypeImage::kHeap;
};

}  // namespace holdfast::typing
