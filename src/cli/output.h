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

// Writes to standard error, not only whole lines.
void remark(std::string_view text) noexcept;
// Whether a remark could not be written.
bool remarks_lost() noexcept;

}  // namespace holdfast::cli
