// The page itself: what ui/ is built to, in the program.
#pragma once

#include <optional>
#include <string_view>

namespace holdfast::web {

struct PageFile {
  std::string_view type;  // "text/javascript; charset=utf-8"
  std::string_view text;
  bool is_for_ever = false;  // its name has the hash of its text
};

// Returns the file of that path, "/assets/index-CkT1.js"; of the places inside of the page, as "/types", the page.
std::optional<PageFile> page_file(std::string_view path);

}  // namespace holdfast::web
