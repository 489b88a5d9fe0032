// For tests of parsers: cut and damaged copies of good bytes. A parser may read them in any way, or refuse them with an
// Error that says something; it must neither crash nor hang.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::binary {

using UseBytes = void (*)(const std::vector<std::byte>&);

inline void use_or_refuse(const std::vector<std::byte>& bytes, UseBytes use) {
  try {
    use(bytes);
  } catch (const Error& error) {
    EXPECT_FALSE(std::string_view(error.what()).empty());
  }
}

// Tries beginnings of every length, in steps. Each lies in memory of its own, so that ASan sees reads behind its end.
inline void use_truncated(const std::vector<std::byte>& good, UseBytes use, std::size_t step = 1) {
  for (std::size_t size = 0; size <= good.size(); size += step)
    use_or_refuse({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}, use);
}

// Tries copies with four random bytes at random places, the same ones in each run.
inline void use_damaged(const std::vector<std::byte>& good, int rounds, UseBytes use) {
  std::mt19937 random(7);
  for (int round = 0; round < rounds; ++round) {
    auto bytes = good;
    for (int i = 0; i < 4; ++i) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    use_or_refuse(bytes, use);
  }
}

}  // namespace holdfast::binary
