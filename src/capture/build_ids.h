// Build ids tell one build of a program from another. They are plain data; nothing throws.
#pragma once

#include <optional>
#include <string>

#include "binary/elf.h"

namespace holdfast::capture {

// A program can have either, both, or none.
struct BuildIds {
  std::string go;
  std::string gnu;

  static BuildIds of(const binary::ElfFile& elf);
  std::string text() const;  // for people; "none" if there are none
  std::string all() const;   // the same, but both if there are both
};

// Returns none if they have no kind of id in common.
std::optional<bool> same_build(const BuildIds& a, const BuildIds& b);

}  // namespace holdfast::capture
