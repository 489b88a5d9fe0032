// Small files of ours that make the next run faster. They lie in $XDG_CACHE_HOME/holdfast, else in ~/.cache/holdfast.
// Nobody but the user may read or write them, a damaged one counts as none, and all may be deleted at any time. Several
// processes and threads can use one folder. No function fails: what does not work leaves the cache without the value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace holdfast::os {

struct CacheLimits {
  std::uint64_t folder_bytes = 256ULL << 20;  // the files used least recently go first
  std::uint64_t file_bytes = 64ULL << 20;
  std::uint64_t value_bytes = 1ULL << 30;  // of one value, decompressed
};

class PrivateCache {
 public:
  // Opens the user's folder. None where there is no home, or the folder is another's or open to others.
  static std::optional<PrivateCache> open();
  // Opens this folder, and makes it if need be. None as above.
  static std::optional<PrivateCache> open(const std::filesystem::path& folder, const CacheLimits& limits = {});

  // The value that was put under the key; nothing for a key that is not there.
  std::optional<std::vector<std::byte>> get(std::string_view key) const;
  // Keeps the value, unless room or rights are lacking. May remove others for it.
  void put(std::string_view key, std::span<const std::byte> value) const;

 private:
  PrivateCache(std::filesystem::path folder, const CacheLimits& limits) : folder_(std::move(folder)), limits_(limits) {}
  std::filesystem::path path_of(std::string_view key) const;
  void make_room() const;

  std::filesystem::path folder_;
  CacheLimits limits_;
};

}  // namespace holdfast::os
