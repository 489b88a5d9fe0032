// For tests: makes the debug information of one unit. DIEs are opened and closed in order, attributes follow open().
#pragma once

#include <dwarf.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binary/elf_builder_for_tests.h"

namespace holdfast::binary {

class DwarfBuilder {
 public:
  // Opens the unit itself; `language` 22 is Go.
  explicit DwarfBuilder(int version, std::uint64_t language = 22) : version_(version) {
    open(DW_TAG_compile_unit).text(DW_AT_name, "main").number(DW_AT_language, language);
    text(DW_AT_producer, "Go cmd/compile go1.26.8; regabi");
  }

  // `label` names the DIE for reference(), which may come before or after.
  DwarfBuilder& open(unsigned tag, const std::string& label = {}) {
    if (!label.empty()) labels_[label] = header_size() + dies_.size();
    abbreviations_.push_back({tag, {}});
    uleb(dies_, abbreviations_.size());
    return *this;
  }
  DwarfBuilder& close() {
    dies_.u8(0);
    return *this;
  }
  DwarfBuilder& text(unsigned attribute, std::string_view text) {
    specify(attribute, DW_FORM_string).text(text).u8(0);
    return *this;
  }
  DwarfBuilder& number(unsigned attribute, std::uint64_t value) {
    uleb(specify(attribute, DW_FORM_udata), value);
    return *this;
  }
  DwarfBuilder& value(std::int64_t value) {
    specify(DW_AT_const_value, DW_FORM_data8).u64(static_cast<std::uint64_t>(value));
    return *this;
  }
  DwarfBuilder& address(unsigned attribute, std::uint64_t value) {
    specify(attribute, DW_FORM_addr).u64(value);
    return *this;
  }
  DwarfBuilder& flag(unsigned attribute, bool value = true) {
    specify(attribute, DW_FORM_flag).u8(value ? 1 : 0);
    return *this;
  }
  DwarfBuilder& block(unsigned attribute, const Bytes& bytes) {
    Bytes& out = specify(attribute, DW_FORM_exprloc);
    uleb(out, bytes.size());
    out.append(bytes.get());
    return *this;
  }
  DwarfBuilder& reference(unsigned attribute, const std::string& label) {
    Bytes& out = specify(attribute, DW_FORM_ref_addr);
    references_.emplace_back(out.size(), label);
    out.u32(0);
    return *this;
  }

  std::vector<std::byte> build() const {
    return ElfBuilder(ElfType::kExec)
        .section(".debug_abbrev", 1, abbreviations())
        .section(".debug_info", 1, info())
        .build();
  }

 private:
  struct Abbreviation {
    unsigned tag;
    std::vector<std::pair<unsigned, unsigned>> attributes;
  };

  std::size_t header_size() const { return version_ >= 5 ? 12 : 11; }

  static void uleb(Bytes& to, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) to.u8(static_cast<std::uint8_t>(value | 0x80));
    to.u8(static_cast<std::uint8_t>(value));
  }

  Bytes& specify(unsigned attribute, unsigned form) {
    abbreviations_.back().attributes.emplace_back(attribute, form);
    return dies_;
  }

  Bytes abbreviations() const {
    Bytes out;
    for (std::size_t i = 0; i < abbreviations_.size(); ++i) {
      uleb(out, i + 1);
      uleb(out, abbreviations_[i].tag);
      out.u8(DW_CHILDREN_yes);
      for (const auto& [attribute, form] : abbreviations_[i].attributes) {
        uleb(out, attribute);
        uleb(out, form);
      }
      out.u8(0).u8(0);
    }
    return out.u8(0);
  }

  Bytes info() const {
    Bytes dies = dies_;
    dies.u8(0);  // ends the unit
    for (const auto& [at, label] : references_)
      dies.put(at, WireInt<std::uint32_t, std::endian::little>(static_cast<std::uint32_t>(labels_.at(label))));
    Bytes out;
    out.u32(static_cast<std::uint32_t>(header_size() - 4 + dies.size())).add(static_cast<std::uint16_t>(version_));
    if (version_ >= 5)
      out.u8(DW_UT_compile).u8(8).u32(0);
    else
      out.u32(0).u8(8);
    return out.append(dies.get());
  }

  int version_;
  std::vector<Abbreviation> abbreviations_;
  Bytes dies_;
  std::map<std::string, std::uint64_t> labels_;
  std::vector<std::pair<std::size_t, std::string>> references_;
};

}  // namespace holdfast::binary
