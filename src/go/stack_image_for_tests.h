// For tests: a Go process with functions, goroutines and stacks built by hand, in the layouts of any release.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_image.h"
#include "binary/pclntab_builder_for_tests.h"
#include "go/function_tables.h"
#include "go/goroutines.h"
#include "go/layout_table.h"
#include "go/runtime.h"

namespace holdfast::go {

class StackImage {
 public:
  static constexpr Address kText{0x401000};
  static constexpr Address kPclntab{0x600000};
  static constexpr Address kGofunc{0x700000};
  static constexpr Address kRodata{0x710000};
  static constexpr Address kData{0xc000000000};  // g, m, sudog ...
  static constexpr Address kStack{0xc000100000};
  static constexpr Address kStackEnd{0xc000108000};
  static constexpr Address kSystemStack{0xc000200000};
  static constexpr Address kSignalStack{0xc000300000};
  static constexpr std::uint64_t kSize = 0x8000;  // of each part
  static constexpr Address kHeap{0xc000400000};   // roots may point there; it is not readable

  explicit StackImage(int minor)
      : version(parse_version("go1." + std::to_string(minor))),
        layouts(layout_table(version)),
        builder_(minor < 20 ? binary::PclntabBuilder::Form::kGo118 : binary::PclntabBuilder::Form::kGo120) {
    for (const Address at : {kGofunc, kRodata, kData, kStack, kSystemStack, kSignalStack}) map(at, kSize);
    gofunc_at_ = 8;
  }

  GoVersion version;
  std::unique_ptr<LayoutSource> layouts;
  Variables vars;

  // Maps zeroed memory at a place that the test chooses. Call it before the first runtime().
  void map(Address at, std::uint64_t bytes) { parts_.push_back({at, std::vector<std::byte>(bytes)}); }

  // Functions must be added before the first runtime().
  Address function(const binary::BuiltFunction& f) { return kText + builder_.add(f); }
  // Adds a function that has a frame of that size all through its code.
  Address function(std::string name, std::int32_t frame_size, std::uint8_t flags = 0) {
    return function({.name = std::move(name), .sp = {{0x40, frame_size}}, .flags = flags});
  }

  // Adds a stack map, each bitmap given as a list of its set bits. Returns its offset from gofunc.
  std::uint32_t stack_map(std::uint32_t bits, const std::vector<std::vector<std::uint32_t>>& bitmaps) {
    const std::uint32_t at = gofunc_at_;
    put<std::uint32_t>(kGofunc + at, static_cast<std::uint32_t>(bitmaps.size()));
    put<std::uint32_t>(kGofunc + at + 4, bits);
    const std::uint32_t row = (bits + 7) / 8;
    for (std::uint64_t i = 0; i < bitmaps.size(); ++i) put_bits(kGofunc + at + 8 + i * row, bitmaps[i]);
    gofunc_at_ = at + (8 + row * static_cast<std::uint32_t>(bitmaps.size()) + 7) / 8 * 8;
    return at;
  }
  struct StackVariable {
    std::int32_t offset = 0;
    std::int32_t size = 0;
    std::int32_t pointer_bytes = 0;
    std::uint32_t mask = 0;  // its offset in rodata
  };
  std::uint32_t stack_objects(const std::vector<StackVariable>& variables) {
    const std::uint32_t at = gofunc_at_;
    put<std::uint64_t>(kGofunc + at, variables.size());
    for (std::uint64_t i = 0; i < variables.size(); ++i) {
      const Address record = kGofunc + at + 8 + i * 16;
      put<std::int32_t>(record, variables[i].offset);
      put<std::int32_t>(record + 4, variables[i].size);
      put<std::int32_t>(record + 8, variables[i].pointer_bytes);
      put<std::uint32_t>(record + 12, variables[i].mask);
    }
    gofunc_at_ = at + 8 + 16 * static_cast<std::uint32_t>(variables.size());
    return at;
  }
  // Adds a pointer mask to rodata, and returns its offset.
  std::uint32_t mask(const std::vector<std::uint32_t>& bits) {
    const std::uint32_t at = rodata_at_;
    put_bits(kRodata + at, bits);
    rodata_at_ += 64;
    return at;
  }
  // Adds an inline tree of one call, for releases from Go 1.20 on. Returns its offset from gofunc.
  std::uint32_t inlined_call(const std::string& function) {
    const std::uint32_t at = gofunc_at_;
    put<std::uint32_t>(kGofunc + at + 4, builder_.add_name(function));
    gofunc_at_ += 16;
    return at;
  }
  std::uint32_t rodata(std::initializer_list<std::uint8_t> bytes) {
    const std::uint32_t at = rodata_at_;
    for (const std::uint8_t byte : bytes) put<std::uint8_t>(kRodata + rodata_at_++, byte);
    return at;
  }

  template <std::integral T>
  void put(Address at, T value) {
    for (MappedBytes& part : parts_)
      if (at >= part.at && at - part.at + sizeof(T) <= part.bytes.size()) {
        const WireInt<T, std::endian::little> wire(value);
        std::memcpy(part.bytes.data() + (at - part.at), &wire, sizeof(wire));
        return;
      }
    HOLDFAST_CHECK(false);
  }
  void put(Address at, Address value) { put<std::uint64_t>(at, value.value); }

  // Makes a zeroed structure in kData.
  Address make(std::string_view type) {
    const Address at = kData + data_at_;
    data_at_ += (layouts->get_size(type) + 15) / 16 * 16;
    return at;
  }
  void set(Address at, std::string_view type, std::string_view field, std::uint64_t value) {
    const FieldLayout layout = layouts->get(type, field);
    for (std::uint32_t i = 0; i < layout.size && i < 8; ++i)
      put<std::uint8_t>(at + layout.offset + i, static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void set(Address at, std::string_view type, std::string_view field, Address value) {
    set(at, type, field, value.value);
  }

  Runtime& runtime() {
    if (runtime_) return *runtime_;
    pclntab_ = builder_.build();
    memory_.add(kPclntab, pclntab_, nullptr);
    for (const MappedBytes& part : parts_) memory_.add(part.at, part.bytes, nullptr);
    memory_.seal();
    Module module;
    module.pc_header = kPclntab;
    module.pclntab_end = kPclntab + pclntab_.size();
    module.text = module.min_pc = kText;
    module.etext = module.max_pc = kText + 0x10000;
    module.gofunc = kGofunc;
    module.rodata = kRodata;
    runtime_ = std::make_unique<Runtime>(Runtime{memory_, *layouts, version, {module}, vars});
    return *runtime_;
  }
  FunctionTables& functions() {
    if (!functions_) functions_ = std::make_unique<FunctionTables>(runtime(), losses);
    return *functions_;
  }
  LossLedger losses;

 private:
  struct MappedBytes {
    Address at;
    std::vector<std::byte> bytes;
  };
  void put_bits(Address at, const std::vector<std::uint32_t>& bits) {
    std::vector<std::uint8_t> bytes;
    for (const std::uint32_t bit : bits) {
      if (bytes.size() <= bit / 8) bytes.resize(bit / 8 + 1);
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 1U << (bit % 8));
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) put<std::uint8_t>(at + i, bytes[i]);
  }

  binary::PclntabBuilder builder_;
  std::vector<MappedBytes> parts_;
  std::uint32_t gofunc_at_ = 0;
  std::uint32_t rodata_at_ = 0;
  std::uint64_t data_at_ = 0;
  std::vector<std::byte> pclntab_;
  MemoryImage memory_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<FunctionTables> functions_;
};

}  // namespace holdfast::go
