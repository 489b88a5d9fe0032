// What a Snapshot promises of the values of its large columns (heap/column.h). They are checked apart from the rest,
// since those of a capture are unpacked later. A check keeps what it needs to know of the snapshot, which may be gone
// or elsewhere when it runs; it works on all processors and says what is wrong as problems() of heap/validate.h does.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

constexpr std::size_t kMostProblems = 20;  // that are put into words

template <typename T>
using ColumnCheck = std::function<std::vector<std::string>(std::span<const T> values)>;

// Edge rows ascend from 0 to the number of edges.
ColumnCheck<std::uint32_t> check_of_rows(const Snapshot& snapshot);
// Edges lead to objects.
ColumnCheck<std::uint32_t> check_of_targets(const Snapshot& snapshot);
// Every source word lies within its object. It asks for the edge rows, so it fails as they do.
ColumnCheck<std::uint8_t> check_of_steps(const Snapshot& snapshot);
// Objects are of types that there are, and known by what there is.
ColumnCheck<ObjectType> check_of_types(const Snapshot& snapshot);

// Says which columns do not have as many values as they should.
std::vector<std::string> wrong_sizes(const Snapshot& snapshot);
// Whether the columns of edges have as many values as they should.
bool edges_fit(const Snapshot& snapshot);

}  // namespace holdfast::heap
