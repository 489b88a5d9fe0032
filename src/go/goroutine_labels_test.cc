#include "go/goroutine_labels.h"

#include <gmock/gmock.h>

#include <string_view>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

class GoroutineLabelsTest : public testing::TestWithParam<int> {
 protected:
  Address text(std::string_view bytes) {
    const Address at = text_at_;
    for (const char c : bytes) {
      image_.put(text_at_, static_cast<std::uint8_t>(c));
      text_at_ = text_at_ + 1;
    }
    return at;
  }
  void put_string(Address at, std::string_view bytes) {
    image_.put(at, text(bytes));
    image_.put<std::uint64_t>(at + 8, bytes.size());
  }
  auto read() {
    image_.function("main.main", 0);
    return GoroutineLabelReader(image_.runtime()).read(kLabels);
  }

  static constexpr Address kLabels{StackImage::kRodata.value + 0x1000};
  static constexpr Address kPairs{StackImage::kRodata.value + 0x1100};
  StackImage image_{GetParam()};
  Address text_at_ = StackImage::kRodata + 0x6000;
};

const auto kName = [](const auto& minor) { return "Go1" + std::to_string(minor.param); };

class LabelListTest : public GoroutineLabelsTest {
 protected:
  void put_list(std::uint64_t length, std::uint64_t capacity) {
    image_.put(kLabels, kPairs);
    image_.put<std::uint64_t>(kLabels + 8, length);
    image_.put<std::uint64_t>(kLabels + 16, capacity);
  }
  void put_pair(std::uint64_t row, std::string_view key, std::string_view value) {
    put_string(kPairs + row * 32, key);
    put_string(kPairs + row * 32 + 16, value);
  }
};

INSTANTIATE_TEST_SUITE_P(Releases, LabelListTest, testing::Values(24, 26, 27), kName);

TEST_P(LabelListTest, ReadsEveryPair) {
  put_list(2, 4);
  put_pair(0, "route", "/pay");
  put_pair(1, "tenant", "");
  EXPECT_THAT(read(), Optional(ElementsAre(GoroutineLabel{"route", "/pay"}, GoroutineLabel{"tenant", ""})));
}

TEST_P(LabelListTest, AnEmptyListHasNoLabels) {
  EXPECT_THAT(read(), Optional(IsEmpty()));
}

TEST_P(LabelListTest, RefusesAListLongerThanItsRoom) {
  put_list(2, 1);
  put_pair(0, "a", "b");
  put_pair(1, "c", "d");
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelListTest, RefusesAListOfAnyLength) {
  put_list(std::uint64_t{1} << 60, std::uint64_t{1} << 61);
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelListTest, RefusesAListThatCannotBeRead) {
  put_list(1, 1);
  image_.put(kLabels, Address(0xdead0000));
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelListTest, RefusesATextThatCannotBeRead) {
  put_list(1, 1);
  put_pair(0, "tenant", "acme");
  image_.put(kPairs + 16, Address(0xdead0000));
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelListTest, RefusesATextOfAnyLength) {
  put_list(1, 1);
  put_pair(0, "tenant", "acme");
  image_.put<std::uint64_t>(kPairs + 8, std::uint64_t{1} << 62);
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelListTest, RefusesMoreTextThanLabelsHave) {
  constexpr std::uint64_t kRows = 100;
  put_list(kRows, kRows);
  for (std::uint64_t row = 0; row < kRows; ++row) {
    put_pair(row, "a", "b");
    image_.put(kPairs + row * 32 + 16, StackImage::kRodata);
    image_.put<std::uint64_t>(kPairs + row * 32 + 24, 0x4000);
  }
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelListTest, RefusesAnAddressThatIsNone) {
  image_.function("main.main", 0);
  const GoroutineLabelReader reader(image_.runtime());
  EXPECT_EQ(reader.read(kLabels + 4), std::nullopt);
  EXPECT_EQ(reader.read(Address(0xdead0000)), std::nullopt);
}

class LabelMapTest : public GoroutineLabelsTest {
 protected:
  static constexpr Address kBuckets = kPairs;
  static constexpr Address kOld{StackImage::kRodata.value + 0x2000};
  static constexpr std::uint64_t kBucket = 272;

  // Returns the header of a map that g.labels points to the pointer of.
  Address put_map(std::uint64_t count, std::uint64_t log2_buckets) {
    const Address map = image_.make("runtime.hmap");
    image_.put(kLabels, map);
    set(map, "count", count);
    set(map, "B", log2_buckets);
    set(map, "buckets", kBuckets.value);
    return map;
  }
  void set(Address map, std::string_view field, std::uint64_t value) { image_.set(map, "runtime.hmap", field, value); }
  void put_pair(Address bucket, std::uint64_t slot, std::string_view key, std::string_view value,
                std::uint8_t hash = 200) {
    image_.put(bucket + slot, hash);
    put_string(bucket + 8 + slot * 16, key);
    put_string(bucket + 136 + slot * 16, value);
  }
};

INSTANTIATE_TEST_SUITE_P(Releases, LabelMapTest, testing::Values(19, 21, 23), kName);

TEST_P(LabelMapTest, ReadsEveryBucketAndWhatFollowsIt) {
  put_map(4, 1);
  put_pair(kBuckets, 0, "tenant", "acme");
  put_pair(kBuckets, 7, "route", "/pay");
  put_pair(kBuckets + kBucket, 3, "a", "1");
  image_.put(kBuckets + 264, kOld);
  put_pair(kOld, 0, "b", "2", 5);
  EXPECT_THAT(read(), Optional(ElementsAre(GoroutineLabel{"a", "1"}, GoroutineLabel{"b", "2"},
                                           GoroutineLabel{"route", "/pay"}, GoroutineLabel{"tenant", "acme"})));
}

TEST_P(LabelMapTest, LooksIntoOldBucketsWhileTheMapGrows) {
  set(put_map(2, 1), "oldbuckets", kOld.value);
  put_pair(kBuckets, 0, "a", "new");
  put_pair(kOld, 0, "a", "moved", 2);
  put_pair(kOld, 1, "b", "not yet");
  EXPECT_THAT(read(), Optional(ElementsAre(GoroutineLabel{"a", "new"}, GoroutineLabel{"b", "not yet"})));
}

TEST_P(LabelMapTest, AMapThatIsNullHasNoLabels) {
  EXPECT_THAT(read(), Optional(IsEmpty()));
}

TEST_P(LabelMapTest, RefusesAMapWithAnotherCount) {
  put_map(2, 0);
  put_pair(kBuckets, 0, "a", "1");
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelMapTest, RefusesBucketsThatFormARing) {
  put_map(1, 0);
  image_.put(kBuckets + 264, kBuckets);
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelMapTest, RefusesAnyNumberOfBuckets) {
  put_map(0, 60);
  EXPECT_EQ(read(), std::nullopt);
}

TEST_P(LabelMapTest, RefusesBucketsAndTextsThatCannotBeRead) {
  const Address map = put_map(1, 0);
  put_pair(kBuckets, 0, "a", "1");
  image_.put(kBuckets + 136, Address(0xdead0000));
  EXPECT_EQ(read(), std::nullopt);
  StackImage other(GetParam());
  const Address lost = other.make("runtime.hmap");
  ASSERT_EQ(lost, map);
  other.put(kLabels, lost);
  other.set(lost, "runtime.hmap", "buckets", 0xdead0000);
  other.function("main.main", 0);
  EXPECT_EQ(GoroutineLabelReader(other.runtime()).read(kLabels), std::nullopt);
}

}  // namespace
}  // namespace holdfast::go
