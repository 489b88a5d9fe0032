// For tests: small snapshots, declared thing by thing:
//
//   HeapBuilder heap;
//   const TypeId session = heap.structure("main.Session", 24, {{"Name", heap.string_type(), 0}, {"next", {}, 16}});
//   const auto a = heap.object(24, session);
//   const auto b = heap.leaf(64);
//   heap.edge(a, 16, b);
//   heap.refer(heap.root(RootKind::kGlobal, "main.sessions"), a);
//   const Snapshot snapshot = heap.build();   // snapshot.edges of heap.id(a), ...
//
// Objects lie in the order in which they are added; neighbours of one size share a span. For graphs of mere numbers,
// without names, types or free slots, there is graph/snapshot_builder_for_tests.h.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "heap/label_writer.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::heap::testing {

class HeapBuilder {
 public:
  // An object before it has a number.
  struct Handle {
    bool has_pointers = false;
    std::uint32_t row = 0;  // among those of its sort
  };
  struct FieldOf {
    std::string_view name;
    TypeId type;
    std::uint64_t offset = 0;
  };

  // Gives access to everything that has no function here: target, losses, audit, ...
  Snapshot& snapshot() { return snapshot_; }

  // Adds an object that can hold pointers; leaf() adds one that cannot.
  Handle object(std::uint64_t size, TypeId type = {}, KnownBy known_by = KnownBy::kHeader) {
    return add(true, {size, type, type ? known_by : KnownBy::kUnknown});
  }
  Handle leaf(std::uint64_t size, TypeId type = {}, KnownBy known_by = KnownBy::kHeader) {
    return add(false, {size, type, type ? known_by : KnownBy::kUnknown});
  }
  // Adds a slot without an object.
  void free_slot(bool has_pointers, std::uint64_t size) { slots_of(has_pointers).push_back({size, {}, {}, true}); }

  HeapBuilder& edge(Handle from, std::uint64_t offset, Handle to) {
    edges_.push_back({from, offset, to});
    return *this;
  }
  HeapBuilder& mark(Handle object) {
    marked_.push_back(object);
    return *this;
  }
  HeapBuilder& mark_fresh(Handle object) {
    fresh_.push_back(object);
    return *this;
  }

  // `name` is that of the variable, or of the function that the frame or special belongs to; empty for none.
  RootId root(RootKind kind, std::string_view name, RootId parent = {}, TypeId type = {}) {
    Label label;
    if (kind == RootKind::kGlobal) label.basis = Basis::kSymbol;
    if (!name.empty()) (kind == RootKind::kGlobal ? label.variable : label.code.function) = snapshot_.strings.add(name);
    return root(kind, label, parent, type);
  }
  RootId root(RootKind kind, const Label& label, RootId parent = {}, TypeId type = {}) {
    Root root;
    root.kind = kind;
    root.parent = parent;
    root.label = LabelWriter(snapshot_.labels).add(label);
    root.type = type;
    snapshot_.roots.push_back(root);
    return RootId(static_cast<std::uint32_t>(snapshot_.roots.size() - 1));
  }
  // Adds a group of roots of that kind: all finalizers, ...
  RootId group(RootKind members) {
    Label label;
    label.members = members;
    return root(RootKind::kGroup, label);
  }
  // Adds a group of goroutines that wait there.
  RootId group(WaitReason reason, std::string_view function, std::string_view file = {}, std::uint32_t line = 0) {
    Label label;
    label.members = RootKind::kGoroutine;
    label.wait_reason = reason;
    label.code.function = snapshot_.strings.add(function);
    if (!file.empty()) label.code.file = snapshot_.strings.add(file);
    label.code.line = line;
    return root(RootKind::kGroup, label);
  }
  HeapBuilder& refer(RootId root, Handle object, std::uint32_t offset = 0) {
    references_.push_back({root, object, offset});
    return *this;
  }

  GoroutineId goroutine(std::uint64_t goid, GoroutineState state, WaitReason wait_reason, RootId root,
                        std::initializer_list<std::string_view> functions = {}) {
    Goroutine goroutine;
    goroutine.goid = goid;
    goroutine.state = state;
    goroutine.wait_reason = wait_reason;
    goroutine.root = root;
    goroutine.unwound = true;
    goroutine.first_frame = static_cast<std::uint32_t>(snapshot_.frames.size());
    goroutine.frame_count = static_cast<std::uint32_t>(functions.size());
    for (const std::string_view function : functions) {
      Frame frame;
      frame.function = snapshot_.strings.add(function);
      snapshot_.frames.push_back(frame);
    }
    const GoroutineId id(static_cast<std::uint32_t>(snapshot_.goroutines.size()));
    snapshot_.goroutines.push_back(goroutine);
    if (root) snapshot_.roots[root.row].goroutine = id;
    return id;
  }

