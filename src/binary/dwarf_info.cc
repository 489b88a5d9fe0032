#include "binary/dwarf_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "binary/dwarf_library.h"
#include "binary/dwarf_scan.h"

namespace holdfast::binary {
namespace {

constexpr int kMostTypedefs = 32;
constexpr std::uint8_t kInterfaceKind = 20;  // a number of reflect.Kind
constexpr std::uint8_t kSliceKind = 23;
constexpr std::uint8_t kStringKind = 24;

// Returns the last row that does not begin after `at`; nullptr if there is none.
template <typename Row, typename Begin>
const Row* last_not_after(const std::vector<Row>& rows, Address at, Begin&& begin) {
  const auto after =
      std::upper_bound(rows.begin(), rows.end(), at, [&](Address a, const Row& row) { return a < begin(row); });
  return after == rows.begin() ? nullptr : &*std::prev(after);
}

}  // namespace

DwarfInfo::DwarfInfo(const ByteView& elf) : library_(std::make_unique<DwarfLibrary>(elf)) {
  DwarfScan(*this).run();
  std::stable_sort(globals_.begin(), globals_.end(),
                   [](const auto& a, const auto& b) { return a.address < b.address; });
  std::stable_sort(functions_.begin(), functions_.end(),
                   [](const auto& a, const auto& b) { return a.code.begin < b.code.begin; });
  index_names();
}

DwarfInfo::DwarfInfo(DwarfInfo&&) noexcept = default;
DwarfInfo& DwarfInfo::operator=(DwarfInfo&&) noexcept = default;
DwarfInfo::~DwarfInfo() = default;

void DwarfInfo::index_names() {
  type_by_name_.reserve(types_.size());
  for (std::uint32_t row = 0; row < types_.size(); ++row) {
    const DwarfType& type = types_[row];
    if (type.name.empty()) continue;
    const auto [entry, added] = type_by_name_.emplace(type.name, DwarfTypeId(row));
    const bool better = types_[entry->second.row].tag == DwarfTag::kTypedef && type.tag != DwarfTag::kTypedef;
    if (!added && better) entry->second = DwarfTypeId(row);
  }
  for (std::uint32_t row = 0; row < globals_.size(); ++row) global_by_name_.emplace(globals_[row].name, row);
}

DwarfTypeId DwarfInfo::type_of_die(std::uint64_t offset) const {
  const auto found = std::lower_bound(type_dies_.begin(), type_dies_.end(), offset);
  if (found == type_dies_.end() || *found != offset) return {};
  return DwarfTypeId(static_cast<std::uint32_t>(found - type_dies_.begin()));
}

DwarfTypeId DwarfInfo::find_type(std::string_view name) const {
  const auto found = type_by_name_.find(name);
  return found == type_by_name_.end() ? DwarfTypeId() : found->second;
}

DwarfTypeId DwarfInfo::underlying(DwarfTypeId id) const {
  for (int step = 0; id && step < kMostTypedefs; ++step) {
    if (type(id).tag != DwarfTag::kTypedef) return id;
    id = type(id).target;
  }
  return {};
}

std::string DwarfInfo::name_of_parts(DwarfTypeId id) const {
  std::string dimensions;
  for (int step = 0; id && step < kMostTypedefs; ++step) {
    const DwarfType& row = type(id);
    const DwarfTypeId real = row.go_kind == kInterfaceKind ? DwarfTypeId() : underlying(id);
    const DwarfTag tag = real ? type(real).tag : DwarfTag::kOther;
    const std::uint8_t kind = real ? type(real).go_kind : 0;
    if (tag == DwarfTag::kArray) {
      dimensions += fmt::format("[{}]", type(real).count);
      id = type(real).target;
    } else if (tag == DwarfTag::kStruct && kind != kSliceKind && kind != kStringKind) {
      return dimensions.append(type(real).name);
    } else {
      return dimensions.empty() ? std::string() : dimensions.append(row.name);
    }
  }
  return {};
}

std::optional<std::int64_t> DwarfInfo::constant(std::string_view name) const {
  const auto found = constants_.find(name);
  return found == constants_.end() ? std::nullopt : std::optional(found->second);
}

const DwarfGlobal* DwarfInfo::find_global(std::string_view name) const {
  const auto found = global_by_name_.find(name);
  return found == global_by_name_.end() ? nullptr : &globals_[found->second];
}

const DwarfFunction* DwarfInfo::function_at(Address pc) const {
  const DwarfFunction* function = last_not_after(functions_, pc, [](const DwarfFunction& f) { return f.code.begin; });
  return function != nullptr && function->code.contains(pc) ? function : nullptr;
}

}  // namespace holdfast::binary
