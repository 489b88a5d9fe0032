// For tests of tables of profiles.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "view/table.h"

namespace holdfast::view {

// Returns the cell of the row whose function is called so.
inline Cell cell_of(const Table& table, std::string_view function, std::string_view column) {
  const auto number_of = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(table.shape.columns, name, &Column::name) -
                                    table.shape.columns.begin());
  };
  for (std::uint32_t row = 0; row < table.rows; ++row)
    if (table.cell(row, number_of("function")) == Cell(function)) return table.cell(row, number_of(column));
  ADD_FAILURE() << "no row of " << function;
  return {};
}

}  // namespace holdfast::view
