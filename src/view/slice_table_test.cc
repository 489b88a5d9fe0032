#include "view/slice_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "heap/content_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::testing::ContentImage;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kBig = 1024, kHolder = 96;

// main.holder{A []int32; B string; C *int32; D [2]string} refers to objects of 1024 bytes.
class SlicesOnAHeap : public ::testing::Test {
 protected:
  struct Header {
    HeapBuilder::Handle from, into;
    std::uint64_t at = 0, begin = 0, length = 0, capacity = 0;  // in elements, but for `begin`
    std::uint64_t element = 1;
    bool is_slice = false;
  };

  SlicesOnAHeap() {
    const TypeId number = heap_.type("int32", heap::TypeKind::kInt32, 4);
    numbers_ = heap_.type("[]int32", heap::TypeKind::kSlice, 24, number);
    text_ = heap_.string_type();
    const TypeId texts = heap_.type("[2]string", heap::TypeKind::kArray, 32, text_, 2);
    holder_ = heap_.structure(
        "main.holder", kHolder,
        {{"A", numbers_, 0}, {"B", text_, 24}, {"C", heap_.pointer_type("*int32", number), 40}, {"D", texts, 48}});
    variable_ = heap_.root(heap::RootKind::kGlobal, "main.root");
  }

  HeapBuilder::Handle holder(bool is_held = true) {
    const auto object = heap_.object(kHolder, holder_);
    if (is_held) heap_.refer(variable_, object);
    return object;
  }
  void slice(HeapBuilder::Handle from, HeapBuilder::Handle into, std::uint64_t begin, std::uint64_t length,
             std::uint64_t capacity) {
    add({from, into, 0, begin, length, capacity, 4, true});
  }
  void text(HeapBuilder::Handle from, std::uint64_t at, HeapBuilder::Handle into, std::uint64_t begin,
            std::uint64_t length) {
    add({from, into, at, begin, length, length, 1, false});
  }
  void add(const Header& header) {
    heap_.edge(header.from, header.at, header.into);
    headers_.push_back(header);
  }

  void build() {
    for (const Header& header : headers_) ids_.emplace_back(heap_.id(header.from), heap_.id(header.into));
    snapshot_ = heap_.build();
    const heap::ObjectIndex index(snapshot_);
    ContentImage image;
    image.word(Address(0x1000), 1);
    for (std::size_t i = 0; i < headers_.size(); ++i) {
      const Address word = index.address_of(ids_[i].first) + headers_[i].at;
      image.header(word, index.address_of(ids_[i].second) + headers_[i].begin, headers_[i].length);
      if (headers_[i].is_slice) image.word(word + 16, headers_[i].capacity);
    }
    image.add_to(snapshot_);
    reached_ = graph::reach(snapshot_);
  }
  // Adds what a capture without content has: the headers that refer to large objects and fit.
  void keep_large_headers() {
    for (std::size_t i = 0; i < headers_.size(); ++i) {
      const Header& header = headers_[i];
      const std::uint64_t capacity = (header.is_slice ? header.capacity : header.length) * header.element;
      if (heap::ObjectIndex(snapshot_).size_of(ids_[i].second) < kBig || header.begin + capacity > kBig ||
          header.length * header.element > capacity)
        continue;
      const TypeId type = header.is_slice ? numbers_ : text_;
      snapshot_.large_headers.push_back(
          {ids_[i].first, {}, ids_[i].second, type, header.at, header.begin, header.length * header.element, capacity});
    }
    std::ranges::sort(snapshot_.large_headers, {}, heap::place_of);
  }
  Table table(const SliceOptions& options = {}) {
    return slice_table(snapshot_, heap::OwnerRules::built_in(), reached_, options);
  }

