#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::kMiB;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::TypeRole;
using heap::testing::HeapBuilder;

enum class Slices { kDropped, kGarbage, kKept, kUnknown };

// So many mappings of 1 MiB of one file, which the list of package syscall has.
view::Report report_of_segments(std::uint32_t count, Slices slices) {
  constexpr Address kMapped{0x7f0000000000};
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId list = heap.type("map[*uint8][]uint8", TypeKind::kMap, 8);
  const auto groups = heap.object(4096, heap.type_of_role(TypeRole::kMapGroup, 4096, list));
  const auto segment = heap.object(48, heap.structure("main.segment", 48, {}));
  heap.refer(heap.root(RootKind::kGlobal, "syscall.mapper"), groups);
  if (slices == Slices::kKept) heap.refer(heap.root(RootKind::kGlobal, "main.segments"), segment);
  heap::Snapshot s = heap.build();
  const StringId name = s.strings.add("/data/segment");
  for (std::uint32_t i = 0; i < count; ++i) {
    heap::Mapping& mapping = s.mappings.emplace_back();
    mapping.range = {kMapped + 2 * kMiB * i, kMapped + 2 * kMiB * i + kMiB};
    mapping.use = heap::MappingUse::kFile;
    mapping.name = name;
    mapping.resident = kMiB;
    mapping.pointers = slices == Slices::kUnknown ? 20 : slices == Slices::kDropped ? 1 : 2;
    s.mapping_holders.push_back({i, heap.id(groups), {}, 8, mapping.range.begin});
    if (slices == Slices::kGarbage || slices == Slices::kKept)
      s.mapping_holders.push_back({i, heap.id(segment), {}, 8, mapping.range.begin});
  }
  return report_of(s);
}

TEST(ForgottenMappings, AreThoseThatOnlyTheListOfSyscallHas) {
  const view::Report report = report_of_segments(150, Slices::kDropped);
  const view::Finding* const finding = find(report, "forgotten-mappings");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kStrong);
  EXPECT_EQ(finding->count, 150U);
  EXPECT_EQ(finding->bytes, 150 * kMiB);
  EXPECT_THAT(finding->title.full, ::testing::HasSubstr("150 mappings of /data/segment stay"));
  EXPECT_NE(find(report_of_segments(150, Slices::kGarbage), "forgotten-mappings"), nullptr);
}

TEST(ForgottenMappings, ArePossibleIfStacksMayHaveThem) {
  const view::Report report = report_of_segments(30, Slices::kDropped);
  const view::Finding* const finding = find(report, "forgotten-mappings");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
}

TEST(ForgottenMappings, AreNoneIfTheyAreKeptOrFewOrNotAllWordsAreKnown) {
  for (const view::Report& report : {report_of_segments(150, Slices::kKept), report_of_segments(150, Slices::kUnknown),
                                     report_of_segments(5, Slices::kDropped)})
    EXPECT_EQ(find(report, "forgotten-mappings"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
