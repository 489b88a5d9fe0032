#include "dumps/crash_addresses.h"

#include <gmock/gmock.h>

#include <string>

namespace holdfast::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kFault = "the address of the fault";
constexpr std::string_view kRefused = "the pointer that the collector refused";
constexpr std::string_view kZombie = "a free slot that something led to";

TEST(CrashAddresses, TellsTheRefusedPointerAndTheWordThatHasIt) {
  EXPECT_THAT(addresses_of_crash("runtime: pointer 0xc00010a000 to unallocated span span.base()=0xc000106000 "
                                 "span.limit=0xc000906000 span.state=0\n"
                                 "runtime: found in object at *(0xc000026010+0x8)\n"
                                 "object=0xc000026010 s.base()=0xc000026000 s.limit=0xc000028000 s.spanclass=4\n"
                                 " *(object+8) = 0xc00010a000 <==\n"
                                 "fatal error: found bad pointer in Go heap (incorrect use of unsafe or cgo?)\n"),
              ElementsAre(AskedAddress{Address(0xc00010a000), kRefused},
                          AskedAddress{Address(0xc000026018), "where this pointer was found", true}));
}

TEST(CrashAddresses, TellsFreeSlotsThatWereReached) {
  EXPECT_THAT(addresses_of_crash("runtime: marked free object in span 0x7f4e74e19fa0, elemsize=3072 freeindex=0 (bad "
                                 "use of unsafe.Pointer or having race conditions? try -d=checkptr or -race)\n"
                                 "0x156e7e3de000 alloc marked  \n"
                                 "0x156e7e3dec00 free  marked   zombie\n"
                                 "0000156e7e3dec00: 00000000 00561180  00000000 00000000  ..V.............\n"),
              ElementsAre(AskedAddress{Address(0x156e7e3dec00), kZombie}));
}

TEST(CrashAddresses, TellsAFaultOnceAndNothingOfNil) {
  EXPECT_THAT(addresses_of_crash("unexpected fault address 0xc123456780\nfatal error: fault\n"
                                 "[signal SIGSEGV: segmentation violation code=0x1 addr=0xc123456780 pc=0x481ee3]\n"),
              ElementsAre(AskedAddress{Address(0xc123456780), kFault}));
  EXPECT_THAT(addresses_of_crash("panic: runtime error: invalid memory address or nil pointer dereference\n"
                                 "[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x49a9bf]"),
              IsEmpty());
}

TEST(CrashAddresses, IsReadFromLogsWithAnythingInFront) {
  EXPECT_THAT(addresses_of_crash("Nov 30 21:00:01 web[7]: runtime: bad pointer in frame main.(*T).f at 0xc000086f40: "
                                 "0xdead0000\r\n"),
              ElementsAre(AskedAddress{Address(0xdead0000), "the pointer that was found on a stack"}));
}

TEST(CrashAddresses, OfDamagedAndLongTextsIsWhatIsThere) {
  for (const char* text : {"", "\n\n", "0x zombie", "unexpected fault address ", "runtime: pointer 0xg span.base()=",
                           "[signal SIGSEGV addr=", "unexpected fault address 0xffffffffffffffffff"})
    EXPECT_THAT(addresses_of_crash(text), IsEmpty()) << text;
  std::string many;
  for (int i = 0; i < 100; ++i) many += "0xc0000" + std::to_string(10000 + i) + " free  marked   zombie\n";
  EXPECT_THAT(addresses_of_crash(many), SizeIs(kMostAskedAddresses));
}

}  // namespace
}  // namespace holdfast::dumps
