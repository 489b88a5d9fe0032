// The version of this holdfast, "0.1.0"; the project's CMakeLists.txt has it.
#pragma once

#include <string_view>

namespace holdfast {

std::string_view holdfast_version();

}  // namespace holdfast