  // Says that these functions allocated the object, innermost first; equal stacks become one.
  HeapBuilder& sample(Handle object, const std::vector<std::string_view>& functions) {
    samples_.push_back({object, stack_of(functions)});
    return *this;
  }

  TypeId type(std::string_view name, TypeKind kind, std::uint64_t size, TypeId elem = {}, std::uint64_t count = 0,
              TypeId key = {}) {
    Type type;
    type.name = snapshot_.strings.add(name);
    type.kind = kind;
    type.size = size;
    type.elem = elem;
    type.count = count;
    type.key = key;
    snapshot_.types.push_back(type);
    return TypeId(static_cast<std::uint32_t>(snapshot_.types.size() - 1));
  }
  TypeId structure(std::string_view name, std::uint64_t size, std::initializer_list<FieldOf> fields,
                   TypeKind kind = TypeKind::kStruct) {
    const TypeId id = type(name, kind, size);
    snapshot_.types[id.row].first_field = static_cast<std::uint32_t>(snapshot_.fields.size());
    snapshot_.types[id.row].field_count = static_cast<std::uint32_t>(fields.size());
    for (const FieldOf& field : fields)
      snapshot_.fields.push_back({snapshot_.strings.add(field.name), field.type, field.offset});
    return id;
  }
  // A part of a map or channel, or a closure: `of` the map type, the elements.
  TypeId type_of_role(TypeRole role, std::uint64_t size, TypeId of, TypeKind kind = TypeKind::kOpaque) {
    Type type;
    type.kind = kind;
    type.role = role;
    type.size = size;
    type.of = of;
    snapshot_.types.push_back(type);
    return TypeId(static_cast<std::uint32_t>(snapshot_.types.size() - 1));
  }
  TypeId string_type() { return type("string", TypeKind::kString, 16); }
  TypeId pointer_type(std::string_view name, TypeId elem = {}) { return type(name, TypeKind::kPointer, 8, elem); }

  // Call this after the last object was added.
  ObjectId id(Handle object) const {
    const auto objects_of = [&](bool has_pointers, std::uint32_t slots) {
      const auto& all = has_pointers ? pointerful_ : leaves_;
      return slots - static_cast<std::uint32_t>(
                         std::count_if(all.begin(), all.begin() + slots, [](const BuiltSlot& s) { return s.free; }));
    };
    const auto pointerful = objects_of(true, static_cast<std::uint32_t>(pointerful_.size()));
    return ObjectId(objects_of(object.has_pointers, object.row) + (object.has_pointers ? 0 : pointerful));
  }

  // Gives the snapshot away: call it once, at the end.
  Snapshot build() {
    add_spans(true);
    add_spans(false);
    const ObjectCounts counts = number_objects(snapshot_.spans, snapshot_.allocated);
    snapshot_.pointerful = counts.pointerful;
    snapshot_.objects = counts.objects;
    add_columns();
    add_edges();
    add_root_targets();
    add_samples();
    return std::move(snapshot_);
  }

 private:
  struct BuiltSlot {
    std::uint64_t size = 0;
    TypeId type;
    KnownBy known_by = KnownBy::kUnknown;
    bool free = false;
  };
  struct Edge {
    Handle from;
    std::uint64_t offset = 0;
    Handle to;
  };
  struct Reference {
    RootId root;
    Handle object;
    std::uint32_t offset = 0;
  };

  struct Sample {
    Handle object;
    AllocationStackId stack;
  };

  AllocationStackId stack_of(const std::vector<std::string_view>& functions) {
    for (std::uint32_t s = 0; s < snapshot_.allocation_stacks.size(); ++s) {
      const AllocationStack& stack = snapshot_.allocation_stacks[s];
      bool same = stack.frame_count == functions.size();
      for (std::uint32_t f = 0; same && f < stack.frame_count; ++f)
        same = snapshot_.strings[snapshot_.frames[stack.first_frame + f].function] == functions[f];
      if (same) return AllocationStackId(s);
    }
    AllocationStack stack;
    stack.first_frame = static_cast<std::uint32_t>(snapshot_.frames.size());
    stack.frame_count = static_cast<std::uint32_t>(functions.size());
    for (const std::string_view function : functions) {
      Frame frame;
      frame.function = snapshot_.strings.add(function);
      snapshot_.frames.push_back(frame);
    }
    snapshot_.allocation_stacks.push_back(stack);
    return AllocationStackId(static_cast<std::uint32_t>(snapshot_.allocation_stacks.size() - 1));
  }
  void add_samples() {
    for (const Sample& sample : samples_) snapshot_.sampled.push_back({id(sample.object), sample.stack});
    std::sort(snapshot_.sampled.begin(), snapshot_.sampled.end(),
              [](const SampledObject& a, const SampledObject& b) { return a.object < b.object; });
  }

