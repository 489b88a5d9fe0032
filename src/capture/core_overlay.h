// Puts a core and the files of its program together: which file belongs to it, and which memory comes from where.
// Kernel cores leave out what files hold, and a wrong file would make every answer wrong. Results that are views point
// into the core, which must outlive them. Only refuse_lost_notes() throws. Several threads may ask about one core.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/loss.h"
#include "base/memory_image.h"
#include "binary/core_file.h"
#include "capture/build_ids.h"
#include "capture/program.h"

namespace holdfast::capture {

// Returns the path of the main program as the core has it; empty if the core does not say.
std::string main_program(const binary::CoreFile& core);

// Returns the build ids of a mapped file as they lie in the core's own memory: kernels dump the first page of every
// program and library. Empty if they are not there. Of a core that lists no files (Delve's), those of the main program.
BuildIds ids_in_core(const binary::CoreFile& core, std::string_view path);

// Returns the run-time address minus the linked address of the main program, by AT_ENTRY; none if the core does not
// say.
std::optional<std::uint64_t> bias_of_main(const binary::CoreFile& core, const binary::ElfFile& elf);

// Whether the core has the program's segments mapped where this file would have them: at the same offsets, addresses
// and entry point. This proves far less than a build id. A core that lists no files has no offsets to compare.
bool fits_segments(const binary::CoreFile& core, std::string_view path, const binary::ElfFile& elf);

// Returns mapped files that can hold code.
std::vector<FilePart> parts_of(const binary::CoreFile& core);

// Adds what the core holds. Private memory without a file that the kernel did not dump was never written to: it reads
// as zero, unless the core holds no such memory at all (coredump_filter). What is cut off is a loss and stays away,
// since the file of a program only knows how its data began.
void add_core_memory(const binary::CoreFile& core, const std::shared_ptr<const void>& owner, MemoryImage& memory,
                     LossLedger& losses);

// Returns the core's path, with what is missing of it in brackets.
std::string describe_gaps(const std::string& path, const binary::CoreFile& core);

// Fails with kTruncated if the notes were cut off: gdb writes them behind the memory. Without them no file can be told
// to be the program, since nothing says where it was.
void refuse_lost_notes(const std::string& path, const binary::CoreFile& core);

// Returns what to say of an error about the core's contents: with the core and what is missing of it before. Where
// memory is missing, contents that contradict the layouts of the runtime prove nothing against the layouts, so that is
// not said.
Error error_of_core(Error error, const std::string& path, const binary::CoreFile& core);

}  // namespace holdfast::capture
