// What the compiler decided about memory (view/escape_table.h) for people who read their code and for their editors: as
// the source with each decision beside its line, as text or as a page that needs no other file; as SARIF 2.1.0 (OASIS),
// which editors and code hosts show; and as diagnostics of the language server protocol, in the form in which gopls
// passes them on (lines and characters from 0, characters in UTF-16).
//
// Sources are read by who calls. A file that is not there is left out of the first two, and in the others its columns
// count bytes.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "compiler/decisions.h"
#include "view/escape_table.h"

namespace holdfast::formats {

// The text of a file; none if it cannot be read.
using ReadSource = std::function<std::optional<std::string>(const std::string& path)>;

struct EscapeForm {
  const view::EscapeRows& rows;
  const compiler::Decisions& decisions;
  std::string folder;  // paths below it are shown without it; with a slash at its end, or empty
  ReadSource read;
};

std::string escape_source(const EscapeForm& form);
std::string escape_page(const EscapeForm& form);
std::string escape_sarif(const EscapeForm& form);
std::string escape_lsp(const EscapeForm& form);

}  // namespace holdfast::formats
