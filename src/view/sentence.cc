#include "view/sentence.h"

#include "view/names.h"

namespace holdfast::view {

Sentence named(std::string_view type) {
  return {std::string(type), short_type(type)};
}

Sentence named(const CodePlace& place) {
  return {code_text(place), code_text(place, Detail::kBrief)};
}

Sentence named(const heap::Snapshot& snapshot, const heap::Root& root) {
  return {root_text(snapshot, root), root_text(snapshot, root, Detail::kBrief)};
}

}  // namespace holdfast::view
