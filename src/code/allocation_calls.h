// Finds the calls of the runtime's allocator in the machine code of a program, with their places in the source. amd64,
// Go 1.19-1.27 (go-formats 1.8).
#pragma once

#include <span>

#include "base/address.h"
#include "compiler/allocation_call.h"
#include "go/function_tables.h"

namespace holdfast::code {

// Goes over the functions that the compiler made. Left out are those of the runtime: their allocations are parts of
// those that others ask for. The type is told where the code loads the address of a descriptor right before the call;
// what a jump may have changed is not told. Bytes that cannot be read are left out, and the calls are not complete
// then. `data`: where the program has its constants and the first values of its variables. One thread.
compiler::AllocationCalls find_allocation_calls(const go::FunctionTables& functions,
                                                std::span<const AddressRange> data);

}  // namespace holdfast::code
