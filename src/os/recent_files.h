// The files that were opened last, by whatever run of holdfast: a list of paths in the user's state folder
// ($XDG_STATE_HOME, ~/.local/state). It is a convenience: what cannot be read is an empty list, and what cannot be
// written is forgotten. Nothing throws. One process at a time writes it; of two at once the later wins.
#pragma once

#include <string>
#include <vector>

namespace holdfast::os {

class RecentFiles {
 public:
  // In the user's folder; keeps nothing if the environment names none.
  RecentFiles();
  explicit RecentFiles(std::string path) : path_(std::move(path)) {}

  // The last one first, no more than 20; those that are gone are left out.
  std::vector<std::string> all() const;
  // Puts the file first, by its absolute path.
  void add(const std::string& file) const;

 private:
  std::string path_;  // of the list; empty = none
};

}  // namespace holdfast::os
