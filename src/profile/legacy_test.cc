#include "profile/legacy.h"

#include <gmock/gmock.h>

#include <map>

#include "base/error.h"
#include "profile/profile.h"
#include "profile/sums.h"

namespace holdfast::profile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

Profile parse(std::string_view text) {
  return Profile::parse(std::as_bytes(std::span(text)), "test");
}

std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// Flat sums of the sample type, of all that are not 0.
std::map<std::string, std::int64_t> flat(const Profile& profile, std::size_t type) {
  const Sums sums = sum_up(profile, By::kFunction);
  std::map<std::string, std::int64_t> out;
  for (std::size_t site = 0; site < sums.sites().size(); ++site)
    if (sums.flat(site, type) != 0) out[sums.sites()[site].function] = sums.flat(site, type);
  return out;
}

std::vector<std::string_view> types(const Profile& profile) {
  std::vector<std::string_view> out;
  for (const SampleType& type : profile.sample_types()) out.push_back(type.type);
  return out;
}

constexpr std::string_view kGoHeap =
    "heap profile: 2: 1100 [4: 4100] @ heap/2\n"
    "1: 1000 [3: 3000] @ 0x47dee5 0x4e5af8 0x4e5b00 0x46c181\n"
    "#\t0x4e5af7\tmain.leak+0x37\t\t/src/my files/main.go:25\n"
    "#\t0x4e5aff\tmain.main+0x1f\t\t/src/my files/main.go:40\n"
    "\n"
    "1: 100 [1: 1100] @ 0x4e5c00\n"
    "\n"
    "# runtime.MemStats\n"
    "# Alloc = 1126960\n";

TEST(LegacyHeap, OfGoIsNamedByItsComments) {
  const Profile profile = parse(kGoHeap);
  EXPECT_THAT(types(profile), ElementsAre("alloc_objects", "alloc_space", "inuse_objects", "inuse_space"));
  EXPECT_THAT(flat(profile, 1), UnorderedElementsAre(Pair("main.leak", 3000), Pair("0x4e5bff", 1100)));
  EXPECT_THAT(flat(profile, 2), UnorderedElementsAre(Pair("main.leak", 1), Pair("0x4e5bff", 1)));
  EXPECT_EQ(profile.functions()[0].file, "/src/my files/main.go");
  EXPECT_EQ(profile.lines()[0].line, 25);
  EXPECT_EQ(profile.period(), 1);
  EXPECT_THAT(profile.remark(), IsEmpty());
}

TEST(LegacyHeap, IsScaledByTheChanceOfBeingSampled) {
  const Profile profile = parse("heap profile: 1: 4096 [1: 4096] @ heap/8192\n1: 4096 [1: 4096] @ 0x1001\n");
  // 1 - 1/e of such objects are sampled.
  EXPECT_THAT(flat(profile, 3), ElementsAre(Pair("0x1000", 6479)));
  EXPECT_EQ(profile.period(), 4096);
}

TEST(LegacyHeap, SaysThatItIsCutOff) {
  const std::string_view whole = kGoHeap;
  const Profile in_record = parse(whole.substr(0, whole.find("0x4e5c00") + 5));
  EXPECT_THAT(in_record.remark(), HasSubstr("cut off in line 6"));
  EXPECT_THAT(flat(in_record, 1), ElementsAre(Pair("main.leak", 3000)));
  const Profile before_record = parse(whole.substr(0, whole.find("1: 100 [")));
  EXPECT_THAT(before_record.remark(), HasSubstr("announces 4 objects that were sampled, and has records of 3"));
}

TEST(LegacyHeap, RefusesWhatContradictsItself) {
  EXPECT_THAT(refusal("heap profile: 1: 1 [1: 1] @ heap/2\n0: 7 [1: 1] @ 0x1\n"), HasSubstr("line 2: no objects"));
  EXPECT_THAT(refusal("heap profile: 1: 1 [1: 1] @ heap/2\nnonsense\n"), HasSubstr("line 2: this is no record"));
  EXPECT_THAT(refusal("heap profile: 1: 1 [1: 1] @ heap/2\n1: 1 [1: 1] @ 0x11112222333344445\n"),
              HasSubstr("line 2: the address 0x11112222333344445 has more than 64 bits"));
  EXPECT_THAT(refusal("heap profile: 1: 1 [1: 1] @ stack/2\n"), HasSubstr("kind \"stack\""));
}

TEST(LegacyCounts, HaveLabelsAndTheRuntimeAsOnePlace) {
  const Profile profile = parse(
      "goroutine profile: total 3\r\n"
      "3 @ 0x43a3ef 0x40801f 0x67b789 0x46c181\r\n"
      "# labels: {\"odd \\\"key\\\"\\n\":\"v\\u00e4lue, }\", \"worker\":\"7\"}\r\n"
      "#\t0x67b788\tmain.wait[...]+0x28\t/src/main.go:70\r\n"
      "\r\n");
  EXPECT_THAT(types(profile), ElementsAre("goroutine"));
  EXPECT_THAT(flat(profile, 0), ElementsAre(Pair("runtime.*", 3)));
  EXPECT_EQ(profile.functions()[1].name, "main.wait[...]");
  profile.for_each_sample([](const Sample& sample) {
    ASSERT_EQ(sample.labels.size(), 2u);
    EXPECT_EQ(sample.labels[0].key, "odd \"key\"\n");
    EXPECT_EQ(sample.labels[0].text, "v\xc3\xa4lue, }");
    EXPECT_EQ(sample.labels[1].text, "7");
    EXPECT_EQ(sample.locations.size(), 3u);
  });
}

