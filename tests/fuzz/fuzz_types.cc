// Reads any bytes as a module's block of types, and the same bytes on the heap: every address may be asked about. The
// first byte chooses the release.
#include "base/memory_image.h"
#include "go/pointer_mask.h"
#include "go/type_image_for_tests.h"
#include "go/type_universe.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::go;
  if (size < 64 || size > 1 << 14) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
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
  module.itablinks = {TypeImage::kTypes, bytes.size() / 16};
  module.type_desc_len = module.itab_size = bytes.size();
  Variables vars;
  vars.itab_table = TypeImage::kTypes + 8;
  const Runtime runtime{image, layouts, version, {module}, vars};
  const TypeReader reader(runtime);
  LossLedger losses;
  TypeUniverse universe(runtime, reader, losses);
  const PointerMasks masks(runtime, losses);
  std::vector<Address> out;
  for (std::uint64_t at = 0; at < bytes.size(); at += 8)
    for (const Address type : {TypeImage::kTypes + at, TypeImage::kHeap + at}) {
      if (const auto read = reader.read(type)) read->full_name();
      reader.methods(type);
      reader.descriptor_bytes(type);
      out.clear();
      reader.references(type, out);
      universe.interface_type(type);
      if (const PointerMask* mask = masks.of(type))
        for (std::uint64_t i = 0; i < mask->bits(); i += 997) mask->test(i);
    }
  return 0;
}
