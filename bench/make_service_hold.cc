// Writes a capture of a generated service heap (service_graph.h), of a size that no process on this machine could have:
//
//   make_service_hold 100000000 FILE.hold
//
// Its objects lie in the order in which they were made, have no types, and its roots are package variables; what is
// measured with it is whether a heap of that many objects can be opened and looked at.
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "base/output_file.h"
#include "heap/hold_file.h"
#include "service_graph.h"

namespace {

using holdfast::Address;
using holdfast::HugeArray;
using holdfast::heap::Snapshot;

// What measurements of the graph do without: the bits of slots, which are all taken, addresses close to each other, and
// columns of what is not known.
void complete(Snapshot& snapshot) {
  Address base(0xc000000000);
  std::uint32_t words = 0;
  for (holdfast::heap::Span& span : snapshot.spans) {
    span.base = base;
    base += span.bytes();
    span.bits_at = words;
    words += (span.slots + 63) / 64;
  }
  snapshot.allocated = HugeArray<std::uint64_t>(words);
  for (const holdfast::heap::Span& span : snapshot.spans)
    for (std::uint32_t slot = 0; slot < span.slots; ++slot)
      snapshot.allocated[span.bits_at + slot / 64] |= std::uint64_t{1} << (slot % 64);
  // The first pointer of an object is its first word.
  holdfast::heap::Edges& edges = snapshot.edges;
  for (std::uint32_t row = 0; row < snapshot.pointerful; ++row)
    if (edges.row_begin[row] < edges.row_begin[row + 1]) edges.step[edges.row_begin[row]] = 0;
  snapshot.object_type = HugeArray<holdfast::heap::ObjectType>(snapshot.objects);
  const std::uint64_t bits = (std::uint64_t{snapshot.objects} + 63) / 64;
  snapshot.marked = HugeArray<std::uint64_t>(bits);
  snapshot.fresh = HugeArray<std::uint64_t>(bits);
  snapshot.target.name = "generated";
  snapshot.target.go_version = "go1.26";
  snapshot.target.goarch = "amd64";
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t objects = 0;
  const char* const end = argc == 3 ? argv[1] + std::strlen(argv[1]) : nullptr;
  if (argc != 3 || std::from_chars(argv[1], end, objects).ptr != end || objects == 0) {
    std::fprintf(stderr, "usage: make_service_hold OBJECTS FILE.hold\n");
    return 2;
  }
  try {
    holdfast::OutputFile file(argv[2], holdfast::OutputFile::Access::kUsual);
    Snapshot snapshot = holdfast::bench::service_graph(objects, holdfast::bench::Locality::kAsBuilt);
    complete(snapshot);
    holdfast::heap::write_hold(snapshot, file);
  } catch (const holdfast::Error& error) {
    std::fprintf(stderr, "make_service_hold: %s\n", error.what());
    return 1;
  }
  return 0;
}
