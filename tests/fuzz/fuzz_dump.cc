// Reads any bytes as a dump of goroutines, wrapped by a log driver or not, and what it makes for other parsers again.
#include "base/error.h"
#include "dumps/clean.h"
#include "dumps/crash_addresses.h"
#include "dumps/dump.h"
#include "dumps/unwrapped.h"

namespace {

void read_dump(std::string_view text) {
  using namespace holdfast;
  using namespace holdfast::dumps;
  HOLDFAST_CHECK(addresses_of_crash(text).size() <= kMostAskedAddresses);
  const CleanDump clean = clean_dump(text);
  try {
    const Dump dump = Dump::parse(text, "input");
    for (const Goroutine& one : dump.goroutines()) {
      const Stack& stack = dump.stacks()[one.stack];
      for (const std::uint32_t frame : dump.frames(stack)) HOLDFAST_CHECK(frame < dump.places().size());
      HOLDFAST_CHECK(stack.made_by == Stack::kNobody || stack.made_by < dump.places().size());
      read_labels(one.header.labels);
    }
    if (clean.goroutines > 0) {
      const Dump again = Dump::parse(clean.text, "clean");
      HOLDFAST_CHECK(again.goroutines().size() <= clean.goroutines && again.unknown_headers().count == 0);
    }
  } catch (const Error&) {
    return;
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_dump(text);
  if (const auto plain = holdfast::dumps::unwrapped(text)) read_dump(*plain);
  return 0;
}
