// Finds runtime.moduledata in a process and follows it to every module (reference 1.2, 1.3; Go 1.19-1.27).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/loss.h"
#include "binary/elf.h"
#include "go/runtime.h"

namespace holdfast::go {

// A program or shared library, as it lies in the target.
struct LoadedImage {
  const binary::ElfFile* elf = nullptr;  // its file
  std::uint64_t bias = 0;                // the run-time address minus the linked address
  std::string path;

  Address at(Address linked) const { return linked + bias; }
};

// Finds the first module of the Go runtime inside `image`: by the symbol runtime.firstmoduledata, by the section
// .go.module (1.26+), or by a search of the writable data for a record that fits the pclntab. Null if the image holds
// no Go runtime.
Address find_first_module(const MemorySource& memory, const LayoutSource& layouts, const LoadedImage& image);

// Returns the module at `first` and all that follow it, without those that failed to load. A module that contradicts
// itself ends the list and is a loss; if it is the first one, this fails with kDamaged.
std::vector<Module> read_modules(const MemorySource& memory, const LayoutSource& layouts, Address first,
                                 LossLedger& losses);

}  // namespace holdfast::go
