// A .hold file of any bytes, with its checksums made right, since no fuzzer finds those: what is accepted keeps the
// promises of a snapshot and can be worked with.
#include <xxhash.h>

#include <cstring>
#include <vector>

#include "heap/field_path.h"
#include "heap/hold_file.h"
#include "heap/hold_format.h"
#include "heap/object_index.h"
#include "heap/validate.h"

namespace {

using namespace holdfast;
using namespace holdfast::heap;

void sign(std::vector<std::byte>& file) {
  const std::size_t table_end = sizeof(HoldHeader) + kHoldSections.size() * sizeof(HoldSection);
  if (file.size() < table_end) return;
  auto& header = *reinterpret_cast<HoldHeader*>(file.data());
  auto* const table = reinterpret_cast<HoldSection*>(file.data() + sizeof(HoldHeader));
  for (std::size_t i = 0; i < kHoldSections.size(); ++i) {
    const ByteView view(file, "input");
    if (view.has(table[i].offset, table[i].stored_size))
      table[i].checksum = XXH64(file.data() + table[i].offset, table[i].stored_size, 0);
  }
  header.checksum = 0;
  header.checksum = XXH64(file.data(), table_end, 0);
}

void use(const Snapshot& snapshot) {
  HOLDFAST_CHECK(problems(snapshot).empty());
  const ObjectIndex index(snapshot);
  for (std::uint32_t row = 0; row < std::min(snapshot.objects, 1000U); ++row) {
    const ObjectId object(row);
    HOLDFAST_CHECK(index.find_object(index.address_of(object)) == object);
    field_path(snapshot, snapshot.object_type[row].type(), row);
    if (row >= snapshot.pointerful) continue;
    const std::uint32_t begin = snapshot.edges.row_begin[row];
    const std::uint32_t end = std::min(snapshot.edges.row_begin[row + 1], begin + 100);
    for (std::uint32_t e = begin; e < end; ++e) edge_path(snapshot, index, object, e);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  std::vector<std::byte> file(input.begin(), input.end());
  sign(file);
  try {
    use(read_hold(ByteView(file, "input")));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
