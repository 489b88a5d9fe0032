#include "profile/pattern.h"

#include <re2/re2.h>

#include "base/error.h"

namespace holdfast::profile {

struct Pattern::Compiled {
  explicit Compiled(const std::string& expression) : regex(expression, RE2::Quiet) {}
  RE2 regex;
};

Pattern::Pattern(const std::string& expression, const std::string& option)
    : compiled_(std::make_shared<const Compiled>(expression)) {
  if (!compiled_->regex.ok())
    fail(ErrorCode::kUsage, "{} {}: it is no regular expression: {}", option, expression, compiled_->regex.error());
}

bool Pattern::matches(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->regex);
}

}  // namespace holdfast::profile