  std::vector<BuiltSlot>& slots_of(bool has_pointers) { return has_pointers ? pointerful_ : leaves_; }
  Handle add(bool has_pointers, BuiltSlot slot) {
    slots_of(has_pointers).push_back(slot);
    return {has_pointers, static_cast<std::uint32_t>(slots_of(has_pointers).size() - 1)};
  }

  void add_spans(bool has_pointers) {
    const std::vector<BuiltSlot>& slots = slots_of(has_pointers);
    for (std::size_t first = 0, end = 0; first < slots.size(); first = end) {
      while (end < slots.size() && slots[end].size == slots[first].size) ++end;
      Span span;
      span.base = snapshot_.spans.empty() ? Address(0xc000000000)
                                          : snapshot_.spans.back().base + snapshot_.spans.back().bytes();
      span.slot_size = slots[first].size;
      span.slots = static_cast<std::uint32_t>(end - first);
      span.pages = static_cast<std::uint32_t>((span.slots * span.slot_size + 8191) / 8192);
      span.has_pointers = has_pointers;
      span.bits_at = static_cast<std::uint32_t>(snapshot_.allocated.size());
      HugeArray<std::uint64_t> bits(span.bits_at + (std::uint64_t{span.slots} + 63) / 64);
      std::copy(snapshot_.allocated.begin(), snapshot_.allocated.end(), bits.begin());
      for (std::size_t slot = first; slot < end; ++slot) {
        if (slots[slot].free) continue;
        set_bit(bits, span.bits_at * std::uint64_t{64} + slot - first);
        ++span.alloc_count;
      }
      snapshot_.allocated = std::move(bits);
      snapshot_.spans.push_back(span);
    }
  }

  void add_columns() {
    snapshot_.object_type = HugeArray<ObjectType>(snapshot_.objects);
    snapshot_.marked = HugeArray<std::uint64_t>((snapshot_.objects + 63) / 64);
    snapshot_.fresh = HugeArray<std::uint64_t>((snapshot_.objects + 63) / 64);
    for (const bool has_pointers : {true, false}) {
      for (std::uint32_t row = 0; row < slots_of(has_pointers).size(); ++row) {
        const BuiltSlot& slot = slots_of(has_pointers)[row];
        if (!slot.free && slot.type) snapshot_.object_type[id({has_pointers, row}).row] = {slot.type, slot.known_by};
      }
    }
    for (const Handle object : marked_) set_bit(snapshot_.marked, id(object).row);
    for (const Handle object : fresh_) set_bit(snapshot_.fresh, id(object).row);
  }

  void add_edges() {
    std::stable_sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) {
      return std::pair(a.from.row, a.offset) < std::pair(b.from.row, b.offset);
    });
    Edges& edges = snapshot_.edges;
    edges.row_begin = HugeArray<std::uint32_t>(std::uint64_t{snapshot_.pointerful} + 1);
    edges.target = HugeArray<std::uint32_t>(edges_.size());
    edges.step = HugeArray<std::uint8_t>(edges_.size());
    std::uint64_t last = 0;
    for (std::uint32_t e = 0; e < edges_.size(); ++e) {
      const std::uint32_t row = id(edges_[e].from).row;
      if (e == 0 || edges_[e - 1].from.row != edges_[e].from.row) last = 0;
      const std::uint64_t words = edges_[e].offset / 8 - last;
      last += words;
      if (words >= 255) edges.long_steps.emplace_back(e, words);
      edges.step[e] = static_cast<std::uint8_t>(std::min<std::uint64_t>(words, 255));
      edges.target[e] = id(edges_[e].to).row;
      ++edges.row_begin[row + 1];
    }
    for (std::uint32_t row = 0; row < snapshot_.pointerful; ++row) edges.row_begin[row + 1] += edges.row_begin[row];
  }

  void add_root_targets() {
    for (std::uint32_t row = 0; row < snapshot_.roots.size(); ++row) {
      snapshot_.roots[row].first_target = static_cast<std::uint32_t>(snapshot_.root_targets.size());
      for (const Reference& reference : references_)
        if (reference.root.row == row) snapshot_.root_targets.push_back({id(reference.object), reference.offset});
      snapshot_.roots[row].target_count =
          static_cast<std::uint32_t>(snapshot_.root_targets.size()) - snapshot_.roots[row].first_target;
    }
  }

  Snapshot snapshot_;
  std::vector<BuiltSlot> pointerful_, leaves_;
  std::vector<Edge> edges_;
  std::vector<Handle> marked_, fresh_;
  std::vector<Reference> references_;
  std::vector<Sample> samples_;
};

}  // namespace holdfast::heap::testing
