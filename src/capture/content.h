// Keeps bytes of objects and package variables, for snapshots that should show values. It is called once, by the thread
// that builds the snapshot.
#pragma once

#include <vector>

#include "base/loss.h"
#include "go/function_tables.h"
#include "go/runtime.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Fills snapshot.content with the heap's spans (unless it shall have `all`, only those with pointers) and the data of
// every module, as far as they can be read and hold anything: pages of zeros are left out. `holes` (sorted, disjoint)
// read as zeros and are not looked at. Of `constants`, the memory that a program cannot write to, those bytes are kept
// that words of the content name with a length behind the address, as the header of a string does, or with a type
// before it, as an interface does. This is user data, so only those get it who asked for it. The snapshot must have its
// spans. What cannot be read is a loss. Of `data`, the memory of the program's files that is no code, the functions are
// named that words of the content lead to, as function values do that have captured nothing: snapshot.named_words.
void add_content(const go::Runtime& runtime, const go::FunctionTables& functions,
                 const std::vector<AddressRange>& constants, const std::vector<AddressRange>& data,
                 const std::vector<AddressRange>& holes, bool all, heap::Snapshot& snapshot, LossLedger& losses);

}  // namespace holdfast::capture
