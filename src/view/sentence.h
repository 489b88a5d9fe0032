// Texts that name types and functions. Each has two forms, made at once from the same words: with the import paths
// of packages, for files and JSON, and without, for people. So nobody has to look for names in a finished sentence.
// A sentence is plain data; the compiler checks formats, so nothing throws.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>

#include "heap/snapshot.h"
#include "view/labels.h"

namespace holdfast::view {

struct Sentence {
  std::string full;   // "example.com/app/cart.Item"
  std::string brief;  // "cart.Item"

  bool empty() const { return full.empty(); }
  Sentence& operator+=(const Sentence& more) {
    full += more.full;
    brief += more.brief;
    return *this;
  }
  bool operator==(const Sentence&) const = default;
};

// Names a type, a place in code or a root.
Sentence named(std::string_view type);
Sentence named(const CodePlace& place);
Sentence named(const heap::Snapshot& snapshot, const heap::Root& root);

template <typename Given>
const auto& full_form(const Given& given) {
  if constexpr (std::is_same_v<Given, Sentence>)
    return given.full;
  else
    return given;
}
template <typename Given>
const auto& brief_form(const Given& given) {
  if constexpr (std::is_same_v<Given, Sentence>)
    return given.brief;
  else
    return given;
}

// Does what fmt::format does, in both forms: a given Sentence gives each its own.
template <typename... Givens>
Sentence sentence(fmt::format_string<decltype(full_form(std::declval<const Givens&>()))...> format,
                  const Givens&... givens) {
  return {fmt::vformat(format, fmt::make_format_args(full_form(givens)...)),
          fmt::vformat(format, fmt::make_format_args(brief_form(givens)...))};
}

}  // namespace holdfast::view
