// A data file that tools/embed built into the program.
#pragma once

#include <span>
#include <string_view>

namespace holdfast {

struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

}  // namespace holdfast
