#include "dumps/header.h"

#include <gmock/gmock.h>

namespace holdfast::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(Header, HasStateAndMarks) {
  const std::optional<Header> plain = read_header("goroutine 12 [chan receive]:");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->id, 12U);
  EXPECT_EQ(plain->state, "chan receive");
  EXPECT_EQ(plain->minutes, 0U);
  EXPECT_FALSE(plain->locked || plain->leaked || plain->durable);

  const std::optional<Header> all = read_header(
      "goroutine 7 gp=0xc000102380 m=3 mp=0xc000054008 [select (leaked) (scan) (durable), 61 minutes, locked to "
      "thread, "
      "synctest bubble 4]:");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->state, "select");
  EXPECT_TRUE(all->leaked && all->scanned && all->durable && all->locked);
  EXPECT_EQ(all->minutes, 61U);
  EXPECT_EQ(all->bubble, 4U);
}

TEST(Header, KeepsWordsOfTheRuntimeThatAreNoMarks) {
  EXPECT_EQ(read_header("goroutine 1 [select (no cases)]:")->state, "select (no cases)");
  EXPECT_EQ(read_header("goroutine 2 gp=0xc000007180 m=nil [GOMAXPROCS updater (idle)]:")->state,
            "GOMAXPROCS updater (idle)");
  EXPECT_EQ(read_header("goroutine 2 [running, something new]:")->state, "running, something new");
}

TEST(Header, HasLabelsInEitherForm) {
  const std::optional<Header> inside = read_header(
      R"(goroutine 38 [chan receive, 2 minutes labels:{"query": "a: \"b\"}, ]: {x\nnext", "tenant": "acme"}]:)");
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->state, "chan receive");
  EXPECT_EQ(inside->minutes, 2U);
  EXPECT_THAT(read_labels(inside->labels),
              Optional(ElementsAre(Label{"query", "a: \"b\"}, ]: {x\nnext"}, Label{"tenant", "acme"})));
  const std::optional<Header> behind =
      read_header(R"(goroutine 22 [chan receive] {plain: 7, query: "a: \"b\"}, ]: {x\nnext", tenant: }:)");
  ASSERT_TRUE(behind);
  EXPECT_EQ(behind->state, "chan receive");
  EXPECT_THAT(
      read_labels(behind->labels),
      Optional(ElementsAre(Label{"plain", "7"}, Label{"query", "a: \"b\"}, ]: {x\nnext"}, Label{"tenant", ""})));
}

TEST(Header, OfAnotherFormIsNoneButMayLookLikeOne) {
  for (const char* line : {"goroutine 1 [running]", "goroutine [running]:", "goroutine 1 [running] x:",
                           "goroutine 1 [running:", "goroutine 1 gp= [running]:", "goroutine 99999999999999999999 [x]:",
                           "goroutine 1 [x labels:{]:", "goroutine 1 [x labels:{}]", ""})
    EXPECT_FALSE(read_header(line)) << line;
  EXPECT_TRUE(looks_like_header("goroutine 1 <running> [x]:"));
  EXPECT_FALSE(looks_like_header("goroutine profile: total 13"));
  for (const char* labels : {"k", "k: v, ", "\"k: v", "k: \"v", "k: v, x"}) EXPECT_FALSE(read_labels(labels)) << labels;
}

}  // namespace
}  // namespace holdfast::dumps
