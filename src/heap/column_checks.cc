#include "heap/column_checks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/architecture.h"
#include "base/error.h"
#include "base/parallel.h"

namespace holdfast::heap {
namespace {

constexpr unsigned kParts = 64;
constexpr std::uint64_t kMostWords = (std::uint64_t{1} << kArchitecture.address_bits) / 8;  // of an object
constexpr std::uint8_t kSeeLongSteps = 255;

using Problems = std::vector<std::string>;

// Returns the lowest row that is bad, or `rows`; looks on all cores.
template <typename Bad>
std::uint64_t first_bad(std::uint64_t rows, const Bad& bad) {
  std::array<std::uint64_t, kParts> found;
  found.fill(rows);
  for_each_part(rows, kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t row = begin; row < end; ++row) {
      if (!bad(row)) continue;
      found[part] = row;
      return;
    }
  });
  return *std::min_element(found.begin(), found.end());
}

std::string wrong_rows(std::uint64_t rows, std::uint64_t edges, std::uint64_t steps, std::uint32_t objects) {
  return fmt::format("{} edge rows of {} edges with {} steps for {} objects", rows, edges, steps, objects);
}

// Where the edges of each source word lie: what is checked of `step`, by its rows.
class StepCheck {
 public:
  explicit StepCheck(const Snapshot& snapshot)
      : rows_(snapshot.edges.row_begin.shared()), long_steps_(snapshot.edges.long_steps) {
    for (std::size_t s = 0; s < snapshot.spans.size(); ++s) {
      const Span& span = snapshot.spans[s];
      if (span.has_pointers && std::uint64_t{span.first_object} + span.objects <= snapshot.pointerful)
        rooms_.push_back({span.slot_size, span.first_object, span.objects, static_cast<std::uint32_t>(s)});
    }
  }

  Problems run(std::span<const std::uint8_t> steps) const {
    Problems found = wrong_long_steps(steps);
    if (!found.empty()) return found;
    const std::span<const std::uint32_t> rows = rows_.span();
    const std::uint64_t bad = first_bad(rooms_.size(), [&](std::uint64_t r) {
      const Room& room = rooms_[r];
      for (std::uint32_t row = room.first_object; row < room.first_object + room.objects; ++row)
        if (words_used(rows, steps, row) * 8 > room.slot_size) return true;
      return false;
    });
    if (bad < rooms_.size())
      found.push_back(fmt::format("span {} has an edge that leaves behind the {} bytes of its object", rooms_[bad].span,
                                  rooms_[bad].slot_size));
    return found;
  }

 private:
  // What is to be known of a span with pointers.
  struct Room {
    std::uint64_t slot_size = 0;
    std::uint32_t first_object = 0, objects = 0, span = 0;
  };

  Problems wrong_long_steps(std::span<const std::uint8_t> steps) const {
    Problems found;
    const auto marks = std::count(steps.begin(), steps.end(), kSeeLongSteps);
    if (static_cast<std::uint64_t>(marks) != long_steps_.size())
      found.push_back(fmt::format("{} edges ask for a long step and there are {}", marks, long_steps_.size()));
    for (std::size_t i = 0; i < long_steps_.size(); ++i) {
      const auto& [edge, words] = long_steps_[i];
      const bool ascends = i == 0 || long_steps_[i - 1].first < edge;
      if (ascends && edge < steps.size() && steps[edge] == kSeeLongSteps && words <= kMostWords) continue;
      found.push_back(fmt::format("long step {} is {} words of edge {}", i, words, edge));
      break;
    }
    return found;
  }

  // Returns how many words of an object there are up to and including its last source word; 0 without edges.
  std::uint64_t words_used(std::span<const std::uint32_t> rows, std::span<const std::uint8_t> steps,
                           std::uint32_t row) const {
    const std::uint32_t end = rows[row + 1];
    std::uint64_t words = rows[row] < end ? 1 : 0;
    for (std::uint32_t e = rows[row]; e < end; ++e) words += steps[e] != kSeeLongSteps ? steps[e] : long_step(e);
    return words;
  }
  std::uint64_t long_step(std::uint32_t edge) const {
    return std::lower_bound(long_steps_.begin(), long_steps_.end(), std::pair(edge, std::uint64_t{0}))->second;
  }

  Column<std::uint32_t> rows_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> long_steps_;
  std::vector<Room> rooms_;
};

}  // namespace

ColumnCheck<std::uint32_t> check_of_rows(const Snapshot& snapshot) {
  return [objects = snapshot.pointerful, edges = snapshot.edges.count(),
          steps = snapshot.edges.step.size()](std::span<const std::uint32_t> rows) -> Problems {
    if (rows.front() != 0 || rows.back() != edges) return {wrong_rows(rows.size(), edges, steps, objects)};
    const std::uint64_t bad = first_bad(objects, [&](std::uint64_t r) { return rows[r] > rows[r + 1]; });
    if (bad == objects) return {};
    return {fmt::format("edge row {} is {} .. {}", bad, rows[bad], rows[bad + 1])};
  };
}

ColumnCheck<std::uint32_t> check_of_targets(const Snapshot& snapshot) {
  return [objects = snapshot.objects](std::span<const std::uint32_t> targets) -> Problems {
    const std::uint64_t bad = first_bad(targets.size(), [&](std::uint64_t e) { return targets[e] >= objects; });
    if (bad == targets.size()) return {};
    return {fmt::format("edge {} names object {} of {}", bad, targets[bad], objects)};
  };
}

ColumnCheck<std::uint8_t> check_of_steps(const Snapshot& snapshot) {
  return [check = std::make_shared<StepCheck>(snapshot)](std::span<const std::uint8_t> steps) {
    return check->run(steps);
  };
}

ColumnCheck<ObjectType> check_of_types(const Snapshot& snapshot) {
  return [types = snapshot.types.size()](std::span<const ObjectType> column) -> Problems {
    const std::uint64_t bad = first_bad(column.size(), [&](std::uint64_t i) {
      return column[i] && (column[i].known_by() > KnownBy::kPart || column[i].type().row >= types);
    });
    if (bad == column.size()) return {};
    return {fmt::format("object {} is of type {} of {}, known by {}", bad, column[bad].type().row, types,
                        static_cast<int>(column[bad].known_by()))};
  };
}

std::vector<std::string> wrong_sizes(const Snapshot& snapshot) {
  Problems found;
  const std::uint64_t words = (std::uint64_t{snapshot.objects} + 63) / 64;
  if (snapshot.objects == ObjectId::kNone)
    found.push_back(fmt::format("{} objects are more than ids", snapshot.objects));
  if (snapshot.marked.size() < words)
    found.push_back(fmt::format("{} words of mark bits for {} objects", snapshot.marked.size(), snapshot.objects));
  if (snapshot.fresh.size() < words)
    found.push_back(fmt::format("{} words of fresh bits for {} objects", snapshot.fresh.size(), snapshot.objects));
  if (snapshot.object_type.size() != snapshot.objects)
    found.push_back(fmt::format("{} object types for {} objects", snapshot.object_type.size(), snapshot.objects));
  const Edges& edges = snapshot.edges;
  if (!edges_fit(snapshot))
    found.push_back(wrong_rows(edges.row_begin.size(), edges.count(), edges.step.size(), snapshot.pointerful));
  return found;
}

bool edges_fit(const Snapshot& snapshot) {
  const Edges& edges = snapshot.edges;
  return edges.row_begin.size() == std::uint64_t{snapshot.pointerful} + 1 && edges.step.size() == edges.count();
}

}  // namespace holdfast::heap
