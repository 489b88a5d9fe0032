// Offsets of the Go runtime's structures, asked for by name. Two sources answer through one interface: the target's own
// debug information, and the table that holdfast carries (data/layouts, which tools/layouts makes from fixture
// binaries). The presence of a field decides, not the version; an absent field is nullopt, never offset 0. Several
// threads may ask, but asking is too slow for loops: look a field up once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::go {

struct FieldLayout {
  std::uint32_t offset = 0;  // bytes from the start of the structure
  std::uint32_t size = 0;    // bytes

  bool operator==(const FieldLayout&) const = default;
};

class LayoutSource {
 public:
  LayoutSource() = default;
  LayoutSource(const LayoutSource&) = delete;
  LayoutSource& operator=(const LayoutSource&) = delete;
  virtual ~LayoutSource() = default;

  // Names are Go's own: type "runtime.mspan", field "startAddr"; a field of a nested structure has dots: "stack.lo".
  virtual std::optional<FieldLayout> find(std::string_view type, std::string_view field) const = 0;
  virtual std::optional<std::uint64_t> size_of(std::string_view type) const = 0;
  // Returns an integer constant: "runtime.waitReasonChanSend", "internal/abi.FuncID_goexit".
  virtual std::optional<std::int64_t> constant(std::string_view name) const = 0;
  // Returns "dwarf" or "table go1.26".
  virtual std::string name() const = 0;

  // These fail with kUnsupported, naming type, field and source.
  FieldLayout get(std::string_view type, std::string_view field) const;
  std::uint32_t offset(std::string_view type, std::string_view field) const { return get(type, field).offset; }
  std::uint64_t get_size(std::string_view type) const;
};

}  // namespace holdfast::go
