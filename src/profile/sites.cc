#include "profile/sites.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace holdfast::profile {

std::size_t SiteIndex::HashKey::operator()(const Key& key) const {
  const std::hash<std::string_view> hash;
  return mixed(mixed(mixed(hash(key.function), hash(key.file)), static_cast<std::uint64_t>(key.line)), key.address);
}

std::uint32_t SiteIndex::row(const Key& key) {
  const auto [at, is_new] = rows_.try_emplace(key, static_cast<std::uint32_t>(sites_.size()));
  if (is_new) {
    // By file, and by what else, where the profile has no name for it.
    const bool is_unnamed = key.function.empty() && key.file.empty() && by_ != By::kFile;
    sites_.push_back({is_unnamed ? fmt::format("{:#x}", key.address) : std::string(key.function), key.file, key.line,
                      by_ == By::kAddress ? key.address : 0});
  }
  return at->second;
}

// Functions of one name are one site, whatever their number: a profile that was merged from several has them twice.
SiteIndex::Key SiteIndex::key_of(const Profile& profile, const Location& location, const Line& line) const {
  const Function& function = profile.functions()[line.function];
  switch (by_) {
    case By::kFunction:
      return {function.name, {}};
    case By::kFile:
      return {{}, function.file};
    case By::kLine:
      return {function.name, function.file, line.line};
    case By::kAddress:
      return {function.name, function.file, line.line, location.address};
  }
  return {};
}

SitesOfLocations SiteIndex::add(const FilteredProfile& filtered) {
  const Profile& profile = filtered.profile();
  SitesOfLocations out;
  for (std::uint32_t row_of = 0; row_of < profile.locations().size(); ++row_of) {
    const Location& location = profile.locations()[row_of];
    out.first_.push_back(static_cast<std::uint32_t>(out.sites_.size()));
    for (const Line& line : filtered.lines(row_of)) out.sites_.push_back(row(key_of(profile, location, line)));
    if (location.lines == 0) out.sites_.push_back(row({{}, {}, 0, location.address}));
  }
  out.first_.push_back(static_cast<std::uint32_t>(out.sites_.size()));
  return out;
}

}  // namespace holdfast::profile
