#include "dumps/dump.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace holdfast::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kMain = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1d\n\n";

Dump dump_of(std::string_view text) {
  return Dump::parse(text, "text");
}

std::vector<std::string_view> functions(const Dump& dump, std::size_t goroutine) {
  std::vector<std::string_view> out;
  for (const std::uint32_t frame : dump.frames(dump.stacks()[dump.goroutines()[goroutine].stack]))
    out.push_back(dump.places()[frame].function);
  return out;
}

TEST(Dump, HasEachStackOnce) {
  const Dump dump = dump_of(
      "goroutine 1 [chan receive]:\nmain.f(0x1)\n\t/src/main.go:5 +0x1d\ncreated by main.main in goroutine 1\n"
      "\t/src/main.go:9 +0x5\n\n"
      "goroutine 2 [select]:\nmain.f(0x2)\n\t/src/main.go:5 +0x1d\ncreated by main.main in goroutine 7\n"
      "\t/src/main.go:9 +0x5\n\n"
      "goroutine 3 [select]:\nmain.f(0x2)\n\t/src/main.go:6 +0x1d\ncreated by main.main\n\t/src/main.go:9 +0x5\n");
  ASSERT_THAT(dump.goroutines(), SizeIs(3));
  EXPECT_THAT(dump.stacks(), SizeIs(2));
  EXPECT_EQ(dump.goroutines()[0].stack, dump.goroutines()[1].stack);
  EXPECT_EQ(dump.goroutines()[1].made_in, 7U);
  EXPECT_EQ(dump.goroutines()[2].made_in, 0U);
  EXPECT_EQ(dump.goroutines()[2].line, 13U);
  EXPECT_EQ(dump.places()[dump.stacks()[0].made_by].function, "main.main");
  EXPECT_EQ(dump.other_lines().count, 0U);
}

TEST(Dump, ReadsThroughWhatLogsPutInFrontAndInBetween) {
  const Dump dump = dump_of(
      "2026-11-30T12:00:00.123456789Z stderr F starting\n"
      "2026-11-30T12:00:00.12Z stderr F panic: boom\n"
      "2026-11-30T12:00:00.1Z stderr F\n"
      "2026-11-30T12:00:00.123Z stderr F goroutine 12 [running]:\r\n"
      "2026-11-30T12:00:00.1234Z stderr F main.(*T).serve(...)\r\n"
      "2026-11-30T12:00:00.1234Z stderr F done (5 items)\r\n"
      "2026-11-30T12:00:00.5Z stderr F     /src/main.go:5\r\n"
      "2026-11-30T12:00:00.5Z stdout F of another (stream)\n"
      "2026-11-30T12:00:00.5Z stderr F main.main()\n"
      "2026-11-30T12:00:00.5Z stderr F \t/src/main.go:7 +0x1d\n");
  ASSERT_THAT(dump.goroutines(), SizeIs(1));
  EXPECT_EQ(dump.goroutines()[0].header.id, 12U);
  EXPECT_THAT(functions(dump, 0), ElementsAre("main.(*T).serve", "main.main"));
  ASSERT_THAT(dump.messages(), SizeIs(1));
  EXPECT_EQ(dump.messages()[0].text, "boom");
  EXPECT_EQ(dump.other_lines().count, 3U);
  EXPECT_EQ(dump.other_lines().first[1].text, "done (5 items)");
}

TEST(Dump, LosesNoHeaderThatItDoesNotKnow) {
  const std::string text =
      "goroutine 5 <of a later release>:\nmain.f()\n\t/src/main.go:5 +0x1d\n\n" + std::string(kMain);
  const Dump dump = dump_of(text);
  EXPECT_THAT(dump.goroutines(), SizeIs(2));
  EXPECT_EQ(dump.unknown_headers().count, 1U);
  EXPECT_THAT(functions(dump, 0), ElementsAre("main.f"));
}

TEST(Dump, TakesNoMessageForAGoroutine) {
  const std::string text =
      "panic: first line\nsecond line: [running]:\ngoroutine 7 [running]:\n\n" + std::string(kMain);
  const Dump dump = dump_of(text);
  ASSERT_THAT(dump.goroutines(), SizeIs(1));
  EXPECT_EQ(dump.goroutines()[0].header.id, 1U);
  EXPECT_EQ(dump.empty_headers().count, 1U);
  EXPECT_EQ(dump.messages()[0].text, "first line\nsecond line: [running]:");
}

