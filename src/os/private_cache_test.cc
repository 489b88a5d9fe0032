#include "os/private_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;
using testing::Optional;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

class PrivateCacheTest : public testing::Test {
 protected:
  PrivateCacheTest() {
    std::string name = (fs::temp_directory_path() / "holdfast-cache-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    folder_ = root_ / "holdfast";
  }
  void TearDown() override { fs::remove_all(root_); }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path());
    return found;
  }

  fs::path root_, folder_;
};

TEST_F(PrivateCacheTest, GivesBackWhatWasPut) {
  const auto cache = PrivateCache::open(folder_);
  ASSERT_TRUE(cache);
  EXPECT_EQ(cache->get("one"), std::nullopt);
  cache->put("one", bytes_of("first"));
  cache->put("two", bytes_of(""));
  cache->put("one", bytes_of("second"));
  EXPECT_THAT(PrivateCache::open(folder_)->get("one"), Optional(bytes_of("second")));
  EXPECT_THAT(cache->get("two"), Optional(bytes_of("")));
  EXPECT_EQ(cache->get("three"), std::nullopt);
}

TEST_F(PrivateCacheTest, NobodyElseMayReadOrWriteIt) {
  PrivateCache::open(folder_)->put("one", bytes_of("first"));
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
  ASSERT_EQ(files().size(), 1U);
  EXPECT_EQ(fs::status(files().front()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ::chmod(files().front().c_str(), 0644);
  EXPECT_EQ(PrivateCache::open(folder_)->get("one"), std::nullopt) << "somebody opened it to others";
  ::chmod(folder_.c_str(), 0777);
  EXPECT_FALSE(PrivateCache::open(folder_));
  fs::remove_all(folder_);
  fs::create_directory_symlink(root_, folder_);
  EXPECT_FALSE(PrivateCache::open(folder_));
}

TEST_F(PrivateCacheTest, ADamagedFileCountsAsNone) {
  const auto cache = PrivateCache::open(folder_);
  cache->put("one", bytes_of(std::string(1000, 'x') + "and the rest"));
  const fs::path file = files().front();
  std::string whole(fs::file_size(file), '\0');
  std::ifstream(file, std::ios::binary).read(whole.data(), static_cast<std::streamsize>(whole.size()));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    std::ofstream(file, std::ios::binary) << damaged;
    EXPECT_EQ(cache->get("one"), std::nullopt) << at;
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    EXPECT_EQ(cache->get("one"), std::nullopt) << size;
  }
  std::ofstream(file, std::ios::binary) << whole;
  EXPECT_TRUE(cache->get("one"));
}

TEST_F(PrivateCacheTest, WhatWasUsedLeastRecentlyGoesWhenThereIsNoRoom) {
  std::string noise;  // cannot be compressed
  for (unsigned i = 0, x = 1; i < 4000; ++i) noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  const auto cache =
      PrivateCache::open(folder_, {.folder_bytes = 13'500, .file_bytes = 1 << 20, .value_bytes = 1 << 20});
  const auto wait = [] { ::usleep(20'000); };  // longer than the resolution of file times
  for (const char* key : {"a", "b", "c"}) {
    cache->put(key, bytes_of(noise));
    wait();
  }
  EXPECT_TRUE(cache->get("a"));
  wait();
  cache->put("d", bytes_of(noise));
  EXPECT_TRUE(cache->get("a") && cache->get("c") && cache->get("d"));
  EXPECT_EQ(cache->get("b"), std::nullopt);
}

TEST_F(PrivateCacheTest, WhatIsTooLargeIsNotKept) {
  const auto cache = PrivateCache::open(folder_, {.folder_bytes = 1 << 20, .file_bytes = 1 << 20, .value_bytes = 100});
  cache->put("large", bytes_of(std::string(200, 'x')));
  EXPECT_EQ(cache->get("large"), std::nullopt);
  const auto narrow = PrivateCache::open(folder_, {.folder_bytes = 1 << 20, .file_bytes = 30, .value_bytes = 1000});
  narrow->put("other", bytes_of("0123456789abcdefghijklmnopqrstuvwxyz"));
  EXPECT_EQ(narrow->get("other"), std::nullopt);
}

}  // namespace
}  // namespace holdfast::os
