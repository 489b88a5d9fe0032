// The mappings of a process as its core has them, in the form in which a live process's are known, so that both have
// one account. A core does not say what was resident. What counts of plain memory are the pages that hold anything but
// zeros, of the Go heap what the runtime had not given back, and of files what was mapped.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "binary/core_file.h"
#include "capture/account.h"

namespace holdfast::capture {

// Returns what of a part of the core can hold anything but zeros, in order.
using StoredParts = std::function<std::vector<std::span<const std::byte>>(std::span<const std::byte>)>;

// `memory` is that of the core, and `runtime` lies in it. What cannot be read there is left out.
Residency mappings_of_core(const binary::CoreFile& core, const StoredParts& stored, const go::Runtime& runtime,
                           const MemorySource& memory);

}  // namespace holdfast::capture
