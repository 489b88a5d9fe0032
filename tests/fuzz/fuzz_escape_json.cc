// Reads any bytes as a file of the compiler's -json, decodes the flow of each decision, and joins it with text that was
// read of the same bytes.
#include <string_view>

#include "base/error.h"
#include "compiler/json_reader.h"
#include "compiler/merge.h"
#include "compiler/text_reader.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::compiler;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const Decisions decisions = read_json({{"input", bytes, nullptr}});
    for (const Decision& one : decisions.all()) {
      HOLDFAST_CHECK(one.count > 0 && one.step < reasons().size());
      HOLDFAST_CHECK(one.flow == Decision::kNoFlow || !decisions.flow(one).empty());
    }
    Decisions text = read_text({bytes, nullptr, ""});
    merge(text, decisions);
    std::size_t on_heap = 0;
    for (const Decision& one : decisions.all()) on_heap += one.on_heap();
    HOLDFAST_CHECK(text.all().size() >= on_heap);
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
