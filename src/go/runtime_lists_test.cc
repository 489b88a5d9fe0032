#include "go/runtime_lists.h"

#include <gmock/gmock.h>

#include "go/goroutines.h"
#include "go/processors.h"
#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Address kHeader = StackImage::kRodata;
constexpr Address kEntries = StackImage::kRodata + 0x100;

ErrorCode code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kUsage;
}

class RuntimeListsTest : public testing::TestWithParam<int> {
 protected:
  void put_list(Address header, std::initializer_list<std::uint64_t> entries) {
    image_.put(header, kEntries);
    image_.put<std::uint64_t>(header + 8, entries.size());
    Address at = kEntries;
    for (const std::uint64_t entry : entries) {
      image_.put<std::uint64_t>(at, entry);
      at += 8;
    }
  }
  Runtime& runtime() {
    image_.function("main.main", 0);
    return image_.runtime();
  }

  StackImage image_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Releases, RuntimeListsTest, testing::Values(19, 21, 23, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(RuntimeListsTest, TakesTheLengthThatTheRuntimePublishesForReadersWithoutALock) {
  put_list(kHeader, {0x10, 0x20, 0x30});
  image_.put<std::uint64_t>(kHeader + 0x40, 2);
  image_.put(kHeader + 0x48, kEntries);
  image_.vars.allgs = kHeader;
  EXPECT_THAT(list_goroutines(runtime()), ElementsAre(Address(0x10), Address(0x20), Address(0x30)));
  Runtime& known = image_.runtime();
  known.vars.allglen = kHeader + 0x40;
  known.vars.allgptr = kHeader + 0x48;
  EXPECT_THAT(list_goroutines(known), ElementsAre(Address(0x10), Address(0x20)));
}

TEST_P(RuntimeListsTest, LeavesOutEmptyPlacesOfProcessorsAlone) {
  put_list(kHeader, {0x10, 0, 0x30});
  image_.vars.allp = image_.vars.allgs = kHeader;
  EXPECT_THAT(list_processors(runtime()), ElementsAre(Address(0x10), Address(0x30)));
  EXPECT_THAT(list_goroutines(image_.runtime()), SizeIs(3)) << "a goroutine that is missing is a loss of its reader";
}

TEST_P(RuntimeListsTest, SaysWhatIsWrongWithAList) {
  EXPECT_EQ(code_of([&] { list_goroutines(runtime()); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { list_processors(image_.runtime()); }), ErrorCode::kNotFound);
  Runtime& known = image_.runtime();
  known.vars.allgs = known.vars.allp = kHeader;
  image_.put(kHeader, kEntries);
  for (const std::uint64_t length : {kMostGoroutines + 1, std::uint64_t{1} << 20}) {
    image_.put<std::uint64_t>(kHeader + 8, length);
    EXPECT_EQ(code_of([&] { list_goroutines(known); }), ErrorCode::kDamaged) << length;
    EXPECT_EQ(code_of([&] { list_processors(known); }), ErrorCode::kDamaged) << length;
  }
  EXPECT_THAT(try_list_goroutines(known), IsEmpty());
  EXPECT_THAT(try_list_processors(known), IsEmpty());
}

TEST_P(RuntimeListsTest, CountsGoroutinesThatHaveNotEnded) {
  const FieldLayout status = image_.layouts->get("runtime.g", "atomicstatus");
  std::vector<std::uint64_t> records;
  for (const std::uint32_t state : {0U, 1U, 2U, 0x1003U, 4U, 6U, 0x1006U, 11U}) {
    const Address g = image_.make("runtime.g");
    image_.put<std::uint32_t>(g + status.offset, state);
    records.push_back(g.value);
  }
  // The list is not ordered by address.
  put_list(kHeader, {records[7], records[4], records[0], records[3], records[1], records[5], records[2], records[6]});
  image_.vars.allgs = kHeader;
  EXPECT_EQ(count_goroutines(runtime()), 4U);
  // Records in memory that came after the look began do not count, and do no harm.
  image_.put<std::uint64_t>(kEntries + 8, 0x99999);
  EXPECT_EQ(count_goroutines(image_.runtime()), 3U);
}

TEST_P(RuntimeListsTest, ReadsProcessorsAndPassesOverThoseThatCannotBeRead) {
  const Address p = StackImage::kStack;  // runtime.p is larger than what make() has room for
  image_.set(p, "runtime.p", "id", 3);
  image_.set(p, "runtime.p", "mcache", Address(0x8888));
  image_.set(p, "runtime.p", "pcache.cache", 0b1110);
  image_.set(p, "runtime.p", "pcache.scav", 0b0110);
  image_.set(p, "runtime.p", "palloc.base", Address(0x7000));
  put_list(kHeader, {p.value, 0x99999});
  image_.vars.allp = kHeader;
  const auto processors = read_processors(runtime());
  ASSERT_THAT(processors, SizeIs(1));
  EXPECT_EQ(processors[0].p, p);
  EXPECT_EQ(processors[0].id, 3U);
  EXPECT_EQ(processors[0].mcache, Address(0x8888));
  EXPECT_EQ(processors[0].cached_pages, 0b1110U);
  EXPECT_EQ(processors[0].cached_released, 0b0110U);
  EXPECT_EQ(processors[0].record_chunk, Address(0x7000));
  EXPECT_EQ(code_of([&] { ProcessorReader(image_.runtime()).read(Address(0x99999)); }), ErrorCode::kDamaged);
}

}  // namespace
}  // namespace holdfast::go
