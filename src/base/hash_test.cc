#include "base/hash.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast {
namespace {

// The values are those of the reference implementation (xxhsum -H1). Files and fingerprints keep them, so they must not
// change.
TEST(Hash, IsXxh64WithSeed0) {
  EXPECT_EQ(hash_of(""), 0xef46db3751d8e999U);
  EXPECT_EQ(hash_of("a"), 0xd24ec4f1a98c6e5bU);
  EXPECT_EQ(hash_of("abc"), 0x44bc2cf5ad770999U);
}

TEST(Hash, OfPartsIsThatOfTheWhole) {
  EXPECT_EQ(Hasher().value(), hash_of(""));
  EXPECT_EQ(Hasher().add("a").add("").add("bc").value(), hash_of("abc"));
}

TEST(Hash, SpreadsNeighboursOverATable) {
  std::set<std::uint64_t> slots;
  for (std::uint64_t i = 0; i < 64; ++i) slots.insert(spread(Address(0xc000000000 + i * 8)) % 1024);
  EXPECT_GT(slots.size(), 55U);
}

// Keys that differ in one small number, or in the order of two, are the usual ones.
TEST(Mixed, KeysThatAreAlikeComeToLieApart) {
  std::set<std::uint64_t> cells;
  for (std::uint64_t a = 0; a < 32; ++a)
    for (std::uint64_t b = 0; b < 32; ++b) cells.insert(mixed(mixed(1, a * 8), b * 8) % 4096);
  EXPECT_GT(cells.size(), 800U);  // chance alone would leave 906 of 1,024 keys a cell of their own
  EXPECT_NE(mixed(mixed(0, 1), 2), mixed(mixed(0, 2), 1));
}

}  // namespace
}  // namespace holdfast
