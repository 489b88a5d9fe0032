#include "dumps/clean.h"

#include <gtest/gtest.h>

namespace holdfast::dumps {
namespace {

TEST(CleanDump, HasNothingThatOtherParsersRefuse) {
  const CleanDump clean = clean_dump(
      "web-1 | panic: x\r\n"
      "web-1 | \r\n"
      "web-1 | goroutine 7 gp=0xc000102380 m=nil [select (no cases), 4 minutes, synctest bubble 1] {tenant: acme}:\r\n"
      "web-1 | main.(*T).serve(0x1, {0x2, 0x3})\r\n"
      "db-1 | a line of another\r\n"
      "web-1 | \t/src/main.go:12 +0x1d fp=0xc0 sp=0xc1 pc=0xc2\r\n"
      "web-1 | main.inlined(...)\r\n"
      "web-1 | \t/src/main.go:13\r\n"
      "web-1 | created by main.main in goroutine 1\r\n"
      "web-1 | \t/src/main.go:9 +0x5\r\n"
      "web-1 | [originating from goroutine 1]:\r\n"
      "web-1 | main.main(...)\r\n"
      "web-1 | \t/src/main.go:9 +0x5\r\n"
      "web-1 | \r\n"
      "web-1 | goroutine 8 <new>:\r\n"
      "web-1 | main.main()\r\n"
      "web-1 | \t/src/main.go:9 +0x5\r\n");
  EXPECT_EQ(clean.text,
            "goroutine 7 [select (no cases), 4 minutes]:\n"
            "main.(*T).serve(0x1, {0x2, 0x3})\n\t/src/main.go:12 +0x1d\n"
            "main.inlined(...)\n\t/src/main.go:13\n"
            "created by main.main in goroutine 1\n\t/src/main.go:9 +0x5\n\n");
  EXPECT_EQ(clean.goroutines, 1U);
  EXPECT_EQ(clean.left_out, 1U);
}

}  // namespace
}  // namespace holdfast::dumps
