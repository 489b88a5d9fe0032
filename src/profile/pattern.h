// Regular expressions as Go has them (RE2's syntax), so that what somebody knows from pprof means the same here. They
// take time in proportion to the text, whatever the expression. Several threads may match.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace holdfast::profile {

class Pattern {
 public:
  // `option` is what the error names. Fails with kUsage if it is no regular expression.
  Pattern(const std::string& expression, const std::string& option);

  // Whether the text has a part that matches.
  bool matches(std::string_view text) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace holdfast::profile
