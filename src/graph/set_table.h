// Numbers for sets of small numbers, for passes that join the same few sets millions of times.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

namespace holdfast::graph {

// A set of owners, or of kinds if there are too many of them.
struct OwnerSet {
  std::vector<std::uint32_t> members;  // ascending: owners or kinds
  bool of_kinds = false;

  auto operator<=>(const OwnerSet&) const = default;
};

// Gives equal sets one number, and remembers what two of them make together. Set 0 is empty. One thread.
class SetTable {
 public:
  // Of more than `most_owners` members it keeps the kinds only, which are told by owner; `kind_of` must outlive this.
  SetTable(std::span<const std::uint32_t> kind_of, std::size_t most_owners);
  SetTable(const SetTable&) = delete;
  SetTable& operator=(const SetTable&) = delete;
  ~SetTable() = default;

  std::uint32_t of_owner(std::uint32_t owner);
  std::uint32_t both(std::uint32_t a, std::uint32_t b) {
    if (a == b || b == 0) return a;
    if (a == 0) return b;
    Joined& recent = recent_[(a * 31 + b) % recent_.size()];
    if (recent.a != a || recent.b != b) recent = {a, b, joined(a, b)};
    return recent.both;
  }
  // By number; afterwards the table is used up.
  std::vector<OwnerSet> take();

 private:
  struct Joined {
    std::uint32_t a = 0, b = 0, both = 0;
  };

  std::uint32_t add(OwnerSet set);
  std::uint32_t joined(std::uint32_t a, std::uint32_t b);
  OwnerSet joined(const OwnerSet& a, const OwnerSet& b) const;
  OwnerSet kinds_of(const OwnerSet& set) const;

  std::span<const std::uint32_t> kind_of_;
  std::size_t most_owners_;
  std::map<OwnerSet, std::uint32_t> number_;
  std::vector<const OwnerSet*> row_;     // by number: keys of number_, which stay where they are
  std::vector<std::uint32_t> of_owner_;  // by owner: its number, 0 = not asked yet
  std::unordered_map<std::uint64_t, std::uint32_t> both_;
  std::array<Joined, 1024> recent_{};
};

}  // namespace holdfast::graph
