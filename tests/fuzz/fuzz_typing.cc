// Takes any bytes as a module's block of types, and the same bytes as a heap of 64-byte slots whose objects are claimed
// to be of these types: the search for types must end, whatever they say. The first byte chooses the release, the
// second one where the claims begin.
#include "base/memory_image.h"
#include "go/library_layouts.h"
#include "go/type_image_for_tests.h"
#include "go/type_universe.h"
#include "typing/propagate.h"
#include "typing/shapes.h"

namespace {

using namespace holdfast;
using namespace holdfast::go;

constexpr std::uint64_t kSlot = 64;

// The first three quarters of the slots can hold pointers.
class Slots : public typing::HeapView {
 public:
  explicit Slots(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint32_t pointerful() const override { return objects() * 3 / 4; }
  std::uint32_t objects() const override { return static_cast<std::uint32_t>(bytes_.size() / kSlot); }
  void find(std::span<const Address> addresses, std::span<Location> places) const override {
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const std::uint64_t offset = addresses[i] - TypeImage::kHeap;
      const auto row = static_cast<std::uint32_t>(offset / kSlot);
      places[i] = offset / kSlot < objects() ? Location{row, offset % kSlot, kSlot, kSlot - 16} : Location();
    }
  }
  void read(std::span<const std::uint32_t> rows, std::span<Object> objects) const override {
    for (std::size_t i = 0; i < rows.size(); ++i) objects[i] = {bytes_.data() + rows[i] * kSlot, kSlot, kSlot - 16};
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 66 || size > 1 << 13) return 0;
  const auto bytes = std::as_bytes(std::span(data + 2, size - 2));
  MemoryImage image;
  image.add(TypeImage::kTypes, bytes, nullptr);
  image.add(TypeImage::kHeap, bytes, nullptr);
  image.seal();
  const FakeLayouts layouts;
  GoVersion version;
  version.minor = kOldestMinor + data[0] % (kNewestMinor - kOldestMinor + 1);
  Module module;
  module.types = TypeImage::kTypes;
  module.etypes = TypeImage::kTypes + bytes.size();
  module.typelinks = {TypeImage::kTypes, bytes.size() / 8};
  module.type_desc_len = bytes.size();
  const Runtime runtime{image, layouts, version, {module}, Variables()};
  const TypeReader reader(runtime);
  LossLedger losses;
  TypeUniverse universe(runtime, reader, losses);
  std::vector<Address> all;
  for (std::uint64_t at = 0; at < bytes.size(); at += 8) all.push_back(TypeImage::kTypes + at);
  universe.add(all);

  StringTable strings;
  const LibraryLayouts library;
  typing::TypeTable table(runtime, reader, universe, library, strings, [](Address) { return std::string(); });
  const Slots heap(bytes);
  typing::Reasons reasons(heap.objects());
  typing::Propagation propagation(heap, table, &reasons);
  const std::vector<Address>& types = universe.types();
  for (std::uint32_t i = 0; !types.empty() && i < heap.objects(); i += 3)
    propagation.claim_target(TypeImage::kHeap + i * kSlot, table.intern(types[(data[1] + i) % types.size()]),
                             typing::KnownBy::kHeader);
  propagation.run();
  propagation.claim_untyped();
  propagation.run();
  typing::Shapes shapes(reader, universe, heap, table, propagation);
  if (shapes.claim() > 0) propagation.run();
  reasons.finish();
  return 0;
}
