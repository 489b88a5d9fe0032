#include "view/profile_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "profile/profile_for_tests.h"
#include "view/profile_table_for_tests.h"

namespace holdfast::view {
namespace {

using profile::By;
using profile::Profile;
using profile::ProfileWriter;
using testing::HasSubstr;
using testing::Not;

Profiles heap_profile(std::int64_t in_use_bytes = 100 << 20) {
  ProfileWriter writer;
  for (const char* name : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"})
    writer.sample_type(name, std::string(name).ends_with("space") ? "bytes" : "count");
  writer.period("space", "bytes", 524288);
  const std::uint64_t keep = writer.function("main.keep", "/src/main.go"),
                      churn = writer.function("main.churn", "/src/main.go"),
                      serve = writer.function("main.serve", "/src/serve.go");
  writer.location(1, 0x1000, {{keep, 5}});
  writer.location(2, 0x2000, {{churn, 9}});
  writer.location(3, 0x3000, {{serve, 20}});
  writer.sample({1, 3}, {200 << 10, 200 << 20, in_use_bytes >> 10, in_use_bytes}, 1024);
  writer.sample({2, 3}, {512, 512 << 10, 0, 0}, 1024);
  std::vector<profile::FilteredProfile> out;
  out.emplace_back(std::make_shared<const Profile>(writer.profile()));
  return std::make_shared<const std::vector<profile::FilteredProfile>>(std::move(out));
}

TEST(ProfileTable, SetsWhatIsAllocatedBesideWhatLives) {
  const Table table = profile_table(heap_profile(), {By::kFunction, ""});
  EXPECT_EQ(table.rows, 3U);
  EXPECT_EQ(cell_of(table, "main.keep", "flat"), Cell(std::int64_t{100} << 20));
  EXPECT_EQ(cell_of(table, "main.keep", "of_all"), Cell("100 %"));
  EXPECT_EQ(cell_of(table, "main.keep", "allocated"), Cell(std::int64_t{200} << 20));
  EXPECT_EQ(cell_of(table, "main.keep", "freed"), Cell(std::int64_t{100} << 20));
  EXPECT_EQ(cell_of(table, "main.keep", "survives"), Cell("50 %"));
  EXPECT_EQ(cell_of(table, "main.churn", "survives"), Cell("0 %"));
  EXPECT_EQ(cell_of(table, "main.serve", "cumulative"), Cell(std::int64_t{100} << 20));
  EXPECT_EQ(cell_of(table, "main.serve", "survives"), Cell());
  EXPECT_THAT(table.remark, HasSubstr("inuse_space: 100.0 MiB in all, of 2 stacks."));
}

TEST(ProfileTable, SaysWhatAnEstimateRestsOn) {
  const Table many = profile_table(heap_profile(), {By::kFunction, ""});
  EXPECT_EQ(cell_of(many, "main.keep", "samples"), Cell(std::uint64_t{200}));
  EXPECT_THAT(many.remark, HasSubstr("Of about every 512.0 KiB that are allocated one object is recorded"));
  EXPECT_THAT(many.remark, Not(HasSubstr("say little")));
  const Table few = profile_table(heap_profile(2 << 20), {By::kFunction, "inuse_space"});
  EXPECT_EQ(cell_of(few, "main.keep", "samples"), Cell(std::uint64_t{4}));
  EXPECT_THAT(few.remark, HasSubstr("1 place rests on fewer than 10 samples, which say little"));
}

TEST(ProfileTable, CountsInTheUnitOfTheSampleType) {
  const Table table = profile_table(heap_profile(), {By::kLine, "alloc_objects"});
  EXPECT_EQ(table.shape.columns.front().unit, Unit::kCount);
  EXPECT_EQ(cell_of(table, "main.churn", "flat"), Cell(std::int64_t{512}));
  EXPECT_EQ(cell_of(table, "main.churn", "line"), Cell(std::uint64_t{9}));
  EXPECT_EQ(cell_of(table, "main.churn", "file"), Cell("/src/main.go"));
}

TEST(ProfileTable, SetsBytesAndObjectsOfWhatLivesSideBySide) {
  const Table table = survival_table(heap_profile(), {});
  EXPECT_EQ(table.rows, 2U) << "main.serve allocates nothing";
  EXPECT_EQ(cell_of(table, "main.keep", "in_use"), Cell(std::int64_t{100} << 20));
  EXPECT_EQ(cell_of(table, "main.keep", "freed_objects"), Cell(std::int64_t{100} << 10));
  EXPECT_EQ(cell_of(table, "main.keep", "objects_survive"), Cell("50 %"));
  EXPECT_EQ(cell_of(table, "main.churn", "in_use_objects"), Cell(std::int64_t{0}));
}

TEST(ProfileTable, ShowsWhatShrankWithItsSign) {
  const Table table = profile_table(heap_profile(-(100 << 20)), {By::kFunction, "inuse_space"});
  EXPECT_EQ(cell_of(table, "main.keep", "flat"), Cell(std::int64_t{-100} * (1 << 20)));
  EXPECT_EQ(cell_of(table, "main.keep", "of_all"), Cell("-100 %"));
  EXPECT_EQ(cell_of(table, "main.keep", "least"), Cell()) << "of a difference nothing can be said";
  EXPECT_THAT(table.remark, HasSubstr("It is a difference"));
}

TEST(ProfileTable, KeepsInTheTextWhatTellsPlacesApart) {
  const auto shown = [](By by, std::string_view column) {
    const Table table = profile_table(heap_profile(), {by, ""});
    return std::ranges::find(table.shape.columns, column, &Column::name)->shown;
  };
  EXPECT_EQ(shown(By::kFile, "file"), Shown::kUsually);
  EXPECT_EQ(shown(By::kFile, "function"), Shown::kWhenAsked);
  EXPECT_EQ(shown(By::kLine, "line"), Shown::kUsually);
  EXPECT_EQ(shown(By::kFunction, "line"), Shown::kIfAny);
}

TEST(ProfileTable, RefusesATypeThatIsNotThereOrNotTheOnlyOne) {
  EXPECT_THROW(profile_table(heap_profile(), {By::kFunction, "goroutine"}), Error);
  EXPECT_THROW(profile_table(heap_profile(), {By::kFunction, "space"}), Error);
}

}  // namespace
}  // namespace holdfast::view