TEST(LegacyCounts, MayHaveNoStackOrZerosForOne) {
  const Profile profile = parse("threadcreate profile: total 7\n5 @\n#\t0x0\n\n2 @ 0x0 0x0\n#\t0x0\n\n");
  EXPECT_EQ(sum_up(profile, By::kFunction).total(0), 7);
  EXPECT_THAT(profile.locations(), IsEmpty());
  EXPECT_THAT(profile.remark(), IsEmpty());
}

TEST(LegacyContention, IsMultipliedUnlessGoHasDoneThat) {
  const std::string header = "--- mutex:\ncycles/second=2000000000\nsampling period=5\n";
  const Profile later = parse(header + "4000 10 @ 0x1001\n6000 5 @ 0x2001\n");
  EXPECT_THAT(flat(later, 0), ElementsAre(Pair("0x1000", 10), Pair("0x2000", 5)));
  EXPECT_THAT(flat(later, 1), ElementsAre(Pair("0x1000", 2000), Pair("0x2000", 3000)));
  EXPECT_THAT(later.remark(), HasSubstr("not multiplied again"));
  const Profile first = parse(header + "4000 10 @ 0x1001\n6000 1 @ 0x2001\n");
  EXPECT_THAT(flat(first, 0), ElementsAre(Pair("0x1000", 50), Pair("0x2000", 5)));
  EXPECT_THAT(flat(first, 1), ElementsAre(Pair("0x1000", 10000), Pair("0x2000", 15000)));
}

TEST(LegacyThreads, CountThoseThatAreTheSame) {
  const Profile profile = parse(
      "--- threadz 1 ---\n\n"
      "--- Thread 7f79 (name: main/14748) stack: ---\n"
      "  PC:  0x00bc8f1c: helper(arg *)\n  0x0040be31: main\n"
      "--- Thread 7f78 (name: other/14751) stack: ---\n  [same as previous thread]\n"
      "--- Memory map: ---\n  00400000-00fcb000: /bin/server\n");
  EXPECT_THAT(flat(profile, 0), ElementsAre(Pair("helper(arg *)", 2)));
}

TEST(LegacyJava, IsNamedByWhatFollows) {
  const Profile profile = parse(
      "--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 100\nms since reset = 6\n"
      "  14     1 @ 0x00000003 0x00000004\n\n"
      " 0x0000003 com.example.f (Source.java:7)\n 0x0000004 malloc (/lib/libc.so)\n");
  EXPECT_THAT(flat(profile, 0), ElementsAre(Pair("com.example.f", 100)));
  EXPECT_THAT(flat(profile, 1), ElementsAre(Pair("com.example.f", 1'400'000)));
  EXPECT_EQ(profile.functions()[1].file, "libc.so");
  EXPECT_EQ(profile.duration_ns(), 6'000'000);
}

std::string words(std::initializer_list<std::uint64_t> values, std::size_t bytes, bool big_endian) {
  std::string out;
  for (const std::uint64_t value : values)
    for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * (big_endian ? bytes - 1 - i : i));
  return out;
}

TEST(LegacyCpu, IsReadInAnyByteOrder) {
  for (const std::size_t bytes : {4, 8})
    for (const bool big_endian : {false, true}) {
      const Profile profile =
          parse(words({0, 3, 0, 10000, 0, 2, 2, 0x1000, 0x2001, 1, 2, 0x1004, 0x3001, 0, 1, 0}, bytes, big_endian));
      EXPECT_THAT(flat(profile, 1), ElementsAre(Pair("0x1000", 20'000'000), Pair("0x1004", 10'000'000)));
      EXPECT_THAT(profile.remark(), IsEmpty());
    }
}

TEST(LegacyCpu, SaysWhereItIsCutOff) {
  const Profile profile = parse(words({0, 3, 0, 10000, 0, 2, 2, 0x1000, 0x2001, 1, 200000000, 0x1004}, 8, false));
  EXPECT_THAT(flat(profile, 0), ElementsAre(Pair("0x1000", 2)));
  EXPECT_THAT(profile.remark(), HasSubstr("cut off at byte 72 of 96, behind 1 stack"));
}

TEST(Legacy, RefusesByNameWhatIsTakenForAProfile) {
  EXPECT_THAT(refusal("goroutine 1 [running]:\nmain.main()\n"), HasSubstr("`holdfast dump` reads it"));
  EXPECT_THAT(refusal("panic: boom\n\ngoroutine 1 [running]:\n"), HasSubstr("`holdfast dump` reads it"));
  EXPECT_THAT(refusal("<html><body>404</body></html>"), HasSubstr("but a page"));
  EXPECT_THAT(refusal("hello\n"), HasSubstr("no profile of pprof"));
}

}  // namespace
}  // namespace holdfast::profile
