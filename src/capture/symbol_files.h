// Takes symbols and debug information of a program from another file than its own (--symbols): an unstripped twin, a
// file of debug information, or a folder of such files.
//
// What build ids say (seen with Go 1.19, 1.22 and 1.26, binutils 2.40): `strip`, `strip -g` and `objcopy
// --only-keep-debug` keep the note with Go's build id, the GNU one if there is one (Go 1.24+ writes one, made from
// Go's), and the addresses and sizes in memory of all segments. A build with -ldflags=-s or -w has other ids than one
// without: of Go's four parts "action of linking/action of compiling main/content of main/content of the program" the
// first and the last differ. Without -trimpath the build information contains the flags, which moves all data behind
// it; with -trimpath everything that is loaded is the same, byte by byte, but for the notes.
//
// So a file fits
//   - if its ids are those of the program and its segments lie alike; or
//   - if the ids cannot tell (there are none, or one text for all programs, as -ldflags=-buildid=redacted gives) or
//     only differ in how main was linked, and everything that is loaded is the same.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "binary/elf.h"
#include "capture/program.h"

namespace holdfast::capture {

// Says why `file` does not have the symbols of `program`, to follow "FILE "; none if it has.
std::optional<std::string> why_no_symbols(const binary::ElfFile& program, const binary::ElfFile& file);

struct SymbolFile {
  FileBytes bytes;
  std::unique_ptr<binary::ElfFile> elf;
  std::string path;
};

// Finds the file with the program's symbols in the folder: .build-id/xx/yyyy.debug, <GNU build id>/debuginfo, or any
// that lies there and fits; one with debug information comes before one without. None if none fits; whatever else lies
// there does no harm.
std::optional<SymbolFile> find_symbols(const std::string& folder, const binary::ElfFile& program);

// Takes symbols and debug information of the program and its plugins from `path`, a file or a folder. Fails with
// kNotFound if it is not there or nothing in the folder fits the program, and with kUnsupported, naming both build ids,
// if the file does not fit.
void add_symbols(Program& program, const std::string& path);

}  // namespace holdfast::capture
