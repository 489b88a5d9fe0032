// Functions of profiles with their source: beside each line what was allocated there, and what its calls lead to, as
// pprof's list has it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "view/profile_table.h"
#include "view/profile_words.h"
#include "view/table.h"

namespace holdfast::view {

// A source file, which must live as long as the table.
struct SourceText {
  std::string_view path;                            // where it was found
  const std::vector<std::string>* lines = nullptr;  // null if there is none
};
using FindSource = std::function<SourceText(std::string_view compiled_path)>;

TableShape profile_list_shape();
// Of functions whose name matches `expression`. Lines are those with samples and a few around them; of a file that is
// not found, only those with samples. Throws as the profile's reader does, and with kUsage if the expression is none,
// or if there is no such sample type.
Table profile_list_table(const Profiles& profiles, const ProfileQuestion& question, const std::string& expression,
                         const FindSource& find);

}  // namespace holdfast::view
