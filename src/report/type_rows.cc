#include "report/type_rows.h"

#include <algorithm>
#include <array>

namespace holdfast::report {
namespace {

constexpr std::size_t kEvidenceKinds = static_cast<std::size_t>(heap::KnownBy::kInferred) + 1;

const char* text_of(heap::KnownBy known_by) {
  switch (known_by) {
    case heap::KnownBy::kUnknown:
      return "";
    case heap::KnownBy::kHeader:
      return "header";
    case heap::KnownBy::kInterface:
      return "interface";
    case heap::KnownBy::kClosure:
      return "closure";
    case heap::KnownBy::kRuntime:
      return "runtime";
    case heap::KnownBy::kDwarf:
      return "dwarf";
    case heap::KnownBy::kCode:
      return "code";
    case heap::KnownBy::kLibrary:
      return "library";
    case heap::KnownBy::kPropagated:
      return "propagated";
    case heap::KnownBy::kInferred:
      return "inferred";
  }
  return "";
}

struct Sums {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t retained = 0;
  bool has_vertices = false;  // some of its objects can hold pointers
  std::uint32_t open = 0;     // objects of the type on the way from the super root to here
  std::array<std::uint32_t, kEvidenceKinds> by{};
};

class TypeSums {
 public:
  TypeSums(const Names& names, const Dominated& dominated)
      : snapshot_(names.snapshot()),
        index_(names.index()),
        dominated_(dominated),
        sums_(names.snapshot().types.size() + 1) {}

  const std::vector<Sums>& run() {
    add_own();
    add_retained();
    return sums_;
  }

 private:
  Sums& sums_of(std::uint32_t object) {
    const heap::ObjectType type = snapshot_.object_type[object];
    return type ? sums_[type.type().row] : sums_.back();
  }

  void add_own() {
    const graph::DominatorColumns& columns = dominated_.dominators().columns();
    columns.sizes.for_each_run(0, snapshot_.objects, [&](std::uint64_t begin, std::uint64_t end, std::uint64_t size) {
      for (std::uint64_t i = begin; i < end; ++i) {
        if (columns.idom[i] == 0) continue;
        Sums& sums = sums_of(static_cast<std::uint32_t>(i));
        ++sums.count;
        sums.bytes += size;
        ++sums.by[static_cast<std::size_t>(snapshot_.object_type[i].known_by())];
        if (i < snapshot_.pointerful) sums.has_vertices = true;
        // Pointerful objects come first, so it is known by now whether one of this type can dominate a pointer-free
        // one.
        else if (!sums.has_vertices)
          sums.retained += size;
      }
    });
  }

  void open(std::uint32_t vertex) {
    const graph::Dominators& dominators = dominated_.dominators();
    if (dominators.columns().vertices.is_object(vertex) && sums_of(vertex).open++ == 0)
      sums_of(vertex).retained += dominators.retained_bytes(ObjectId(vertex));
    for (const std::uint32_t leaf : dominated_.leaves(vertex)) {
      Sums& sums = sums_of(leaf);
      if (sums.has_vertices && sums.open == 0) sums.retained += index_.size_of(ObjectId(leaf));
    }
  }

  void add_retained() {
    const graph::Dominators& dominators = dominated_.dominators();
    const graph::Vertices& vertices = dominators.columns().vertices;
    struct Visit {
      std::uint32_t vertex = 0;
      std::uint32_t next = 0;  // child
    };
    HugeArray<Visit> stack(vertices.count());
    std::uint64_t depth = 0;
    stack[depth++] = {vertices.super_root(), 0};
    while (depth > 0) {
      Visit& visit = stack[depth - 1];
      const bool is_object = vertices.is_object(visit.vertex);
      const auto children = dominated_.tree().children(vertices.node(visit.vertex));
      if (visit.next == 0) open(visit.vertex);
      if (visit.next < children.size()) {
        stack[depth++] = {children[visit.next++], 0};
        continue;
      }
      if (is_object) --sums_of(visit.vertex).open;
      --depth;
    }
  }

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const Dominated& dominated_;
  std::vector<Sums> sums_;  // by TypeId, then one for objects without a type
};

}  // namespace

std::vector<TypeRow> type_rows(const Names& names, const Dominated& dominated) {
  const heap::Snapshot& snapshot = names.snapshot();
  TypeSums pass(names, dominated);
  const std::vector<Sums>& sums = pass.run();
  std::vector<TypeRow> rows;
  for (std::size_t t = 0; t < sums.size(); ++t) {
    if (sums[t].count == 0) continue;
    TypeRow& row = rows.emplace_back();
    const bool known = t < snapshot.types.size();
    row.type = known ? snapshot.strings[snapshot.types[t].name] : "type not known";
    row.count = sums[t].count;
    row.bytes = sums[t].bytes;
    row.retained_bytes = sums[t].retained;
    const auto most = std::max_element(sums[t].by.begin(), sums[t].by.end()) - sums[t].by.begin();
    row.known_by = text_of(static_cast<heap::KnownBy>(most));
  }
  std::sort(rows.begin(), rows.end(), [](const TypeRow& a, const TypeRow& b) {
    if (a.retained_bytes != b.retained_bytes) return a.retained_bytes > b.retained_bytes;
    if (a.bytes != b.bytes) return a.bytes > b.bytes;
    return a.type < b.type;
  });
  return rows;
}

}  // namespace holdfast::report
