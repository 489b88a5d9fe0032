// One name for a function, whoever says it.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::evidence {

// "main.keep[...]" of "main.keep[go.shape.int]": the instances of generic code have the same lines. Of what profiles
// spell otherwise, "gopkg.in/yaml.v3.load" of "gopkg.in/yaml%2ev3.load". Nothing fails.
std::string plain_name(std::string_view function);

}  // namespace holdfast::evidence
