#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Finding;

// Forty main.entry{word string; bytes []byte} in main.entries, each with an array of 64 KiB.
class PinnedArray : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kArray = 64 << 10;

  PinnedArray() {
    add_ballast(heap_);
    text_ = heap_.string_type();
    bytes_ = heap_.type("[]uint8", TypeKind::kSlice, 24, heap_.type("uint8", TypeKind::kUint8, 1));
    entry_ = heap_.structure("main.entry", 48, {{"word", text_, 0}, {"bytes", bytes_, 16}});
    for (int i = 0; i < 40; ++i) {
      entries_.push_back(heap_.object(48, entry_));
      arrays_.push_back(heap_.leaf(kArray));
      heap_.refer(entries(), entries_.back());
    }
  }
  RootId entries() {
    if (!root_) root_ = heap_.root(RootKind::kGlobal, "main.entries");
    return root_;
  }
  // The field of the entry refers to the array.
  void header(std::size_t i, bool is_slice, std::uint64_t begin, std::uint64_t length, std::uint64_t capacity) {
    const std::uint64_t at = is_slice ? 16 : 0;
    heap_.edge(entries_[i], at, arrays_[i]);
    stated_.push_back({i, is_slice ? bytes_ : text_, at, begin, length, is_slice ? capacity : length});
  }
  heap::Snapshot built() {
    std::vector<heap::LargeHeader> headers;
    for (const Stated& each : stated_)
      headers.push_back({heap_.id(entries_[each.entry]),
                         {},
                         heap_.id(arrays_[each.entry]),
                         each.type,
                         each.at,
                         each.begin,
                         each.length,
                         each.capacity});
    std::ranges::sort(headers, {}, heap::place_of);
    heap::Snapshot s = heap_.build();
    s.large_headers = headers;
    return s;
  }

  struct Stated {
    std::size_t entry = 0;
    TypeId type;
    std::uint64_t at = 0, begin = 0, length = 0, capacity = 0;
  };
  HeapBuilder heap_;
  TypeId text_, bytes_, entry_;
  RootId root_;
  std::vector<HeapBuilder::Handle> entries_, arrays_;
  std::vector<Stated> stated_;
};

TEST_F(PinnedArray, IsProvenIfNobodyCanReachTheRest) {
  for (std::size_t i = 0; i < 40; ++i) header(i, i % 2 == 0, 100, 10, 20);
  const view::Report report = report_of(built());
  const Finding* const finding = find(report, "pinned-array");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kProven);
  EXPECT_EQ(finding->count, 20U) << "one for each field";
  EXPECT_EQ(finding->bytes, 20 * (kArray - 10));
  EXPECT_THAT(finding->title.full, HasSubstr("20 arrays of 1.2 MiB stay for slices and strings that cover 200 B"));
}

TEST_F(PinnedArray, IsNoneIfASliceCanBeGrownIntoIt) {
  for (std::size_t i = 0; i < 40; ++i) header(i, true, 0, 10, kArray);
  EXPECT_EQ(find(report_of(built()), "pinned-array"), nullptr);
}

TEST_F(PinnedArray, IsNoneIfAnythingElseLeadsThere) {
  const RootId others = heap_.root(RootKind::kGlobal, "main.others");
  for (std::size_t i = 0; i < 40; ++i) {
    header(i, false, 100, 10, 10);
    heap_.refer(others, arrays_[i]);
  }
  EXPECT_EQ(find(report_of(built()), "pinned-array"), nullptr);
}

TEST_F(PinnedArray, IsNoneIfMostIsInUse) {
  for (std::size_t i = 0; i < 40; ++i) header(i, false, 0, kArray / 2, 0);
  EXPECT_EQ(find(report_of(built()), "pinned-array"), nullptr);
}