  // Returns a cell of the row about the object; nothing if there is no such row.
  static std::optional<std::uint64_t> cell(const Table& table, Address address, std::string_view column) {
    const auto at = [&](std::string_view name) {
      std::size_t c = 0;
      while (table.shape.columns[c].name != name) ++c;
      return c;
    };
    for (std::uint32_t row = 0; row < table.rows; ++row)
      if (std::get<std::uint64_t>(table.cell(row, at("address"))) == address.value)
        return std::get<std::uint64_t>(table.cell(row, at(column)));
    return std::nullopt;
  }

  HeapBuilder heap_;
  TypeId holder_, numbers_, text_;
  RootId variable_;
  std::vector<Header> headers_;
  std::vector<std::pair<ObjectId, ObjectId>> ids_;  // of headers_: from and into
  heap::Snapshot snapshot_;
  graph::Reachability reached_;
};

TEST_F(SlicesOnAHeap, CoverWhatTheirLengthsSayAndEachByteOnce) {
  const auto a = holder(), b = holder(), garbage = holder(false);
  const auto big = heap_.leaf(kBig);
  slice(a, big, 0, 10, 10);    // [0, 40)
  slice(b, big, 20, 10, 100);  // [20, 60), and to 420 by its capacity
  text(a, 24, big, 1000, 24);  // [1000, 1024)
  text(b, 64, big, 1000, 10);  // [1000, 1010)
  slice(garbage, big, 0, 256, 256);
  heap_.edge(a, 40, big);  // a pointer to an element
  const ObjectId id = heap_.id(big);
  build();
  const Address address = heap::ObjectIndex(snapshot_).address_of(id);
  const Table all = table();
  ASSERT_EQ(all.rows, 1U);
  EXPECT_EQ(cell(all, address, "size"), kBig);
  EXPECT_EQ(cell(all, address, "covered"), 60U + 24U);
  EXPECT_EQ(cell(all, address, "uncovered"), kBig - 84);
  EXPECT_EQ(cell(all, address, "spare"), 420U - 60U);
  EXPECT_EQ(cell(all, address, "headers"), 4U);
  EXPECT_EQ(cell(all, address, "others"), 1U);
  EXPECT_EQ(cell(all, address, "len"), 10U);
  EXPECT_EQ(cell(all, address, "cap"), 100U);
  EXPECT_THAT(all.lines(0), ::testing::Contains(HasSubstr("main.holder.A, len 10")));
  EXPECT_THAT(all.lines(0), ::testing::Contains("a pointer of main.holder.C"));
  EXPECT_THAT(all.remark, HasSubstr("below 256 B"));
}

TEST_F(SlicesOnAHeap, AHeaderThatContradictsTheHeapCoversNothing) {
  const auto a = holder(), b = holder(), c = holder();
  const auto big = heap_.leaf(kBig);
  slice(a, big, 0, 257, 257);  // behind the end
  slice(b, big, 0, 9, 8);      // longer than its capacity
  slice(c, big, 0, 3, 8);
  const ObjectId id = heap_.id(big);
  build();
  const Table all = table();
  const Address address = heap::ObjectIndex(snapshot_).address_of(id);
  EXPECT_EQ(cell(all, address, "covered"), 12U);
  EXPECT_EQ(cell(all, address, "headers"), 1U);
  EXPECT_EQ(cell(all, address, "others"), 2U);
  EXPECT_THAT(all.remark, HasSubstr("2 headers of slices or strings contradict"));
}

TEST_F(SlicesOnAHeap, OneObjectMayBeOfAnySize) {
  const auto a = holder();
  const auto small = heap_.leaf(64);
  text(a, 24, small, 8, 8);
  const ObjectId id = heap_.id(small);
  build();
  EXPECT_EQ(table().rows, 0U);
  const Address address = heap::ObjectIndex(snapshot_).address_of(id);
  const Table one = table({.object = address + 5, .goid = {}});
  ASSERT_EQ(one.rows, 1U);
  EXPECT_EQ(cell(one, address, "covered"), 8U);
  EXPECT_THAT(one.lines(0), ElementsAre(HasSubstr("[0x8, 0x10) by main.holder.B at 0xc000000000, len 8")));
  EXPECT_THROW(table({.object = Address(16), .goid = {}}), Error);
  EXPECT_THROW(table({.object = {}, .goid = 7}), Error);
}

