// Reads a .hold file of any bytes with right checksums, since no fuzzer finds those: what is accepted must keep the
// promises of a snapshot, and must be fit to work with. A fuzzer does not find its way through compression either, so
// most mutations change the rows of one section and pack them again.
#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "heap/content.h"
#include "heap/field_path.h"
#include "heap/hold_file.h"
#include "heap/hold_parts_for_tests.h"
#include "heap/object_index.h"
#include "heap/validate.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using namespace holdfast;
using namespace holdfast::heap;
using holdfast::heap::testing::HoldParts;

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

template <class T>
bool equal(const Column<T>& a, const Column<T>& b) {
  return std::ranges::equal(a.span(), b.span());
}

void read_content(const Snapshot& snapshot) {
  std::vector<std::uint8_t> bytes(1 << 16);
  for (const AddressRange& range : snapshot.content.ranges)
    for (Address at = range.begin; at < range.end; at = at + bytes.size()) snapshot.content.source->read(at, bytes);
}

// Reads what leaves its large columns in the file, and uses it as a verb does: some of it, then more. Whoever accepts
// all of a file must accept what the other accepts, and get the same. False if it was refused, then or now.
bool use_in_pieces(const std::vector<std::byte>& file, const Snapshot* whole) {
  try {
    const Snapshot opened = read_hold(ByteView(file, "input"), HoldOwner{std::make_shared<int>(0), {}});
    HOLDFAST_CHECK(problems(opened).empty());
    opened.edges.target.unpack();
    use(opened);
    read_content(opened);
    opened.object_type.unpack();
    opened.edges.step.unpack();
    opened.edges.row_begin.unpack();
    HOLDFAST_CHECK(whole != nullptr);
    HOLDFAST_CHECK(equal(opened.object_type, whole->object_type) && equal(opened.edges.step, whole->edges.step) &&
                   equal(opened.edges.row_begin, whole->edges.row_begin) &&
                   equal(opened.edges.target, whole->edges.target));
    return true;
  } catch (const Error&) {
    return false;
  }
}

// A type that only a newer holdfast knows is no damage, except in a file that says that this one wrote it.
bool has_newer_values(const Snapshot& whole) {
  return std::ranges::any_of(whole.losses,
                             [](const Loss& loss) { return loss.kind == make_loss(LossKind::kNewerValue, 1).kind; });
}

// Unpacks the rows of a section, lets the fuzzer change them, and packs whole rows of the result. False if they cannot
// be unpacked.
bool mutate_rows(HoldParts::Section& section) {
  constexpr std::size_t kMost = 1 << 16;
  const std::uint32_t row_size = section.entry.row_size;
  if (row_size == 0 || row_size > kMost || section.entry.count > kMost / row_size) return false;
  std::vector<std::byte> rows;
  try {
    rows = HoldParts::rows_of(section);
  } catch (const Error&) {
    return false;
  }
  const std::size_t before = rows.size();
  rows.resize(kMost);
  const std::size_t size = LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(rows.data()), before, kMost);
  HoldParts::set_rows(section, std::span(rows).first(size / row_size * row_size), row_size);
  return true;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  const auto input = std::as_bytes(std::span(data, size));
  HoldParts parts(ByteView(input, "input"));
  auto& sections = parts.sections();
  if (seed % 8 == 0 || sections.empty()) return LLVMFuzzerMutate(data, size, most);
  if (!mutate_rows(sections[seed / 8 % sections.size()])) return LLVMFuzzerMutate(data, size, most);
  const std::vector<std::byte> file = parts.file();
  if (file.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, file.data(), file.size());
  return file.size();
}

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  HoldParts parts(ByteView(input, "input"));
  const std::vector<std::byte> file = parts.sections().empty() ? std::vector(input.begin(), input.end()) : parts.file();
  std::optional<Snapshot> whole;
  try {
    whole = read_hold(ByteView(file, "input"));
    use(*whole);
  } catch (const Error&) {
    whole.reset();
  }
  const bool in_pieces = use_in_pieces(file, whole ? &*whole : nullptr);
  HOLDFAST_CHECK(in_pieces == whole.has_value() || (whole && has_newer_values(*whole)));
  return 0;
}
