#include "os/private_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/output_file.h"
#include "base/wire.h"
#include "os/file_descriptor.h"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

// A file has this header, the key, and a zstd frame with a checksum.
struct Header {
  char magic[8];
  le32 key_bytes;
};
constexpr char kMagic[8] = {'H', 'F', 'C', 'A', 'C', 'H', 'E', '1'};
constexpr std::uint32_t kLongestKey = 4096;
constexpr const char* kSuffix = ".cache";
constexpr auto kLongestWrite = std::chrono::hours(1);  // whoever wrote an older unfinished file has given up

bool is_private(const struct stat& status) {
  return status.st_uid == ::geteuid() && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

std::optional<std::vector<std::byte>> read_all(const fs::path& path, std::uint64_t most) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status = {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || !is_private(status))
    return std::nullopt;
  if (static_cast<std::uint64_t>(status.st_size) > most) return std::nullopt;
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t done = ::read(file.get(), bytes.data() + at, bytes.size() - at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return std::nullopt;
    at += static_cast<std::size_t>(done);
  }
  ::futimens(file.get(), nullptr);  // says that it was used now
  return bytes;
}

std::optional<std::vector<std::byte>> decompress(std::span<const std::byte> frame, std::uint64_t most) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > most) return std::nullopt;
  std::vector<std::byte> out(static_cast<std::size_t>(size));
  const std::size_t done = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(done) != 0 || done != out.size()) return std::nullopt;
  return out;
}

std::vector<std::byte> compress(std::span<const std::byte> value) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  std::vector<std::byte> out(ZSTD_compressBound(value.size()));
  if (!context) return {};
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  const std::size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), value.data(), value.size());
  out.resize(ZSTD_isError(size) != 0 ? 0 : size);
  return out;
}

}  // namespace

std::optional<PrivateCache> PrivateCache::open() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return open(fs::path(cache) / "holdfast");
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return std::nullopt;
  return open(fs::path(home) / ".cache" / "holdfast");
}

std::optional<PrivateCache> PrivateCache::open(const fs::path& folder, const CacheLimits& limits) {
  std::error_code ignored;
  fs::create_directories(folder.parent_path(), ignored);
  ::mkdir(folder.c_str(), S_IRWXU);
  struct stat status = {};
  if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || !is_private(status)) return std::nullopt;
  return PrivateCache(folder, limits);
}

fs::path PrivateCache::path_of(std::string_view key) const {
  // Different keys may share a name, as long as that is rare: each file repeats its key.
  return folder_ / fmt::format("{:016x}{}", hash_of(key), kSuffix);
}

std::optional<std::vector<std::byte>> PrivateCache::get(std::string_view key) const {
  const auto file = read_all(path_of(key), limits_.file_bytes);
  Header header = {};
  if (!file || file->size() < sizeof header + key.size()) return std::nullopt;
  std::memcpy(&header, file->data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.key_bytes != key.size() ||
      std::memcmp(file->data() + sizeof header, key.data(), key.size()) != 0)
    return std::nullopt;
  return decompress(std::span(*file).subspan(sizeof header + key.size()), limits_.value_bytes);
}

void PrivateCache::put(std::string_view key, std::span<const std::byte> value) const {
  const std::vector<std::byte> frame = compress(value);
  Header header = {{}, static_cast<std::uint32_t>(key.size())};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  if (frame.empty() || key.size() > kLongestKey || sizeof header + key.size() + frame.size() > limits_.file_bytes)
    return;
  try {
    OutputFile file(path_of(key), OutputFile::Access::kPrivate);
    file.write_at(0, std::as_bytes(std::span(&header, 1)));
    file.write_at(sizeof header, std::as_bytes(std::span(key)));
    file.write_at(sizeof header + key.size(), frame);
    file.publish();
  } catch (const Error&) {
    return;
  }
  make_room();
}

void PrivateCache::make_room() const {
  struct Entry {
    fs::file_time_type used;
    std::uint64_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uint64_t sum = 0;
  std::error_code error;
  for (const fs::directory_entry& found : fs::directory_iterator(folder_, error)) {
    const auto used = found.last_write_time(error);
    if (error || !found.is_regular_file(error)) continue;
    if (found.path().extension() != kSuffix) {
      if (fs::file_time_type::clock::now() - used > kLongestWrite) fs::remove(found.path(), error);
      continue;
    }
    entries.push_back({used, found.file_size(error), found.path()});
    sum += entries.back().bytes;
  }
  std::ranges::sort(entries, {}, [](const Entry& entry) { return std::pair(entry.used, entry.path); });
  for (const Entry& entry : entries) {
    if (sum <= limits_.folder_bytes) break;
    fs::remove(entry.path, error);
    sum -= entry.bytes;
  }
}

}  // namespace holdfast::os
