#include "go/symbols.h"

#include <gmock/gmock.h>

#include "binary/elf_builder_for_tests.h"

namespace holdfast::go {
namespace {

using ::testing::ElementsAre;

AddressRange range(std::uint64_t begin, std::uint64_t end) {
  return {Address(begin), Address(end)};
}

TEST(Symbols, CutARangeAtTheBordersOfItsVariables) {
  const auto bytes = binary::ElfBuilder(binary::ElfType::kExec)
                         .symbol("reflect.stringType", Address(0x1010), 8)
                         .symbol("sync.expunged", Address(0x1018), 8)
                         .symbol("main.handler", Address(0x1030), 16)
                         .symbol("runtime.ebss", Address(0x1040), 0)
                         .build();
  const binary::ElfFile elf(ByteView(bytes, "program"));
  const Symbols symbols({{&elf, 0x7000, "program"}});
  EXPECT_THAT(symbols.parts_of(range(0x8000, 0x8050)),
              ElementsAre(range(0x8000, 0x8010), range(0x8010, 0x8018), range(0x8018, 0x8020), range(0x8020, 0x8030),
                          range(0x8030, 0x8040), range(0x8040, 0x8050)));
  EXPECT_THAT(symbols.parts_of(range(0x8014, 0x8038)),
              ElementsAre(range(0x8014, 0x8018), range(0x8018, 0x8020), range(0x8020, 0x8030), range(0x8030, 0x8038)));
  EXPECT_THAT(symbols.parts_of(range(0x9000, 0x9010)), ElementsAre(range(0x9000, 0x9010)));
  EXPECT_THAT(Symbols({}).parts_of(range(0x9000, 0x9010)), ElementsAre(range(0x9000, 0x9010)));
}

}  // namespace
}  // namespace holdfast::go
