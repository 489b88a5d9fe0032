#include "query/value.h"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::query {

std::vector<ResultColumn> with_different_names(std::span<const ResultColumn> columns) {
  std::vector<ResultColumn> out;
  const auto is_taken = [&](const std::string& name) {
    return std::ranges::any_of(out, [&](const ResultColumn& other) { return other.name == name; });
  };
  for (const ResultColumn& column : columns) {
    ResultColumn named = column;
    for (int n = 2; is_taken(named.name); ++n) named.name = fmt::format("{}_{}", column.name, n);
    out.push_back(std::move(named));
  }
  return out;
}

std::string address_text(std::int64_t address) {
  return address < 0 ? fmt::format("{}", address) : fmt::format("{:#x}", address);
}

}  // namespace holdfast::query
