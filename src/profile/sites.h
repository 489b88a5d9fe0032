// The places of profiles, as rows: what counts as one place is asked for. Several profiles can share an index, so that
// a row means the same place in each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profile/filtered_profile.h"

namespace holdfast::profile {

enum class By : std::uint8_t { kFunction, kLine, kFile, kAddress };

struct Site {
  std::string function = {};   // empty by file; the address, where the profile has no name for it
  std::string_view file = {};  // empty by function
  std::int64_t line = 0;       // 0 unless by line or address
  std::uint64_t address = 0;   // 0 unless by address
};

// The sites of each location of a profile, the innermost call first; there is at least one for each that is shown.
class SitesOfLocations {
 public:
  std::span<const std::uint32_t> of(std::uint32_t location) const {
    return std::span(sites_).subspan(first_[location], first_[location + 1] - first_[location]);
  }

 private:
  friend class SiteIndex;
  std::vector<std::uint32_t> first_, sites_;
};

class SiteIndex {
 public:
  explicit SiteIndex(By by) : by_(by) {}

  // The profile must outlive this and what was made of it: names are its own.
  SitesOfLocations add(const FilteredProfile& profile);
  const std::vector<Site>& sites() const { return sites_; }
  std::vector<Site> take() { return std::move(sites_); }

 private:
  struct Key {
    std::string_view function, file;
    std::int64_t line = 0;
    std::uint64_t address = 0;
    bool operator==(const Key&) const = default;
  };
  struct HashKey {
    std::size_t operator()(const Key& key) const;
  };
  std::uint32_t row(const Key& key);
  Key key_of(const Profile& profile, const Location& location, const Line& line) const;

  By by_;
  std::vector<Site> sites_;
  std::unordered_map<Key, std::uint32_t, HashKey> rows_;
};

}  // namespace holdfast::profile
