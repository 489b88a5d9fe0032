// Reads any bytes as what `go build -gcflags=-m=2` writes, and decodes the flow of each decision.
#include <string_view>

#include "base/error.h"
#include "compiler/text_reader.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::compiler;
  const Decisions decisions = read_text({{reinterpret_cast<const char*>(data), size}, nullptr, "/src/m"});
  for (const Decision& one : decisions.all()) {
    HOLDFAST_CHECK(one.count > 0 && one.step < reasons().size());
    HOLDFAST_CHECK(decisions.written(one) == one.place);
    HOLDFAST_CHECK(one.flow == Decision::kNoFlow || !decisions.flow(one).empty());
  }
  return 0;
}
