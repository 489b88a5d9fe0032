// How the steps of a flow are decoded from what the compiler wrote (go-formats 1.3, 1.5; Go 1.19-1.27).
#pragma once

#include <string_view>
#include <vector>

#include "compiler/decisions.h"

namespace holdfast::compiler {

// Lines behind the head of a tree of -m=2. What is no step ends it.
std::vector<FlowStep> text_flow(std::string_view lines);
// One diagnostic of -json. Not understood is empty.
std::vector<FlowStep> json_flow(std::string_view line);

// "path:line:column: body", where the column or all of the position may be missing.
struct Positioned {
  std::string_view path;  // empty if there is no position, as of code that the compiler made
  std::uint32_t line = 0, column = 0;
  std::string_view body;  // nothing is left out before it: trees are indented by two blanks or four
  bool is_valid = false;
};
Positioned split_position(std::string_view line);
// "main.go:21:9" at the end of a step.
Positioned split_place(std::string_view text);

// "(address-of)" of "&x (address-of) at main.go:21:9".
struct Because {
  std::string_view expression, reason, place;
};
Because split_because(std::string_view text);

}  // namespace holdfast::compiler
