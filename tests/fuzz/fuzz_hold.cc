// A .hold file of any bytes, with its checksums made right, since no fuzzer finds those: what is accepted keeps the
// promises of a snapshot and can be worked with. Nor does a fuzzer find its way through compression: most mutations
// change the rows of one section and pack them again.
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "heap/field_path.h"
#include "heap/hold_file.h"
#include "heap/hold_format.h"
#include "heap/hold_frames.h"
#include "heap/object_index.h"
#include "heap/validate.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

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

// --- mutation of rows ---

struct Section {
  HoldSection entry{};
  std::vector<std::byte> stored;
};

constexpr std::size_t kTableEnd = sizeof(HoldHeader) + kHoldSections.size() * sizeof(HoldSection);

// The sections of a file as they are stored; none if the file does not hang together.
std::vector<Section> split(const ByteView& file) {
  std::vector<Section> sections;
  if (file.size() < kTableEnd) return sections;
  const auto table = file.array<HoldSection>(sizeof(HoldHeader), kHoldSections.size());
  for (const HoldSection& entry : table) {
    if (!file.has(entry.offset, entry.stored_size)) return {};
    const auto bytes = file.span().subspan(entry.offset, entry.stored_size);
    sections.push_back({entry, {bytes.begin(), bytes.end()}});
  }
  return sections;
}

std::vector<std::byte> join(std::span<const std::byte> header, std::vector<Section>& sections) {
  std::vector<std::byte> file(header.begin(), header.end());
  file.resize(kTableEnd);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    sections[i].entry.offset = file.size();
    sections[i].entry.stored_size = sections[i].stored.size();
    std::memcpy(file.data() + sizeof(HoldHeader) + i * sizeof(HoldSection), &sections[i].entry, sizeof(HoldSection));
    file.insert(file.end(), sections[i].stored.begin(), sections[i].stored.end());
  }
  reinterpret_cast<HoldHeader*>(file.data())->file_size = file.size();
  return file;
}

// Unpacks the rows of a section, lets the fuzzer change them, packs whole rows of the result. False if they cannot be
// unpacked.
bool mutate_rows(Section& section) {
  constexpr std::size_t kMost = 1 << 16;
  HoldShape shape{section.entry.count, section.entry.row_size, static_cast<HoldEncoding>(+section.entry.encoding)};
  if (shape.row_size == 0 || shape.row_size > kMost || shape.count > kMost / shape.row_size) return false;
  std::vector<std::byte> rows(kMost);
  try {
    const ByteView stored(section.stored, "section");
    check_frames(shape, stored);
    unpack_frames(shape, stored, std::span(rows).first(shape.bytes()));
  } catch (const Error&) {
    return false;
  }
  const std::size_t size = LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(rows.data()), shape.bytes(), kMost);
  shape.count = size / shape.row_size;
  const StoredFrames packed = pack_frames(shape, std::span(rows).first(shape.bytes()));
  const auto sizes = std::as_bytes(std::span(packed.sizes));
  section.entry.count = shape.count;
  section.stored.assign(sizes.begin(), sizes.end());
  for (const std::vector<std::byte>& frame : packed.frames)
    section.stored.insert(section.stored.end(), frame.begin(), frame.end());
  return true;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  const auto input = std::as_bytes(std::span(data, size));
  std::vector<Section> sections = split(ByteView(input, "input"));
  if (seed % 8 == 0 || sections.empty()) return LLVMFuzzerMutate(data, size, most);
  if (!mutate_rows(sections[seed / 8 % sections.size()])) return LLVMFuzzerMutate(data, size, most);
  const std::vector<std::byte> file = join(input.first(sizeof(HoldHeader)), sections);
  if (file.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, file.data(), file.size());
  return file.size();
}

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
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
