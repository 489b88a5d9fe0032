#include "view/object_list.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "heap/heap_builder_for_tests.h"
#include "view/table_query.h"

namespace holdfast::view {
namespace {

using heap::KnownBy;
using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

class ObjectListTest : public ::testing::Test {
 protected:
  ObjectListTest() {
    const TypeId session = heap_.structure("example.com/app/main.Session", 64, {{"body", {}, 0}});
    const TypeId other = heap_.structure("example.com/app/cart.Session", 64, {});
    const TypeId user = heap_.structure("example.com/app/main.User", 32, {});
    for (int i = 0; i < 3; ++i) sessions_.push_back(heap_.object(64, session));
    part_ = heap_.object(128, session, KnownBy::kPart);
    heap_.object(64, session);  // garbage
    const auto holder = heap_.object(48);
    heap_.edge(sessions_[1], 0, heap_.leaf(4096)).edge(holder, 0, sessions_[2]).edge(holder, 8, heap_.leaf(64, other));
    heap_.edge(holder, 16, heap_.leaf(32, user));
    const RootId first = heap_.root(RootKind::kGlobal, "main.first"),
                 second = heap_.root(RootKind::kGlobal, "main.second");
    heap_.refer(first, sessions_[0]).refer(first, sessions_[1]).refer(second, sessions_[1]).refer(second, part_);
    heap_.refer(first, holder);
    snapshot_ = heap_.build();
    dominators_.emplace(graph::dominators(snapshot_));
    groundwork_.emplace(snapshot_, *dominators_);
  }

  // "retained type owner" of each row, in the table's own order; the remark behind them.
  std::vector<std::string> listed(std::string_view what) {
    const Table table = object_list(*groundwork_, graph::reach(snapshot_), parse_listed(what));
    std::vector<std::string> out;
    for (const std::uint32_t row : select(table, plan_table(table.shape, {})).rows)
      out.push_back(fmt::format("{} {} {}", std::get<std::uint64_t>(table.cell(row, 0)), text(table, row, 4),
                                text(table, row, 5)));
    if (!table.remark.empty()) out.push_back(table.remark);
    return out;
  }
  static std::string_view text(const Table& table, std::uint32_t row, std::size_t column) {
    const Cell cell = table.cell(row, column);
    const auto* const text = std::get_if<std::string_view>(&cell);
    return text == nullptr ? "-" : *text;
  }
  std::string refusal(std::string_view what, ErrorCode code) {
    try {
      listed(what);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "none";
  }

  HeapBuilder heap_;
  std::vector<HeapBuilder::Handle> sessions_;
  HeapBuilder::Handle part_;
  heap::Snapshot snapshot_;
  std::optional<graph::Dominators> dominators_;
  std::optional<Groundwork> groundwork_;
};

TEST_F(ObjectListTest, HasEachObjectWithItsOwner) {
  EXPECT_THAT(
      listed("example.com/app/main.Session"),
      ElementsAre("4160 example.com/app/main.Session main.first, main.second",
                  "128 example.com/app/main.Session… main.second", "64 example.com/app/main.Session main.first",
                  "64 example.com/app/main.Session main.first", HasSubstr("1 more of them, 64 B, nothing reaches")));
  EXPECT_EQ(listed("main.Session").size(), 5U) << "short names do";
  EXPECT_THAT(listed("main.Session…"), ElementsAre("128 example.com/app/main.Session… main.second"));
  EXPECT_THAT(listed("unknown, 48 B, pointers"), ElementsAre("208 - main.first"));
}

TEST_F(ObjectListTest, RefusesWhatNamesNothingOrSeveral) {
  EXPECT_THAT(refusal("main.Sessio", ErrorCode::kNotFound), HasSubstr("there is example.com/app/main.Session"));
  EXPECT_THAT(refusal("unknown, 49 B, pointers", ErrorCode::kNotFound), HasSubstr("unknown, 49 B"));
  refusal("", ErrorCode::kUsage);
}

}  // namespace
}  // namespace holdfast::view