TEST_F(SlicesOnAHeap, AreSummedByThePlaceOfTheLongest) {
  const auto a = holder(), b = holder(), c = holder();
  const auto first = heap_.leaf(kBig), second = heap_.leaf(kBig), third = heap_.leaf(kBig);
  slice(a, first, 0, 10, 256);
  slice(b, second, 0, 20, 20);
  text(c, 24, third, 0, 100);
  text(a, 24, first, 0, 8);  // shorter than the slice
  const ObjectId id = heap_.id(first);
  build();
  const Table places = slice_table(snapshot_, heap::OwnerRules::built_in(), reached_, {}, SliceRows::kPlaces);
  ASSERT_EQ(places.rows, 2U);
  const auto value = [&](std::uint32_t row, std::string_view name) {
    std::size_t column = 0;
    while (places.shape.columns[column].name != name) ++column;
    return places.cell(row, column);
  };
  EXPECT_EQ(value(0, "place"), Cell("main.holder.A"));
  EXPECT_EQ(value(0, "element"), Cell("int32"));
  EXPECT_EQ(value(0, "objects"), Cell(std::uint64_t{2}));
  EXPECT_EQ(value(0, "covered"), Cell(std::uint64_t{40 + 80}));
  EXPECT_EQ(value(0, "uncovered"), Cell(2 * kBig - 120));
  EXPECT_EQ(value(0, "example"), Cell(heap::ObjectIndex(snapshot_).address_of(id).value));
  EXPECT_EQ(value(1, "place"), Cell("main.holder.B"));
  EXPECT_EQ(value(1, "element"), Cell("string"));
}

TEST_F(SlicesOnAHeap, NeedContentOrTheHeadersOfLargeObjects) {
  const auto a = holder();
  const auto big = heap_.leaf(kBig), small = heap_.leaf(kBig / 2);
  slice(a, big, 100, 10, 20);
  text(a, 24, small, 0, 8);
  const ObjectId big_id = heap_.id(big), small_id = heap_.id(small);
  build();
  snapshot_.content = {};
  EXPECT_THROW(table(), Error);
  keep_large_headers();
  const Table all = table();
  const heap::ObjectIndex index(snapshot_);
  ASSERT_EQ(all.rows, 1U);
  EXPECT_EQ(cell(all, index.address_of(big_id), "covered"), 40U);
  EXPECT_EQ(cell(all, index.address_of(big_id), "spare"), 40U);
  EXPECT_THAT(all.remark, HasSubstr("below 1.0 KiB and not listed: of those the lengths are content"));
  EXPECT_EQ(table({.object = index.address_of(big_id), .goid = {}}).rows, 1U);
  EXPECT_THROW(table({.object = index.address_of(small_id), .goid = {}}), Error);
}

// main.serve of goroutine 7 has words that lead to an object, in a frame whose stack pointer is kStack.
class SlicesInFrames : public SlicesOnAHeap {
 protected:
  static constexpr Address kStack{0x7000};

