// Which rows of a table a scan visits: one or two ranges of its rows, or of a list of them. And what is asked for when
// rows are found by a value.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace holdfast::query {

// The values that a column shall have: a range of numbers, and perhaps none at all (NULL).
struct Bound {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();  // included
  bool nulls = false;                                            // rows without a value, too

  bool empty() const { return least > most; }
  bool contains(std::int64_t value) const { return least <= value && value <= most; }
  void intersect(const Bound& other) {
    least = least > other.least ? least : other.least;
    most = most < other.most ? most : other.most;
    nulls = nulls && other.nulls;
  }
  static constexpr Bound one(std::int64_t value) { return {value, value, false}; }
  static constexpr Bound nothing() { return {1, 0, false}; }
  static constexpr Bound all() { return {.nulls = true}; }
  // The part that lies in [0, count), as a half-open range.
  std::pair<std::uint64_t, std::uint64_t> among(std::uint64_t count) const {
    if (empty() || most < 0 || count == 0) return {0, 0};
    const std::uint64_t first = least < 0 ? 0 : static_cast<std::uint64_t>(least);
    const std::uint64_t last =
        static_cast<std::uint64_t>(most) < count - 1 ? static_cast<std::uint64_t>(most) : count - 1;
    return first > last ? std::pair<std::uint64_t, std::uint64_t>{0, 0} : std::pair{first, last + 1};
  }
};

struct RowRange {
  std::uint64_t begin = 0, end = 0;  // half-open
};

struct Rows {
  const std::uint32_t* list = nullptr;  // row numbers, which the ranges are places in; null: they are row numbers
  std::array<RowRange, 2> ranges = {};  // disjoint; visited in this order
  std::shared_ptr<const std::vector<std::uint32_t>> owned = {};  // the list, if nobody else keeps it

  static Rows range(std::uint64_t begin, std::uint64_t end) { return {nullptr, {{{begin, end}, {}}}, {}}; }
  static Rows range(std::pair<std::uint64_t, std::uint64_t> range) { return Rows::range(range.first, range.second); }
  static Rows of(std::vector<std::uint32_t> rows) {
    auto owned = std::make_shared<const std::vector<std::uint32_t>>(std::move(rows));
    return {owned->data(), {{{0, owned->size()}, {}}}, owned};
  }
  std::uint64_t count() const { return ranges[0].end - ranges[0].begin + ranges[1].end - ranges[1].begin; }
};

}  // namespace holdfast::query
