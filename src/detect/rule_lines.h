// Lines of the data files of detectors, whose fields stand between bars.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace holdfast::detect {

// Calls take(number, fields) for each line that is neither empty nor a remark (#), counted from 1; fields have no
// blanks around them.
void for_each_rule_line(std::string_view text,
                        const std::function<void(std::size_t, const std::vector<std::string_view>&)>& take);

}  // namespace holdfast::detect
