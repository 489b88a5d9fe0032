// The layouts of one program: where the members of the runtime's structures lie. They are those of its own debug
// information if that is there and allowed, and for what that lacks those of the table (go/layout_table.h).
#pragma once

#include <memory>

#include "base/loss.h"
#include "binary/dwarf_info.h"
#include "capture/program.h"
#include "go/layout.h"

namespace holdfast::capture {

struct ProgramLayouts {
  std::unique_ptr<binary::DwarfInfo> dwarf;  // null if there is none or it is not to be used
  std::unique_ptr<go::LayoutSource> source;  // refers to `dwarf`
};

// Debug information that cannot be read is a loss and not an error.
ProgramLayouts open_layouts(const Program& program, bool use_dwarf, LossLedger& losses);

}  // namespace holdfast::capture
