// Writes messages of protocol buffers: fields of integers, of bytes, and of packed integers. Values of 0 and empty ones
// are left out, as in proto3. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::formats {

class ProtoWriter {
 public:
  void integer(std::uint32_t field, std::uint64_t value);
  void bytes(std::uint32_t field, std::string_view value);
  void packed(std::uint32_t field, const std::vector<std::uint64_t>& values);
  // Unlike bytes(), it is written even if it is empty: an entry of a repeated field counts.
  void entry(std::uint32_t field, std::string_view value);
  void entry(std::uint32_t field, const ProtoWriter& message) { entry(field, message.text()); }

  const std::string& text() const { return out_; }

 private:
  void varint(std::uint64_t value);

  std::string out_;
};

}  // namespace holdfast::formats