TEST(Dump, TellsTheChainOfPanics) {
  const std::string text =
      "panic: first [recovered]\n\tpanic: after first\n\tthird: line\n\tpanic: same [recovered, repanicked]\n"
      "[signal SIGSEGV: segmentation violation code=0x1 addr=0x20 pc=0x509d96]\n\n" +
      std::string(kMain) + "exit status 2\n";
  const Dump dump = dump_of(text);
  ASSERT_THAT(dump.messages(), SizeIs(3));
  EXPECT_EQ(dump.messages()[0].text, "first");
  EXPECT_TRUE(dump.messages()[0].recovered);
  EXPECT_EQ(dump.messages()[1].text, "after first\nthird: line");
  EXPECT_TRUE(dump.messages()[2].repanicked);
  ASSERT_TRUE(dump.messages()[2].signal);
  EXPECT_EQ(dump.messages()[2].signal->name, "SIGSEGV");
  EXPECT_EQ(dump.messages()[2].signal->address, Address(0x20));
  EXPECT_EQ(dump.other_lines().count, 0U);
}

TEST(Dump, TellsFatalErrorsWithWhatStandsBeforeThem) {
  const Dump dump = dump_of(
      "runtime: goroutine stack exceeds 1048576-byte limit\nruntime: sp=0x14 stack=[0x1, 0x2]\n"
      "fatal error: stack overflow\nfatal error: stack overflow\n\nruntime stack:\nruntime.throw({0x5a9413?, 0x2?})\n"
      "\t/src/panic.go:1 +0x48 fp=0x1 sp=0x2 pc=0x3\n\n"
      "goroutine 1 gp=0x14bc m=0 mp=0x78e260 [running]:\nmain.f()\n\t/src/main.go:5\n...23 frames "
      "elided...\nmain.main()\n"
      "\t/src/main.go:7 +0x1d fp=0x1 sp=0x2 pc=0x3\n");
  ASSERT_THAT(dump.messages(), SizeIs(1));
  EXPECT_EQ(dump.messages()[0].what, Happened::kFatal);
  EXPECT_THAT(dump.messages()[0].details, SizeIs(2));
  EXPECT_EQ(dump.threads(), 1U);
  EXPECT_EQ(dump.stacks()[0].left_out, 23U);
  EXPECT_THAT(functions(dump, 0), ElementsAre("main.f", "main.main"));
}

TEST(Dump, TellsSignalsAndTheStacksOfThreads) {
  const Dump dump = dump_of(
      "SIGABRT: abort\nPC=0x490921 m=0 sigcode=0\n\ngoroutine 0 gp=0x78d4a0 m=0 mp=0x78e260 "
      "[idle]:\nruntime.futex(0x1)\n"
      "\t/src/sys.s:575 +0x21\n\ngoroutine 5 [running]:\n\tgoroutine running on other thread; stack unavailable\n"
      "created by main.main in goroutine 1\n\t/src/main.go:9 +0x5\n\nrax    0xca\nrflags 0x286\n-----\n\n"
      "SIGQUIT: quit\nPC=0x1 m=2 sigcode=0\n\ngoroutine 5 [running]:\nmain.f()\n\t/src/main.go:5\n"
      "created by main.main in goroutine 1\n\t/src/main.go:9 +0x5\n");
  ASSERT_THAT(dump.messages(), SizeIs(1));  // the threads are told of it one after the other
  EXPECT_EQ(dump.messages()[0].signal->name, "SIGABRT");
  EXPECT_EQ(dump.messages()[0].signal->pc, Address(0x490921));
  ASSERT_THAT(dump.goroutines(), SizeIs(1));  // the second time with its stack
  EXPECT_THAT(functions(dump, 0), ElementsAre("main.f"));
  EXPECT_EQ(dump.repeated(), 0U);
  EXPECT_EQ(dump.threads(), 1U);
  EXPECT_EQ(dump.other_lines().count, 0U);
}

TEST(Dump, SaysThatItIsCutOffOrOfSeveralMoments) {
  const std::string two = std::string(kMain) + std::string(kMain.substr(0, kMain.find('\t')));
  EXPECT_TRUE(dump_of(two).is_cut());
  EXPECT_FALSE(dump_of(kMain).is_cut());
  EXPECT_EQ(dump_of(std::string(kMain) + std::string(kMain)).repeated(), 1U);
}

TEST(Dump, KnowsPanicsThatServersCaught) {
  const Dump dump = dump_of("2026/12/01 04:00:00 http: panic serving 127.0.0.1:4711: boom\n" + std::string(kMain));
  ASSERT_THAT(dump.messages(), SizeIs(1));
  EXPECT_EQ(dump.messages()[0].what, Happened::kCaughtPanic);
  EXPECT_EQ(dump.messages()[0].text, "boom");
}

TEST(Dump, RefusesWhatIsNone) {
  for (const char* text :
       {"", "<html>404</html>", "goroutine profile: total 13\n1 @ 0x1\n", "goroutine 1 [running]:\n"})
    EXPECT_THROW(dump_of(text), Error) << text;
}

}  // namespace
}  // namespace holdfast::dumps
