#include "evidence/plain_name.h"

namespace holdfast::evidence {

std::string plain_name(std::string_view function) {
  std::string out;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    if (function[i] == '[' && depth++ == 0) out += "[...";
    if (function[i] == ']' && depth > 0) --depth;
    if (depth > 0) continue;
    if (function.substr(i, 3) == "%2e") {
      out += '.';
      i += 2;
    } else {
      out += function[i];
    }
  }
  return out;
}

}  // namespace holdfast::evidence
