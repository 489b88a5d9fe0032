// How the text of every verb looks: the width of its lines, and whether headings and verdicts are bold.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::report {

struct TextStyle {
  std::size_t width = 100;  // columns of the terminal, at least 60, or kEndless (base/terminal_text.h)
  bool color = false;

  std::string bold(std::string_view text) const {
    return color ? "\033[1m" + std::string(text) + "\033[0m" : std::string(text);
  }
};

}  // namespace holdfast::report
