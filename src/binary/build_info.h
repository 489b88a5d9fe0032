// What the Go linker wrote about the build (section .go.buildinfo; reference 1.1, Go 1.17-1.27): version and main
// module. It survives strip and -ldflags="-s -w". All functions can be called by several threads at once; what cannot
// be read is none, never an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binary/elf.h"

namespace holdfast::binary {

struct BuildModule {
  std::string path, version;  // "golang.org/x/net", "v0.17.0"; of a module in development "(devel)" or empty
};

struct BuildInfo {
  std::string version;      // "go1.26.8", "go1.25.12 X:greenteagc", "devel go1.28-..."
  std::string main_module;  // path of the module of package main; empty if the program was built without modules
  // Whose code was built in, the main module first; of a replaced module what replaces it.
  std::vector<BuildModule> modules;
};

// Returns none if there is no build info or it cannot be read. It may have the form of Go 1.18+ (inline texts) or the
// older one (addresses of string headers, if the file has them without relocation).
std::optional<BuildInfo> find_build_info(const ElfFile& elf);

// Finds the version of a program without build info: runtime.buildVersion by its symbol, else a text "go1.N..." or
// "devel go1.N..." in read-only data to which a string header in data points. None if there is none or two disagree.
std::optional<std::string> find_version_string(const ElfFile& elf);

}  // namespace holdfast::binary
