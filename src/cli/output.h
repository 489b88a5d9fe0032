// Writes what the program says: results on standard output, remarks on standard error. Either can be full, be closed,
// or have lost its reader. A lost result ends the work with an Error; a lost remark does not, but the exit code tells
// of it. Several threads may write at once.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::cli {

// To be called before any file is opened. Descriptors 0 to 2 that our caller closed are opened so that using them
// fails: otherwise a file of ours would get such a number, and results would be written into it. From here on, writing
// to a pipe without a reader gives an error instead of a signal that ends the process with a file half written.
void guard_standard_files();

// Fails with kNoReader if the reader has gone, and with kSystem if the bytes cannot be written.
void print(const std::string& text);

// Writes a sentence to standard error, and ends the line. On a terminal it takes as many lines as it needs there
// (remark_width in cli/terminal.h); a path or a command stays whole.
void remark(std::string_view sentence) noexcept;
// Writes to standard error what moves the cursor of a terminal, and what is laid out for it.
void draw(std::string_view text) noexcept;
// Whether anything of these two could not be written.
bool remarks_lost() noexcept;

}  // namespace holdfast::cli
