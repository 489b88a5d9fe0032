#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::KnownBy;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;
using view::Finding;

// Forty main.entry{at *main.row; all []main.row} in main.entries, each with an array of 2,048 main.row{note *; n
// [3]int}.
class PinnedByElement : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kRow = 32, kArray = 2048 * kRow, kNote = 4096;
  static constexpr int kEntries = 40;

  PinnedByElement() { add_ballast(heap_); }

  void add_entries(bool has_pointers, TypeId known = {}, KnownBy known_by = KnownBy::kHeader) {
    const RootId root = heap_.root(RootKind::kGlobal, "main.entries");
    for (int i = 0; i < kEntries; ++i) {
      entries_.push_back(heap_.object(48, entry_));
      arrays_.push_back(has_pointers ? heap_.object(kArray, known, known_by) : heap_.leaf(kArray, known, known_by));
      heap_.refer(root, entries_.back());
    }
  }
  // The field of each entry refers to its array, there.
  void point_to(std::uint64_t begin) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      heap_.edge(entries_[i], 0, arrays_[i]);
      pointers_.push_back({i, begin});
    }
  }
  heap::Snapshot built() {
    std::vector<heap::LargeHeader> rows;
    for (const auto& [i, begin] : pointers_)
      rows.push_back({heap_.id(entries_[i]), {}, heap_.id(arrays_[i]), pointer_, 0, begin, kRow, kRow});
    heap::Snapshot s = heap_.build();
    s.element_pointers = rows;
    return s;
  }

  HeapBuilder heap_;
  TypeId number_ = heap_.type("int", TypeKind::kInt, 8);
  TypeId row_ = heap_.structure("main.row", kRow, {{"note", heap_.pointer_type("*main.note"), 0}, {"n", number_, 8}});
  TypeId pointer_ = heap_.pointer_type("*main.row", row_);
  TypeId rows_ = heap_.type("[]main.row", TypeKind::kSlice, 24, row_);
  TypeId entry_ = heap_.structure("main.entry", 48, {{"at", pointer_, 0}, {"all", rows_, 8}});
  std::vector<HeapBuilder::Handle> entries_, arrays_;
  std::vector<std::pair<std::size_t, std::uint64_t>> pointers_;
};

TEST_F(PinnedByElement, IsStrongIfNobodyCanReachTheRest) {
  add_entries(false);
  point_to(17 * kRow);
  const view::Report report = report_of(built());
  const Finding* const finding = find(report, "pinned-by-element");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_EQ(finding->count, 40U);
  EXPECT_EQ(finding->bytes, kEntries * (kArray - kRow));
  EXPECT_THAT(finding->title.full, HasSubstr("40 arrays of 2.5 MiB stay for 40 pointers to single elements"));
}

TEST_F(PinnedByElement, CountsWhatTheOtherElementsKeep) {
  add_entries(true, row_);
  for (const HeapBuilder::Handle array : arrays_) {
    const auto shared = heap_.leaf(kNote);
    heap_.edge(array, 0, heap_.leaf(kNote)).edge(array, 17 * kRow, heap_.leaf(kNote));
    heap_.edge(array, 18 * kRow, shared).edge(array, 19 * kRow, shared);
  }
  point_to(17 * kRow);
  const view::Report report = report_of(built());
  const Finding* const finding = find(report, "pinned-by-element");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_EQ(finding->bytes, kEntries * (kArray - kRow + 2 * kNote));
}

TEST_F(PinnedByElement, IsOnlyPossibleIfThePointersLeadToTheFirst) {
  add_entries(true, row_);
  point_to(0);
  const view::Report report = report_of(built());
  ASSERT_NE(find(report, "pinned-by-element"), nullptr);
  EXPECT_EQ(find(report, "pinned-by-element")->confidence, Confidence::kPossible);
}

TEST_F(PinnedByElement, IsNoneOfBytesWhoseFirstAPointerLeadsTo) {
  add_entries(false);
  point_to(0);
  EXPECT_EQ(find(report_of(built()), "pinned-by-element"), nullptr);
}

TEST_F(PinnedByElement, IsNoneWhereUnsafeCodeMakesOtherTypesOfBytes) {
  add_entries(false);
  point_to(17 * kRow + 8);
  EXPECT_EQ(find(report_of(built()), "pinned-by-element"), nullptr);
}

TEST_F(PinnedByElement, IsNoneIfTheArrayHasAnotherType) {
  add_entries(true, heap_.structure("main.other", kRow, {{"note", {}, 0}}));
  point_to(17 * kRow);
  EXPECT_EQ(find(report_of(built()), "pinned-by-element"), nullptr);
}

TEST_F(PinnedByElement, IsNoneIfAnythingElseLeadsThere) {
  add_entries(false);
  point_to(17 * kRow);
  const RootId others = heap_.root(RootKind::kGlobal, "main.others");
  for (const HeapBuilder::Handle array : arrays_) heap_.refer(others, array);
  EXPECT_EQ(find(report_of(built()), "pinned-by-element"), nullptr);
}

TEST_F(PinnedByElement, IsNoneIfASliceReachesTheRest) {
  add_entries(false);
  point_to(17 * kRow);
  for (std::size_t i = 0; i < entries_.size(); ++i) heap_.edge(entries_[i], 8, arrays_[i]);
  std::vector<heap::LargeHeader> slices;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    slices.push_back({heap_.id(entries_[i]), {}, heap_.id(arrays_[i]), rows_, 8, 0, kArray / 2, kArray});
  heap::Snapshot s = built();
  s.large_headers = slices;
  EXPECT_EQ(find(report_of(s), "pinned-by-element"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
