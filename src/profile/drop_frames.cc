#include "profile/drop_frames.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"

namespace holdfast::profile {
namespace {

Pattern whole(std::string_view expression, const std::string& field) {
  try {
    return {fmt::format("^({})$", expression), field};
  } catch (const Error& error) {
    fail(ErrorCode::kDamaged, "{}", error.what());
  }
}

// A name without its arguments: up to the first parenthesis that is not part of a name of C++.
std::string_view without_arguments(std::string_view name) {
  constexpr std::string_view kOfNames[] = {"(anonymous namespace)", "operator()"};
  if (name.starts_with('.')) name.remove_prefix(1);
  for (std::size_t at = 0; at < name.size(); ++at) {
    for (const std::string_view part : kOfNames)
      if (name.substr(at).starts_with(part)) at += part.size();
    if (at < name.size() && name[at] == '(') return name.substr(0, at);
  }
  return name;
}

}  // namespace

DropFrames::DropFrames(std::string_view drop, std::string_view keep) : drop_(whole(drop, "drop_frames")) {
  if (!keep.empty()) keep_ = whole(keep, "keep_frames");
}

bool DropFrames::drops(std::string_view function) const {
  const std::string_view name = without_arguments(function);
  return !name.empty() && drop_.matches(name) && !(keep_ && keep_->matches(name));
}

}  // namespace holdfast::profile
