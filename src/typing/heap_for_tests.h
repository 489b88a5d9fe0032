// For tests: a heap of objects that are built by hand, in Go's size classes.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/wire.h"
#include "go/type_image_for_tests.h"
#include "typing/propagate.h"

namespace holdfast::typing {

// Objects are declared first, those with pointers before the others; then their words are written.
class TestHeap : public HeapView {
 public:
  static constexpr Address kBase{0xc000000000};

  std::uint32_t add(std::uint64_t size, bool has_pointers) {
    HOLDFAST_CHECK(!has_pointers || pointerful_ == objects_.size());
    static constexpr std::uint64_t kClasses[] = {0,   8,   16,  24,  32,  48,  64,  80,  96,   112,  128,  144,
                                                 160, 176, 192, 208, 224, 240, 256, 288, 320,  352,  384,  416,
                                                 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 2048};
    const auto* slot = std::lower_bound(std::begin(kClasses), std::end(kClasses), size);
    HOLDFAST_CHECK(slot != std::end(kClasses));
    const bool tiny = !has_pointers && *slot == 16;
    objects_.push_back({memory_.size(), *slot, tiny ? 0 : *std::prev(slot)});
    memory_.resize(memory_.size() + *slot);
    pointerful_ += has_pointers ? 1 : 0;
    return static_cast<std::uint32_t>(objects_.size() - 1);
  }
  Address at(std::uint32_t row) const { return kBase + objects_[row].begin; }
  void write(std::uint32_t row, std::uint64_t offset, std::uint64_t value) {
    const le64 word = value;
    std::copy_n(reinterpret_cast<const std::byte*>(&word), 8,
                memory_.begin() + static_cast<std::ptrdiff_t>(objects_[row].begin + offset));
  }
  void write(std::uint32_t row, std::uint64_t offset, Address value) { write(row, offset, value.value); }
  void write_slice(std::uint32_t row, std::uint64_t offset, Address data, std::uint64_t count) {
    write(row, offset, data);
    write(row, offset + 8, count);
    write(row, offset + 16, count);
  }

  // Package variables, which nothing but pointers lead to.
  static constexpr Address kVariables{0x5f0000};
  void write_variable(Address at, std::uint64_t value) {
    if (variables_.size() < at - kVariables + 8) variables_.resize(at - kVariables + 8);
    const le64 word = value;
    std::copy_n(reinterpret_cast<const std::byte*>(&word), 8, variables_.data() + (at - kVariables));
  }

  std::uint32_t pointerful() const override { return pointerful_; }
  std::uint32_t objects() const override { return static_cast<std::uint32_t>(objects_.size()); }
  void find(std::span<const Address> addresses, std::span<Location> locations) const override {
    for (std::size_t i = 0; i < addresses.size(); ++i) locations[i] = find(addresses[i]);
  }
  void read(std::span<const std::uint32_t> rows, std::span<Object> objects) const override {
    for (std::size_t i = 0; i < rows.size(); ++i)
      objects[i] = {memory_.data() + objects_[rows[i]].begin, objects_[rows[i]].bytes, objects_[rows[i]].too_small};
  }
  const std::byte* variable(Address at, std::uint64_t bytes) const override {
    const std::uint64_t begin = at - kVariables;
    return begin < variables_.size() && bytes <= variables_.size() - begin ? variables_.data() + begin : nullptr;
  }

 private:
  struct TestObject {
    std::uint64_t begin = 0, bytes = 0, too_small = 0;
  };
  Location find(Address address) const {
    const std::uint64_t offset = address - kBase;
    if (offset >= memory_.size()) return {};
    const auto it = std::upper_bound(objects_.begin(), objects_.end(), offset,
                                     [](std::uint64_t at, const TestObject& slot) { return at < slot.begin; });
    const TestObject& slot = *std::prev(it);
    return {.row = static_cast<std::uint32_t>(std::prev(it) - objects_.begin()),
            .offset = offset - slot.begin,
            .bytes = slot.bytes,
            .too_small = slot.too_small};
  }

  std::vector<std::byte> memory_, variables_;
  std::vector<TestObject> objects_;
  std::uint32_t pointerful_ = 0;
};

// internal/runtime/maps.Map and its tables, as Go 1.26 has them.
constexpr go::SwissMapLayout kTestSwissMap = {.bytes = 48,
                                              .count = 0,
                                              .directory = 16,
                                              .directory_length = 24,
                                              .table_bytes = 32,
                                              .groups = 16,
                                              .groups_mask = 24,
                                              .table_index = 8};

// A program's types: build descriptors in `image`, list them in `known`, then open().
struct TestProgram {
  explicit TestProgram(int minor) : image(minor) {}

  // Fills the layouts of what the release has; addresses of known functions come from `functions`.
  void open() {
    image.set_typelinks(known);
    runtime.emplace(image.runtime());
    reader.emplace(*runtime);
    universe.emplace(*runtime, *reader, losses);
    types.emplace(*runtime, *reader, *universe, layouts, strings, [this](Address code) {
      const auto it = functions.find(code);
      return it == functions.end() ? std::string() : it->second;
    });
  }
  // "main.Item", "func main.run"; "header of map[int]*main.Item", "string data": what has only a role.
  std::string name(TypeId type) const {
    static constexpr const char* kRoles[] = {"",      "header",   "directory",     "table",   "group", "bucket",
                                             "extra", "overflow", "overflow list", "channel", "func",  "string data"};
    if (!type) return "";
    const Type& row = (*types)[type];
    std::string text = row.name && row.role != TypeRole::kClosure ? "" : kRoles[static_cast<std::size_t>(row.role)];
    const auto add = [&](std::string_view word) { text.append(text.empty() ? "" : " ").append(word); };
    if (row.name) add(types->name(type));
    if (!row.name && row.of) add(fmt::format("of {}", types->name(row.of)));
    return text;
  }

  go::TypeImage image;
  std::vector<Address> known;
  std::map<Address, std::string> functions;
  go::LibraryLayouts layouts;
  StringTable strings;
  LossLedger losses;
  std::optional<go::Runtime> runtime;
  std::optional<go::TypeReader> reader;
  std::optional<go::TypeUniverse> universe;
  std::optional<TypeTable> types;
};

}  // namespace holdfast::typing