// Groups with eight slots, as maps have them from Go 1.24 on.
TEST(PinnedArrayOfMap, IsOneFindingForTheKeysOfAllSlots) {
  constexpr std::uint64_t kArray = 64 << 10, kGroup = 8 + 8 * 24;
  constexpr std::uint32_t kKeys = 64;
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId text = heap.string_type(), number = heap.type("int", TypeKind::kInt, 8);
  const TypeId map = heap.type("map[string]int", TypeKind::kMap, 8, number, 0, text);
  const TypeId slot = heap.structure("slot", 24, {{"key", text, 0}, {"elem", number, 16}});
  const TypeId slots = heap.type("[8]slot", TypeKind::kArray, kGroup - 8, slot, 8);
  const TypeId group = heap.structure("", kGroup, {{"ctrl", {}, 0}, {"slots", slots, 8}});
  heap.snapshot().types[group.row].role = heap::TypeRole::kMapGroup;
  heap.snapshot().types[group.row].of = map;
  const auto table = heap.object(kGroup * kKeys / 8, group);
  heap.refer(heap.root(RootKind::kGlobal, "main.index"), table);
  std::vector<HeapBuilder::Handle> texts;
  const auto place = [&](std::uint32_t i) { return kGroup * (i / 8) + 8 + std::uint64_t{24} * (i % 8); };
  for (std::uint32_t i = 0; i < kKeys; ++i) {
    texts.push_back(heap.leaf(kArray));
    heap.edge(table, place(i), texts[i]);
  }
  std::vector<heap::LargeHeader> headers;
  for (std::uint32_t i = 0; i < kKeys; ++i)
    headers.push_back({heap.id(table), {}, heap.id(texts[i]), text, place(i), 0, 8, 8});
  heap::Snapshot s = heap.build();
  s.large_headers = headers;
  const view::Report report = report_of(s);
  const Finding* const finding = find(report, "pinned-array");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->count, kKeys);
}

// Forty images in main.faces, whose pixels begin there in arrays of 64 KiB and go on to the end.
heap::Snapshot faces(std::uint64_t begin, std::string_view type_name) {
  constexpr std::uint64_t kArray = 64 << 10;
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId bytes = heap.type("[]uint8", TypeKind::kSlice, 24, heap.type("uint8", TypeKind::kUint8, 1));
  const TypeId image = heap.structure(type_name, 64, {{"Pix", bytes, 0}});
  const RootId root = heap.root(RootKind::kGlobal, "main.faces");
  std::vector<std::pair<HeapBuilder::Handle, HeapBuilder::Handle>> made;
  for (int i = 0; i < 80; ++i) {
    made.emplace_back(heap.object(64, image), heap.leaf(kArray));
    heap.refer(root, made.back().first).edge(made.back().first, 0, made.back().second);
  }
  std::vector<heap::LargeHeader> headers;
  for (const auto& [object, array] : made)
    headers.push_back({heap.id(object), {}, heap.id(array), bytes, 0, begin, kArray - begin, kArray - begin});
  heap::Snapshot s = heap.build();
  std::ranges::sort(headers, {}, heap::place_of);
  s.large_headers = headers;
  return s;
}

TEST(PinnedArrayOfImages, IsProvenIfPartsOfThemAreKept) {
  const view::Report report = report_of(faces(20'000, "image.RGBA"));
  const Finding* const finding = find(report, "pinned-array");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kProven);
  EXPECT_EQ(finding->bytes, 80U * 20'000);
  EXPECT_THAT(finding->title.full, HasSubstr("80 parts of larger images keep 5.0 MiB of pixels"));
}

TEST(PinnedArrayOfImages, IsNoneIfTheyAreWholeOrNoImages) {
  EXPECT_EQ(find(report_of(faces(0, "image.RGBA")), "pinned-array"), nullptr);
  EXPECT_EQ(find(report_of(faces(4'000, "image.RGBA")), "pinned-array"), nullptr);
  EXPECT_EQ(find(report_of(faces(20'000, "main.frame")), "pinned-array"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