  SlicesInFrames() {
    goroutine_ = heap_.root(heap::RootKind::kGoroutine, "");
    for (RootId& frame : frames_) {
      frame = heap_.root(heap::RootKind::kFrame, "main.serve", goroutine_);
      heap_.snapshot().roots[frame.row].where = kStack;
    }
    const GoroutineId id = heap_.goroutine(7, heap::GoroutineState::kRunning, {}, goroutine_);
    for (const RootId root : frames_) heap_.snapshot().roots[root.row].goroutine = id;
    bytes_ = heap_.type("[]uint8", heap::TypeKind::kSlice, 24, heap_.type("uint8", heap::TypeKind::kUint8, 1));
  }
  // The word at `offset` of the frames leads to the object; of the header `data` is filled in when all is built.
  void word(HeapBuilder::Handle into, std::uint32_t offset) {
    for (const RootId frame : frames_) heap_.refer(frame, into, offset);
  }
  void header(HeapBuilder::Handle into, std::uint32_t offset, std::uint64_t begin, std::optional<std::uint64_t> length,
              heap::HeaderBasis basis = heap::HeaderBasis::kVariable) {
    word(into, offset);
    heap::FrameHeader header;
    header.at = kStack + offset;
    header.data = Address(begin);
    header.type = bytes_;
    header.length = header.capacity = length;
    header.basis = basis;
    header.variable = heap_.snapshot().strings.add("buffer");
    added_.emplace_back(header, into);
  }
  void build_all() {
    std::vector<ObjectId> ids;
    for (const auto& [header, into] : added_) ids.push_back(heap_.id(into));
    build();
    const heap::ObjectIndex index(snapshot_);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      heap::FrameHeader header = added_[i].first;
      header.data = index.address_of(ids[i]) + header.data.value;
      snapshot_.frame_headers.push_back(header);
    }
  }
  Table headers(std::optional<std::uint64_t> goid) {
    return slice_table(snapshot_, heap::OwnerRules::built_in(), reached_, {.object = {}, .goid = goid},
                       SliceRows::kHeaders);
  }
  static Cell value(const Table& table, std::uint32_t row, std::string_view name) {
    std::size_t column = 0;
    while (table.shape.columns[column].name != name) ++column;
    return table.cell(row, column);
  }

  RootId goroutine_;
  RootId frames_[2];  // a word can be an argument of one and a variable of the other
  TypeId bytes_;
  std::vector<std::pair<heap::FrameHeader, HeapBuilder::Handle>> added_;
};

TEST_F(SlicesInFrames, CoverWhatDebugInformationOrCodeSaysForSure) {
  const auto big = heap_.leaf(kBig), other = heap_.leaf(kBig);
  header(big, 0, 0, 100);
  header(big, 24, 50, 100, heap::HeaderBasis::kCode);
  header(big, 48, 500, 100, heap::HeaderBasis::kNearness);
  header(big, 72, 0, std::nullopt);
  word(big, 96);
  word(other, 104);
  const ObjectId id = heap_.id(big);
  build_all();
  const Address address = heap::ObjectIndex(snapshot_).address_of(id);
  const Table all = table();
  EXPECT_EQ(cell(all, address, "covered"), 150U);
  EXPECT_EQ(cell(all, address, "headers"), 2U) << "each word once, though two frames have it";
  EXPECT_EQ(cell(all, address, "in_frames"), 2U);
  EXPECT_THAT(all.lines(0), ::testing::Contains(HasSubstr("[0x0, 0x64) by buffer in main.serve")));
  EXPECT_THAT(all.remark, HasSubstr("Of frames 2 headers are counted among what covers. Of 2 more"));
  EXPECT_THAT(all.remark, HasSubstr("2 other words of frames lead to 2.0 KiB"));
}

TEST_F(SlicesInFrames, AreListedWithWhatSaysSo) {
  const auto big = heap_.leaf(kBig), small = heap_.leaf(16);
  header(big, 0, 10, 100);
  header(small, 24, 0, 4, heap::HeaderBasis::kNearness);
  header(big, 48, 0, std::nullopt);
  const auto a = holder();
  text(a, 24, big, 0, 8);
  build_all();
  const Table one = headers(7);
  ASSERT_EQ(one.rows, 3U);
  EXPECT_EQ(value(one, 0, "len"), Cell(std::uint64_t{100}));
  EXPECT_EQ(value(one, 0, "covers"), Cell(std::uint64_t{100}));
  EXPECT_EQ(value(one, 0, "element"), Cell("uint8"));
  EXPECT_EQ(value(one, 0, "known_by"), Cell("dwarf"));
  EXPECT_EQ(value(one, 0, "variable"), Cell("buffer"));
  EXPECT_EQ(value(one, 0, "goroutine"), Cell(std::uint64_t{7}));
  EXPECT_EQ(value(one, 1, "len"), Cell());
  EXPECT_EQ(value(one, 2, "known_by"), Cell("nearness"));
  EXPECT_EQ(value(one, 2, "len"), Cell(std::uint64_t{4}));
  EXPECT_EQ(value(one, 2, "covers"), Cell(std::uint64_t{0}));
  EXPECT_THROW(headers(8), Error);
}

