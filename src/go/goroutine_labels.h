// The pprof labels of goroutines: what runtime.g.labels points to. It is a map[string]string behind a pointer, or the
// header of a list of pairs of strings (GoVersion::labels_are_lists). Source: src/runtime/pprof/label.go of Go
// 1.19-1.27; the map is as in reference 6.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "go/library_layouts.h"
#include "go/runtime.h"

namespace holdfast::go {

struct GoroutineLabel {
  std::string key, value;  // any bytes

  bool operator==(const GoroutineLabel&) const = default;
};

// Several threads may share it.
class GoroutineLabelReader {
 public:
  // `runtime` must outlive this.
  explicit GoroutineLabelReader(const Runtime& runtime);

  // Returns the labels behind a g.labels that is not null, ordered by key. Nothing if any of it cannot be read or makes
  // no sense: some libraries keep things of their own there.
  std::optional<std::vector<GoroutineLabel>> read(Address labels) const;

 private:
  struct Labels {
    std::vector<GoroutineLabel> all;
    std::uint64_t bytes = 0;
  };

  bool add_list(Address header, Labels& to) const;
  bool add_map(Address map, Labels& to) const;
  bool add_buckets(Address first, std::uint64_t count, Labels& to) const;
  bool add_pair(Address key, Address value, Labels& to) const;
  std::optional<std::string> text(Address header, std::uint64_t& bytes) const;

  const MemorySource& memory_;
  bool lists_;
  std::optional<HashMapLayout> map_;
};

// Reads the labels of all goroutines, so that a memory that keeps what it was asked for has them. Their texts lie among
// pointer-free objects.
void visit_goroutine_labels(const Runtime& runtime);

}  // namespace holdfast::go
