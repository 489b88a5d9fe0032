#include "base/text.h"

#include <fmt/format.h>

namespace holdfast {

std::string hex(Address address) {
  return fmt::format("{:#x}", address.value);
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace holdfast
