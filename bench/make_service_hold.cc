// Writes a capture of a generated service heap (service_graph.h), of a size that no process on this machine could have:
//
//   make_service_hold 100000000 FILE.hold
//
// Its objects have no types and its roots are package variables; what is measured with it is whether a heap of that
// many objects can be opened and looked at.
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "base/output_file.h"
#include "heap/hold_file.h"
#include "service_graph.h"

int main(int argc, char** argv) {
  std::uint64_t objects = 0;
  const char* const end = argc == 3 ? argv[1] + std::strlen(argv[1]) : nullptr;
  if (argc != 3 || std::from_chars(argv[1], end, objects).ptr != end || objects == 0) {
    std::fprintf(stderr, "usage: make_service_hold OBJECTS FILE.hold\n");
    return 2;
  }
  try {
    holdfast::OutputFile file(argv[2], holdfast::OutputFile::Access::kUsual);
    const holdfast::heap::Snapshot snapshot =
        holdfast::bench::service_graph(objects, holdfast::bench::Locality::kChurned);
    holdfast::heap::write_hold(snapshot, file);
    file.publish();
  } catch (const holdfast::Error& error) {
    std::fprintf(stderr, "make_service_hold: %s\n", error.what());
    return 1;
  }
  return 0;
}
