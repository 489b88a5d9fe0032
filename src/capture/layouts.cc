#include "capture/layouts.h"

#include "go/layout_dwarf.h"
#include "go/layout_table.h"

namespace holdfast::capture {
namespace {

// Debug information decides about every type that it has. The linker drops what a program does not use, so the table
// has to supply such types and constants.
class LayeredLayouts : public go::LayoutSource {
 public:
  LayeredLayouts(const binary::DwarfInfo& dwarf, std::unique_ptr<go::LayoutSource> table)
      : own_(dwarf), table_(std::move(table)) {}

  std::optional<go::FieldLayout> find(std::string_view type, std::string_view field) const override {
    return own_.size_of(type) ? own_.find(type, field) : table_->find(type, field);
  }
  std::optional<std::uint64_t> size_of(std::string_view type) const override {
    const auto size = own_.size_of(type);
    return size ? size : table_->size_of(type);
  }
  std::optional<std::int64_t> constant(std::string_view name) const override {
    const auto value = own_.constant(name);
    return value ? value : table_->constant(name);
  }
  std::string name() const override { return own_.name(); }

 private:
  go::DwarfLayouts own_;
  std::unique_ptr<go::LayoutSource> table_;
};

}  // namespace

ProgramLayouts open_layouts(const Program& program, bool use_dwarf, LossLedger& losses) {
  ProgramLayouts out;
  auto table = go::layout_table(program.version());
  const binary::ElfFile& elf = *program.symbol_images().front().elf;
  if (use_dwarf && elf.has_dwarf()) {
    try {
      out.dwarf = std::make_unique<binary::DwarfInfo>(elf.file());
    } catch (const Error& error) {
      losses.add(LossKind::kBadDebugInformation, error.what());
    }
  }
  // Without the structures that everything begins with (it may only have types of other languages), it is of no use
  // here.
  if (out.dwarf && go::DwarfLayouts(*out.dwarf).size_of("runtime.mspan"))
    out.source = std::make_unique<LayeredLayouts>(*out.dwarf, std::move(table));
  else
    out.source = std::move(table);
  return out;
}

}  // namespace holdfast::capture