TEST_F(SlicesInFrames, AreListedBesideThoseOfObjectsWhichAreSummedByPlace) {
  const auto big = heap_.leaf(kBig), other = heap_.leaf(kBig);
  header(big, 0, 10, 100);
  text(holder(), 24, big, 0, 8);
  text(holder(), 24, other, 0, 300);
  text(holder(), 48, other, 0, 1);
  build_all();
  const Table all = headers({});
  ASSERT_EQ(all.rows, 3U);
  EXPECT_EQ(value(all, 0, "goroutine"), Cell(std::uint64_t{7}));
  EXPECT_EQ(value(all, 1, "place"), Cell("main.holder.B"));
  EXPECT_EQ(value(all, 1, "headers"), Cell(std::uint64_t{2}));
  EXPECT_EQ(value(all, 1, "covers"), Cell(std::uint64_t{308}));
  EXPECT_EQ(value(all, 1, "len"), Cell(std::uint64_t{300}));
  EXPECT_EQ(value(all, 1, "known_by"), Cell("type"));
  EXPECT_EQ(value(all, 2, "place"), Cell("main.holder.D[…]"));
  EXPECT_EQ(all.command(1).verb, "slices");
}

// Random headers, counted byte by byte.
TEST_F(SlicesOnAHeap, AgreeWithACountOfEachByte) {
  std::mt19937_64 random(13);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  std::vector<HeapBuilder::Handle> holders, bigs;
  for (int i = 0; i < 60; ++i) holders.push_back(holder(below(5) > 0));
  for (int i = 0; i < 12; ++i) bigs.push_back(heap_.leaf(kBig));
  std::vector<std::vector<bool>> covered(bigs.size(), std::vector<bool>(kBig));
  std::vector<std::size_t> of_header;
  std::vector<ObjectId> ids;
  for (const auto& from : holders) {
    const std::size_t into = below(bigs.size());
    const std::uint64_t begin = 4 * below(kBig / 4), capacity = below((kBig - begin) / 4 + 1);
    slice(from, bigs[into], begin, below(capacity + 1), capacity);
    of_header.push_back(into);
    for (const std::uint64_t at : {24, 48, 64}) {
      const std::size_t to = below(bigs.size());
      const std::uint64_t start = below(kBig);
      text(from, at, bigs[to], start, below(kBig - start + 1));
      of_header.push_back(to);
    }
  }
  std::vector<ObjectId> from_ids;
  for (const Header& header : headers_) from_ids.push_back(heap_.id(header.from));
  for (const auto& big : bigs) ids.push_back(heap_.id(big));
  build();
  for (std::size_t h = 0; h < headers_.size(); ++h) {
    if (!reached_.contains(from_ids[h])) continue;
    const Header& header = headers_[h];
    for (std::uint64_t b = header.begin; b < header.begin + header.length * header.element; ++b)
      covered[of_header[h]][b] = true;
  }
  const Table all = table();
  const heap::ObjectIndex index(snapshot_);
  for (std::size_t b = 0; b < bigs.size(); ++b)
    EXPECT_EQ(cell(all, index.address_of(ids[b]), "covered"),
              static_cast<std::uint64_t>(std::count(covered[b].begin(), covered[b].end(), true)));
  snapshot_.content = {};
  keep_large_headers();
  const Table without = table();
  ASSERT_EQ(without.rows, all.rows);
  for (std::uint32_t row = 0; row < all.rows; ++row)
    for (std::size_t column = 0; column < all.shape.columns.size(); ++column)
      EXPECT_EQ(without.cell(row, column), all.cell(row, column)) << row << " " << column;
}

}  // namespace
}  // namespace holdfast::view
