#include "profile/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/error.h"
#include "profile/gunzip.h"
#include "profile/profile_for_tests.h"

namespace holdfast::profile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string packed(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string in = bytes, out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string refusal_of(const std::string& bytes, ErrorCode code) {
  try {
    Profile::parse(bytes_of(bytes), "heap.pb.gz").for_each_sample([](const Sample&) {});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return "";
}

ProfileWriter heap(std::uint64_t first_location = 1) {
  ProfileWriter writer;
  writer.sample_type("inuse_objects", "count");
  writer.sample_type("inuse_space", "bytes");
  writer.period("space", "bytes", 524288);
  const std::uint64_t keep = writer.function("main.keep", "/src/main.go");
  const std::uint64_t serve = writer.function("main.serve", "/src/serve.go");
  writer.location(first_location, 0x1000, {{keep, 7}, {serve, 12}});
  writer.location(first_location + 1, 0x2000, {{serve, 20}});
  writer.sample({first_location, first_location + 1}, {3, 300}, 100);
  writer.sample({first_location + 1}, {-1, -50}, 0, false);
  return writer;
}

void expect_heap(const Profile& profile) {
  ASSERT_EQ(profile.sample_types().size(), 2U);
  EXPECT_EQ(profile.sample_types()[1].type, "inuse_space");
  EXPECT_EQ(profile.sample_types()[1].unit, "bytes");
  EXPECT_EQ(profile.default_type(), 1U);
  EXPECT_EQ(profile.period(), 524288);
  EXPECT_EQ(profile.period_type().type, "space");
  ASSERT_EQ(profile.locations().size(), 2U);
  EXPECT_EQ(profile.locations()[0].address, 0x1000U);
  const std::span<const Line> lines = profile.lines(profile.locations()[0]);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(profile.functions()[lines[0].function].name, "main.keep");
  EXPECT_EQ(profile.functions()[lines[1].function].file, "/src/serve.go");
  EXPECT_EQ(lines[1].line, 12);
  ASSERT_EQ(profile.samples(), 2U);
  int number = 0;
  profile.for_each_sample([&](const Sample& sample) {
    if (number++ == 0) {
      EXPECT_THAT(sample.locations, ElementsAre(0, 1));
      EXPECT_THAT(sample.values, ElementsAre(3, 300));
      EXPECT_EQ(sample.number("bytes"), 100);
    } else {
      EXPECT_THAT(sample.locations, ElementsAre(1));
      EXPECT_THAT(sample.values, ElementsAre(-1, -50));
      EXPECT_EQ(sample.number("bytes"), 0);
    }
  });
  EXPECT_EQ(number, 2);
}

TEST(ProfileTest, ReadsWhatPprofHas) {
  expect_heap(heap().profile());
}

TEST(ProfileTest, ReadsWhatGzipPackedInOneMemberOrSeveral) {
  const std::string bytes = heap().bytes();
  const std::string half = packed(bytes.substr(0, 40)) + packed(bytes.substr(40));
  for (const std::string& all : {packed(bytes), half}) expect_heap(Profile::parse(bytes_of(all), "heap.pb.gz"));
}

TEST(ProfileTest, ReadsLocationsOfAnyNumbers) {
  expect_heap(heap(0xffff'0000'1234).profile());
}

TEST(ProfileTest, StaysWhatItIsWhenItIsMoved) {
  Profile first = heap().profile();
  expect_heap(std::move(first));
}

TEST(ProfileTest, TakesTheSampleTypeThatTheProfileNames) {
  ProfileWriter writer = heap();
  writer.default_type("inuse_objects");
  EXPECT_EQ(writer.profile().default_type(), 0U);
}

TEST(ProfileTest, SaysWhatIsNoProfile) {
  EXPECT_THAT(refusal_of("", ErrorCode::kUnsupported), HasSubstr("heap.pb.gz: it is no profile of pprof"));
  EXPECT_THAT(refusal_of("<html>not found</html>", ErrorCode::kUnsupported), HasSubstr("no profile"));
  EXPECT_THAT(refusal_of(packed("hello"), ErrorCode::kUnsupported), HasSubstr("no profile"));
}

TEST(ProfileTest, SaysWhereItContradictsItself) {
  ProfileWriter writer = heap();
  writer.sample({9}, {1, 1});
  EXPECT_THAT(refusal_of(writer.bytes(), ErrorCode::kDamaged), HasSubstr("sample 2: a sample is at location 9"));
  ProfileWriter few = heap();
  few.sample({1}, {1});
  EXPECT_THAT(refusal_of(few.bytes(), ErrorCode::kDamaged), HasSubstr("a sample has 1 value, and the profile has 2"));
  ProfileWriter lost = heap();
  lost.location(3, 0, {{77, 1}});
  EXPECT_THAT(refusal_of(lost.bytes(), ErrorCode::kDamaged), HasSubstr("function 77"));
  std::string damaged = packed(heap().bytes());
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  EXPECT_THAT(refusal_of(damaged, ErrorCode::kDamaged), HasSubstr("near byte"));
}

TEST(ProfileTest, SaysThatItIsCutOff) {
  const std::string all = packed(heap().bytes());
  EXPECT_THAT(refusal_of(all.substr(0, all.size() / 2), ErrorCode::kTruncated), HasSubstr("no names"));
  const std::string plain = heap().bytes();
  EXPECT_THAT(refusal_of(plain.substr(0, plain.size() - 10), ErrorCode::kTruncated),
              HasSubstr("of its names are there, which come last"));
  // Only the end of the packing is missing: all is there.
  const Profile whole = Profile::parse(bytes_of(all.substr(0, all.size() - 8)), "heap.pb.gz");
  expect_heap(whole);
  EXPECT_THAT(whole.remark(), HasSubstr("cut off"));
}

TEST(ProfileTest, HasNoMoreRowsThanAnybodyNeeds) {
  std::string many;
  for (int i = 0; i <= 1 << 23; ++i) many += std::string_view("\x22\0", 2);
  EXPECT_THAT(refusal_of(many, ErrorCode::kUnsupported), HasSubstr("more than 8,388,608 locations"));
}

TEST(GunzipTest, UnpacksNoMoreThanIsAllowed) {
  const std::string large = packed(std::string(1 << 20, 'x'));
  EXPECT_EQ(gunzip(bytes_of(large), 1 << 21).bytes.size(), std::size_t{1} << 20);
  EXPECT_THROW(gunzip(bytes_of(large), 1 << 19), Error);
}

}  // namespace
}  // namespace holdfast::profile
