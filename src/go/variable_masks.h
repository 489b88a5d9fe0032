// Which words of a module's package variables the collector follows (reference 4; Go 1.19-1.27): bit i is word i of the
// section, with 8 bytes each. Several threads may ask.
#pragma once

#include "base/loss.h"
#include "go/gc_program.h"
#include "go/runtime.h"

namespace holdfast::go {

// Return the masks of moduledata.data and .bss, which the runtime has expanded. If their page is missing, as in a core
// that leaves it to the program's file, they are expanded anew from the module's GC programs. A mask that cannot be had
// is a loss, and what is known of it is returned.
BitVector data_mask(const Runtime& runtime, const Module& module, LossLedger& losses);
BitVector bss_mask(const Runtime& runtime, const Module& module, LossLedger& losses);

}  // namespace holdfast::go
