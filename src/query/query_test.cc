#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/cancel.h"
#include "graph/random_graph_for_tests.h"
#include "heap/content_for_tests.h"
#include "heap/object_index.h"
#include "query/functions.h"
#include "query/manual.h"
#include "query/query_for_tests.h"
#include "query/random_heap_for_tests.h"
#include "view/labels.h"

namespace holdfast::query {
namespace {

using ::testing::AllOf;
using testing::Answer;
using testing::AskedHeap;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kSeeds = 40;

// Two sessions in a map's group that a variable holds, one of them with a buffer, and a piece of garbage.
heap::Snapshot sessions() {
  heap::testing::HeapBuilder heap;
  const TypeId buffer = heap.type("uint8", heap::TypeKind::kUint8, 1);
  const TypeId session = heap.structure("main.Session", 32, {{"Name", heap.string_type(), 0}, {"Buf", {}, 16}});
  const TypeId registry = heap.structure("main.Registry", 16, {{"first", {}, 0}, {"second", {}, 8}});
  const auto both = heap.object(16, registry);
  const auto a = heap.object(32, session), b = heap.object(32, session);
  const auto bytes = heap.leaf(4096, buffer);
  heap.leaf(64);
  heap.edge(both, 0, a).edge(both, 8, b).edge(b, 16, bytes);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.registry"), both);
  return heap.build();
}

std::string sql_error(AskedHeap& heap, const std::string& sql) {
  try {
    heap.rows(sql);
  } catch (const SqlError& error) {
    return fmt::format("{} at {}", error.what(), error.offset() ? static_cast<int>(*error.offset()) : -1);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

// What is packed in a file is unpacked before the first row, and only for who needs it.
TEST(Database, UnpacksBeforeTheFirstRowWhatAStatementNeeds) {
  const heap::Snapshot snapshot = sessions();
  const heap::OwnerRules& rules = heap::OwnerRules::built_in();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const graph::Reachability reached = graph::reachability(dominators);
  struct Sink : RowSink {
    void begin(std::span<const ResultColumn>) override { ++begun; }
    void row(std::span<const Value>) override {}
    void end() override {}
    int begun = 0;
  } sink;
  int unpacked = 0;
  Database database({.snapshot = snapshot,
                     .rules = rules,
                     .dominators = [&]() -> const graph::Dominators& { return dominators; },
                     .reached = [&]() -> const graph::Reachability& { return reached; },
                     .unpack =
                         [&] {
                           ++unpacked;
                           EXPECT_EQ(sink.begun, 0);
                         }});
  const auto needs = [&](const char* sql) {
    unpacked = sink.begun = 0;
    database.run(sql, sink);
    return unpacked > 0;
  };
  EXPECT_FALSE(needs("SELECT address, size FROM spans"));
  EXPECT_FALSE(needs("SELECT count(*) FROM losses, samples"));
  EXPECT_FALSE(needs("SELECT 1"));
  EXPECT_TRUE(needs("SELECT * FROM spans"));
  EXPECT_TRUE(needs("SELECT sum(Reached) FROM Spans"));
  EXPECT_TRUE(needs("SELECT count(*) FROM objects"));
  EXPECT_TRUE(needs("SELECT address FROM spans WHERE size IN (SELECT size FROM objects)"));
  EXPECT_TRUE(needs("SELECT object_at(address) FROM spans"));
  EXPECT_FALSE(needs("SELECT max(size) FROM spans"));
}

TEST(TheTables, SayOfATimerThatIsLateHowLong) {
  heap::Snapshot snapshot = sessions();
  snapshot.timers = {{.due_known = true, .due_in_ns = -1500}};
  AskedHeap heap(std::move(snapshot));
  EXPECT_EQ(heap.value("SELECT due_in FROM timers WHERE due_in < 0"), "-1500");
}

TEST(TheTables, AnswerWhatTheHeapIs) {
  AskedHeap heap(sessions());
  EXPECT_THAT(
      heap.rows("SELECT id, size, type, pointers, reachable, retained, retained_objects, dominator, "
                "dominator_root, owner, pointers_out FROM objects"),
      ElementsAre("0|16|main.Registry|1|1|4176|4|-|0|main.registry|2", "1|32|main.Session|1|1|32|1|0|-|main.registry|0",
                  "2|32|main.Session|1|1|4128|2|0|-|main.registry|1", "3|4096|uint8|0|1|4096|1|2|-|main.registry|0",
                  "4|64|-|0|0|-|-|-|-|-|0"));
  EXPECT_THAT(heap.rows("SELECT * FROM edges"),
              ElementsAre("0|0|-|1|0|.first", "1|0|-|2|8|.second", "2|2|-|3|16|.Buf", "3|-|0|0|0|-"));
  EXPECT_THAT(heap.rows("SELECT type, count, own, retained FROM types WHERE count > 0"),
              ElementsAre("main.Registry|1|16|4176", "main.Session|2|64|4160", "uint8|1|4096|4096"));
  EXPECT_THAT(heap.rows("SELECT id, kind, name, targets, retained, owner FROM roots"),
              ElementsAre("0|global|main.registry|1|4176|main.registry"));
  EXPECT_THAT(heap.rows("SELECT owner, kind, owners, bytes, objects, with_others FROM owners WHERE bytes > 0"),
              ElementsAre("main.registry|variable|1|4176|4|0"));
  EXPECT_THAT(heap.rows("SELECT home, owner, gave_way, reaches FROM home_members WHERE reaches > 0"),
              ElementsAre("main.registry|main.registry|0|4176"));
  EXPECT_EQ(heap.value("SELECT path(3)"), "main.registry → main.Registry.second → main.Session.Buf → []uint8");
  EXPECT_THAT(heap.rows("SELECT path(4), retained(4), dominator(4), dominator(0), type_name(4)"),
              ElementsAre("-|-|-|-|-"));
  EXPECT_THAT(heap.rows("SELECT retained(2), dominator(3), type_name(1), reaches(2, 3), reaches(3, 2), reaches(1, 1)"),
              ElementsAre("4128|2|main.Session|1|0|1"));
}

TEST(TheTables, ShowStacksAndSamples) {
  heap::testing::HeapBuilder heap;
  const auto object = heap.object(16);
  heap.sample(object, {"runtime.mallocgc", "main.make"});
  const RootId root = heap.root(heap::RootKind::kGoroutine, "");
  heap.refer(heap.root(heap::RootKind::kFrame, "main.serve", root), object);
  heap.goroutine(17, heap::GoroutineState::kWaiting, WaitReason::kChanReceive, root, {"runtime.gopark", "main.serve"});
  AskedHeap asked(heap.build());
  EXPECT_THAT(asked.rows("SELECT goroutine, stack, depth, function FROM frames"),
              ElementsAre("0|-|0|runtime.gopark", "0|-|1|main.serve", "-|0|0|runtime.mallocgc", "-|0|1|main.make"));
  EXPECT_THAT(
      asked.rows("SELECT s.object, s.stack, s.size, s.function, f.function FROM samples s JOIN frames f USING (stack)"),
      ElementsAre("0|0|16|main.make|runtime.mallocgc", "0|0|16|main.make|main.make"));
  EXPECT_THAT(asked.rows("SELECT goid, state, wait_reason, root, retained, depth, top FROM goroutines"),
              ElementsAre("17|waiting|chan receive|0|16|2|main.serve"));
  EXPECT_EQ(asked.value("SELECT path(0)"), "goroutine 17 → main.serve+0x0 → object 0");
}

// Asks for the path to an element of a map, whose key is 42.
std::string path_into_a_map(bool with_values) {
  heap::testing::HeapBuilder heap;
  const TypeId number = heap.type("int", heap::TypeKind::kInt, 8);
  const TypeId item = heap.structure("main.Item", 32, {});
  const TypeId pointer = heap.pointer_type("*main.Item", item);
  const TypeId map = heap.type("map[int]*main.Item", heap::TypeKind::kMap, 8, pointer, 0, number);
  const TypeId slot = heap.structure("slot", 16, {{"key", number, 0}, {"elem", pointer, 8}});
  const TypeId slots = heap.type("[8]slot", heap::TypeKind::kArray, 128, slot, 8);
  const TypeId group = heap.structure("group", 136, {{"ctrl", {}, 0}, {"slots", slots, 8}});
  heap.snapshot().types[group.row].role = heap::TypeRole::kMapGroup;
  heap.snapshot().types[group.row].of = map;
  const auto inside = heap.object(144, group);
  const auto element = heap.leaf(32, item);
  heap.edge(inside, 8 + 3 * 16 + 8, element);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.items"), inside);
  heap::Snapshot snapshot = heap.build();
  const Address at = heap::ObjectIndex(snapshot).address_of(heap.id(inside));
  const std::string question = fmt::format("SELECT path({})", heap.id(element).row);
  if (with_values) heap::testing::ContentImage().word(at + 8 + 3 * 16, 42).add_to(snapshot);
  return AskedHeap(std::move(snapshot)).value(question);
}

TEST(TheFunctions, PathsHaveTheKeysOfMapsWhereThereAreValues) {
  EXPECT_EQ(path_into_a_map(true), "main.items → map[int]*main.Item[42] → main.Item");
  EXPECT_EQ(path_into_a_map(false), "main.items → map[int]*main.Item[…] → main.Item");
}

// Against loops over the snapshot.
TEST(TheTables, AgreeWithTheSnapshotOnRandomHeaps) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    AskedHeap heap(testing::random_heap(seed));
    const heap::Snapshot& s = heap.snapshot();
    const heap::ObjectIndex index(s);
    std::vector<std::string> objects, edges;
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> by_type;
    for (std::uint32_t i = 0; i < s.objects; ++i) {
      const ObjectId object(i);
      const bool live = heap.reached().contains(object);
      const heap::ObjectType type = s.object_type[i];
      const bool in_part = type.known_by() == heap::KnownBy::kPart;
      const heap::Type* const row = type ? &s.types[type.type().row] : nullptr;
      const TypeId of = row != nullptr && !in_part && heap::is_map_part(row->role) ? row->of : type.type();
      const std::string name = !type ? "-" : in_part ? view::part_name(s, of) : view::type_name(s, of);
      objects.push_back(fmt::format("{}|{}|{}|{}|{}|{}", i, index.address_of(object).value, index.size_of(object), name,
                                    live ? 1 : 0,
                                    live ? fmt::format("{}", heap.dominators().retained_bytes(object)) : "-"));
      auto& [count, bytes] = by_type[name];
      ++count;
      bytes += index.size_of(object);
      if (i >= s.pointerful) continue;
      for (const std::uint32_t e : s.edges.of(i)) edges.push_back(fmt::format("{}|-|{}", i, s.edges.target[e]));
    }
    for (std::uint32_t r = 0; r < s.roots.size(); ++r)
      for (std::uint32_t t = 0; t < s.roots[r].target_count; ++t)
        edges.push_back(fmt::format("-|{}|{}", r, s.root_targets[s.roots[r].first_target + t].object.row));
    std::vector<std::string> sums;
    for (const auto& [name, sum] : by_type) sums.push_back(fmt::format("{}|{}|{}", name, sum.first, sum.second));
    ASSERT_EQ(heap.rows("SELECT id, address, size, type, reachable, retained FROM objects"), objects) << seed;
    ASSERT_EQ(heap.rows("SELECT source, root, target FROM edges"), edges) << seed;
    std::vector<std::string> grouped = heap.rows("SELECT type, count(*), sum(size) FROM objects GROUP BY type");
    std::ranges::sort(grouped);
    std::ranges::sort(sums);
    ASSERT_EQ(grouped, sums) << seed;
    ASSERT_EQ(heap.value("SELECT coalesce(sum(bytes), 0), coalesce(sum(objects), 0) FROM owners"),
              fmt::format("{}|{}", heap.reached().bytes, heap.reached().objects))
        << seed;
    // Each owner has what is under its name.
    ASSERT_EQ(heap.rows("SELECT owner, sum(size) FROM objects WHERE reachable GROUP BY owner ORDER BY owner"),
              heap.rows("SELECT owner, sum(bytes) FROM owners WHERE bytes > 0 GROUP BY owner ORDER BY owner"))
        << seed;
    // Each home has as many members as it says, and an owner shares what it reaches and has not alone.
    ASSERT_EQ(heap.rows("SELECT home_id, count(*) FROM home_members WHERE NOT gave_way GROUP BY home_id ORDER BY 1"),
              heap.rows("SELECT id, owners FROM owners WHERE owners IS NOT NULL ORDER BY 1"))
        << seed;
    ASSERT_EQ(heap.rows("SELECT owner_id, sum(CASE WHEN home_id = owner_id THEN 0 ELSE reaches END) FROM home_members "
                        "GROUP BY owner_id ORDER BY 1"),
              heap.rows("SELECT id, with_others FROM owners WHERE with_others IS NOT NULL ORDER BY 1"))
        << seed;
    // The reachable objects of types, as the other verb counts them.
    ASSERT_EQ(heap.rows("SELECT type_id, count(*), sum(size) FROM objects WHERE reachable AND type IS NOT NULL GROUP "
                        "BY 1 ORDER BY 1"),
              heap.rows("SELECT id, count, own FROM types WHERE count > 0 ORDER BY 1"))
        << seed;
  }
}

// What the steps from an object are, over and over.
std::set<std::uint32_t> naively_reached(const heap::Snapshot& s, std::set<std::uint32_t> reached) {
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const std::uint32_t from : std::set(reached)) {
      if (from >= s.pointerful) continue;
      for (const std::uint32_t e : s.edges.of(from)) reached.insert(s.edges.target[e]);
    }
  }
  return reached;
}

TEST(Reaching, IsAnyNumberOfStepsWhicheverSideChanges) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    AskedHeap heap(graph::random_snapshot(seed));
    const heap::Snapshot& s = heap.snapshot();
    std::vector<std::string> pairs;
    for (std::uint32_t a = 0; a < s.objects; ++a)
      for (const std::uint32_t b : naively_reached(s, {a})) pairs.push_back(fmt::format("{}|{}", a, b));
    const std::string select = "SELECT a.id, b.id FROM ";
    const std::string where = " WHERE reaches(a.id, b.id) ORDER BY a.id, b.id";
    ASSERT_EQ(heap.rows(select + "objects a CROSS JOIN objects b" + where), pairs) << seed;
    ASSERT_EQ(heap.rows(select + "objects b CROSS JOIN objects a" + where), pairs) << seed;
  }
}

// (graph/shortest_ways.h is tested there.)
TEST(AWay, IsThereForWhatIsReachable) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    AskedHeap heap(testing::random_heap(seed));
    ASSERT_EQ(heap.rows("SELECT id FROM objects WHERE path(id) IS NOT NULL"),
              heap.rows("SELECT id FROM objects WHERE reachable"))
        << seed;
  }
}

// As many places as pointers are on the way, but one for the inside of a map, whatever its parts.
TEST(AWay, LeadsThroughAMapInOneStep) {
  heap::testing::HeapBuilder heap;
  const TypeId map = heap.type("map[string]*main.user", heap::TypeKind::kMap, 8, heap.pointer_type("*main.user"), 0,
                               heap.string_type());
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  const auto group = heap.object(208, heap.type_of_role(heap::TypeRole::kMapGroup, 208, map));
  const auto user = heap.object(16, heap.structure("main.user", 16, {}));
  heap.edge(header, 16, group).edge(group, 24, user);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.users"), header);
  AskedHeap asked(heap.build());
  EXPECT_EQ(asked.value("SELECT path(2)"), "main.users → map[string]*main.user[…] → main.user");
  EXPECT_EQ(asked.value("SELECT path(1)"), "main.users → map[string]*main.user[…] → map.group[string]*main.user");
}

TEST(ALongWay, IsCutInTheMiddleAndSaysSo) {
  heap::testing::HeapBuilder heap;
  const TypeId node = heap.structure("main.node", 16, {{"next", {}, 0}});
  std::vector<heap::testing::HeapBuilder::Handle> list;
  for (int i = 0; i < 200; ++i) list.push_back(heap.object(16, node));
  for (int i = 0; i + 1 < 200; ++i)
    heap.edge(list[static_cast<std::size_t>(i)], 0, list[static_cast<std::size_t>(i) + 1]);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.list"), list[0]);
  AskedHeap asked(heap.build());
  const std::string text = asked.value("SELECT path(199)");
  // main.list, 199 nodes with their field, the last node: 201 places, of which 48 stay.
  EXPECT_THAT(text, AllOf(HasSubstr("main.list → main.node.next → "), HasSubstr(" → … 153 more … → ")));
  std::size_t places = 1;
  for (std::size_t at = text.find(" → "); at != std::string::npos; at = text.find(" → ", at + 1)) ++places;
  EXPECT_EQ(places, 49U);
}

TEST(Plans, FindRowsByWhatTheyAreJoinedBy) {
  AskedHeap heap(testing::random_heap(3));
  // A number that is not 0 names the column by which rows are found.
  for (const char* const join : {"edges e JOIN objects o ON o.id = e.target",
                                 "objects o JOIN edges e ON e.target = o.id",
                                 "objects o JOIN edges e ON e.source = o.id",
                                 "types t JOIN objects o ON o.type_id = t.id",
                                 "types t JOIN objects o ON o.type = t.type",
                                 "owners w JOIN objects o ON o.owner_id = w.id",
                                 "spans s JOIN objects o ON o.address = s.address",
                                 "spans s JOIN objects o ON o.span = s.id",
                                 "samples s JOIN frames f ON f.stack = s.stack",
                                 "objects o JOIN maps m ON m.object = o.id",
                                 "objects o JOIN headers h ON h.target = o.id",
                                 "goroutines g JOIN timers t ON t.goroutine = g.id",
                                 "goroutines g JOIN frames f ON f.goroutine = g.id",
                                 "goroutines g JOIN roots r ON r.id = g.root",
                                 "roots r JOIN edges e ON e.root = r.id",
                                 "owners w JOIN roots r ON r.owner = w.owner",
                                 "owners w JOIN home_members m ON m.owner_id = w.id",
                                 "owners w JOIN home_members m ON m.home = w.owner",
                                 "types t JOIN roots r ON r.type = t.type",
                                 "objects a JOIN objects b ON b.dominator = a.id"}) {
    const std::string plan = heap.plan(fmt::format(
        "SELECT count(*) FROM {}", std::string(join).replace(std::string(join).find(" JOIN"), 5, " CROSS JOIN")));
    const std::string inner = plan.substr(plan.find('\n') + 1);
    EXPECT_THAT(inner, AllOf(HasSubstr("VIRTUAL TABLE INDEX"), Not(HasSubstr("INDEX 0:")))) << join << "\n" << plan;
  }
}

TEST(Plans, SortNothingByTypeOrOwner) {
  AskedHeap heap(testing::random_heap(4));
  for (const char* const column : {"type", "type_id", "owner", "owner_id", "id"}) {
    EXPECT_THAT(heap.plan(fmt::format("SELECT {0}, count(*), sum(size) FROM objects GROUP BY {0}", column)),
                Not(HasSubstr("TEMP")));
    EXPECT_THAT(heap.plan(fmt::format("SELECT id FROM objects ORDER BY {} DESC", column)), Not(HasSubstr("TEMP")));
  }
  EXPECT_THAT(heap.plan("SELECT id FROM objects ORDER BY size"), HasSubstr("TEMP"));
}

TEST(Passes, RunOnlyWhenAQueryNeedsThem) {
  AskedHeap heap(sessions());
  heap.rows("SELECT count(*), sum(size), max(type) FROM objects WHERE address > '0x10'");
  heap.rows("SELECT * FROM edges");
  EXPECT_FALSE(heap.has_reached());
  EXPECT_FALSE(heap.has_dominators());
  heap.rows("SELECT count(*) FROM objects WHERE reachable");
  EXPECT_TRUE(heap.has_reached());
  EXPECT_FALSE(heap.has_dominators());
  heap.rows("SELECT max(retained) FROM objects");
  EXPECT_TRUE(heap.has_dominators());
}

TEST(Addresses, AreNumbersThatTextsMayStandFor) {
  AskedHeap heap(sessions());
  const std::string address = heap.value("SELECT hex(address) FROM objects WHERE id = 1");
  EXPECT_TRUE(address.starts_with("0xc0000")) << address;
  EXPECT_EQ(heap.value("SELECT id FROM objects WHERE address = '" + address + "'"), "1");
  EXPECT_EQ(heap.value("SELECT id FROM objects WHERE address = " + address), "1");
  EXPECT_EQ(heap.value("SELECT id FROM objects WHERE id < 3 AND address = '" + address + "'"), "1");
  EXPECT_EQ(heap.value("SELECT count(*) FROM objects WHERE id < 3 AND address <> '" + address + "'"), "2");
  EXPECT_EQ(heap.value("SELECT count(*) FROM objects WHERE address IN ('" + address + "', '0x10')"), "1");
  EXPECT_EQ(heap.value("SELECT count(*) FROM objects WHERE address IN ('" + address + "', " + address + ")"), "1");
  EXPECT_EQ(heap.value("SELECT count(*) FROM objects WHERE id = 0 OR address = '" + address + "'"), "2");
  EXPECT_EQ(heap.value("SELECT count(*) FROM objects WHERE id = 0 OR address = address('" + address + "')"), "2");
  EXPECT_EQ(sql_error(heap, "SELECT id FROM objects WHERE size = '0x10'"),
            "here an address in quotes would be compared as a text: write it without quotes at 36");
  EXPECT_EQ(heap.value("SELECT object_at(address + 31) FROM objects WHERE id = 1"), "1");
  EXPECT_EQ(heap.value("SELECT object_at('0x10')"), "-");
  EXPECT_EQ(heap.value("SELECT hex('ab') || hex(x'00ff') || hex(255) || hex(NULL)"), "616200FF0xff");
  const Answer rows = heap.ask("SELECT address, address + 0, size, address AS a FROM objects LIMIT 1");
  ASSERT_EQ(rows.columns.size(), 4U);
  EXPECT_THAT(rows.columns, ElementsAre(ResultColumn{"address", true, false}, ResultColumn{"address + 0", false, false},
                                        ResultColumn{"size", false, true}, ResultColumn{"a", true, false}));
}

TEST(Mistakes, AreToldWithTheirPlace) {
  AskedHeap heap(sessions());
  EXPECT_EQ(sql_error(heap, "SELECT siz"), "no such column: siz at 7");
  EXPECT_EQ(sql_error(heap, "SELECT 1; SELECT siz"), "no such column: siz at 17");
  EXPECT_EQ(sql_error(heap, "SELECT siz FROM Losses"),
            "no such column: siz; losses has id, kind, severity, count, address, detail, meaning, remedy at 7");
  EXPECT_EQ(sql_error(heap, "SELEC 1"), "near \"SELEC\": syntax error at 0");
  EXPECT_EQ(sql_error(heap, "SELECT 1 FROM nowhere"),
            "no such table: nowhere; there are objects, edges, types, roots, goroutines, frames, spans, samples, maps, "
            "headers, timers, locks, "
            "owners, "
            "home_members, losses at -1");
  EXPECT_THAT(sql_error(heap, "SELECT * FROM objects WHERE type = \"x\""), HasSubstr("no such column: x"));
  EXPECT_EQ(sql_error(heap, "SELECT retained(5)"), "retained(5): there is no such object: ids are below 5");
  EXPECT_EQ(sql_error(heap, "SELECT path('x')"), "path() takes the id of an object, a whole number, not 'x'");
  EXPECT_EQ(sql_error(heap, "SELECT object_at('c000')"), "object_at() takes an address like 0xc000012340, not 'c000'");
  EXPECT_EQ(sql_error(heap, "SELECT 1"), "none");
}

TEST(Mistakes, AreFoundBeforeAnythingRuns) {
  AskedHeap heap(sessions());
  EXPECT_THROW(heap.database().check("SELECT 1; SELECT nothing"), SqlError);
  heap.database().check("CREATE TEMP TABLE a(b); SELECT b FROM a");
  heap.database().check("SELECT retained(99), max(owner) FROM objects");
  EXPECT_FALSE(heap.has_dominators());
}

TEST(Queries, OnlyRead) {
  AskedHeap heap(sessions());
  for (const char* const sql : {"ATTACH '/tmp/x' AS y",
                                "CREATE TABLE x(a)",
                                "CREATE VIEW x AS SELECT 1",
                                "INSERT INTO objects VALUES (1)",
                                "DELETE FROM objects",
                                "UPDATE objects SET size = 1",
                                "DROP TABLE objects",
                                "VACUUM INTO '/tmp/x'",
                                "PRAGMA writable_schema = 1",
                                "PRAGMA temp_store_directory = '/tmp'",
                                "SELECT load_extension('x')",
                                "DETACH main",
                                "BEGIN",
                                "CREATE VIRTUAL TABLE x USING objects",
                                "CREATE TEMP TRIGGER t AFTER INSERT ON objects BEGIN SELECT 1; END",
                                "UPDATE sqlite_master SET sql = ''",
                                "ANALYZE",
                                "SELECT readfile('/etc/passwd')",
                                "SELECT writefile('/tmp/x', 'y')",
                                "PRAGMA journal_mode = WAL"})
    EXPECT_NE(sql_error(heap, sql), "none") << sql;
  EXPECT_THAT(
      heap.rows(
          "CREATE TEMP TABLE mine AS SELECT id FROM objects; INSERT INTO mine VALUES (99); SELECT count(*) FROM mine"),
      ElementsAre("6"));
  EXPECT_THAT(
      heap.rows("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n"),
      ElementsAre("1", "2", "3"));
}

TEST(Queries, GiveAResultForEachStatementThatHasRows) {
  AskedHeap heap(sessions());
  const Answer rows = heap.ask("SELECT 1; -- a remark\n CREATE TEMP TABLE t(a); SELECT a FROM t;;");
  EXPECT_EQ(rows.results, 2);
  EXPECT_EQ(rows.ended, 2);
}

class Stopping : public RowSink {
 public:
  explicit Stopping(Cancellation& stop) : stop_(stop) {}
  void begin(std::span<const ResultColumn>) override {}
  void row(std::span<const Value>) override {
    ++rows_;
    stop_.request();
  }
  void end() override { ADD_FAILURE() << "came to its end"; }

  Cancellation& stop_;
  int rows_ = 0;
};

TEST(Stops, EndAQueryInTheMiddle) {
  AskedHeap heap(sessions());
  Cancellation stop;
  const CancellationScope scope(&stop);
  Stopping sink(stop);
  EXPECT_THROW(
      heap.database().run("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", sink),
      Cancelled);
  EXPECT_GT(sink.rows_, 0);
  EXPECT_LT(sink.rows_, 10000);
  EXPECT_THROW(heap.rows("SELECT path(1)"), Cancelled);  // in a pass of ours
}

TEST(Stops, LeaveTheDatabaseAsItWas) {
  AskedHeap heap(sessions());
  {
    Cancellation stop;
    stop.request();
    const CancellationScope scope(&stop);
    EXPECT_THROW(heap.rows("SELECT count(*) FROM objects GROUP BY owner"), Cancelled);
  }
  EXPECT_EQ(heap.value("SELECT count(*) FROM objects WHERE owner = 'main.registry'"), "4");
}

class Failing : public RowSink {
 public:
  void begin(std::span<const ResultColumn>) override {}
  void row(std::span<const Value>) override { fail(ErrorCode::kNoReader, "nobody reads"); }
  void end() override {}
};

TEST(Queries, EndWhenTheirReaderGoes) {
  AskedHeap heap(sessions());
  Failing sink;
  EXPECT_THROW(heap.database().run("SELECT 1", sink), Error);
  EXPECT_EQ(heap.value("SELECT 2"), "2");
}

TEST(AnEmptyHeap, HasNoRows) {
  AskedHeap heap{heap::Snapshot()};
  for (const Table* const table : tables())
    if (table->name != "owners" && table->name != "home_members") {
      EXPECT_EQ(heap.value(fmt::format("SELECT count(*) FROM {}", table->name)), "0") << table->name;
    }
  EXPECT_EQ(heap.value("SELECT count(*) FROM objects WHERE address > 0 AND type = 'x'"), "0");
}

TEST(Declarations, HaveAnIdFirstAndUniqueNames) {
  for (const Table* const table : tables()) {
    EXPECT_EQ(table->columns[0].name, "id") << table->name;
    EXPECT_LE(table->columns.size(), 60U);
    std::set<std::string_view> names;
    for (const Column& column : table->columns) {
      EXPECT_TRUE(names.insert(column.name).second) << column.name;
      EXPECT_FALSE(column.meaning.empty());
      // Rows are found by their number, address, type and owner in every table.
      for (const std::string_view found : {"id", "address", "type", "type_id", "owner", "owner_id"}) {
        EXPECT_TRUE(column.name != found || column.find != Find::kNotAtAll || column.numbers != nullptr)
            << table->name << "." << column.name;
      }
    }
    EXPECT_EQ(table_named(table->name), table);
  }
  EXPECT_EQ(table_named("OBJECTS"), table_named("objects"));
  EXPECT_EQ(table_named("object"), nullptr);
}

TEST(ThePage, IsTheOneInTheDocs) {
  const std::string path = std::string(HOLDFAST_DOCS) + "/query.md";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << manual_page();
  std::stringstream docs;
  docs << std::ifstream(path).rdbuf();
  EXPECT_EQ(manual_page(), docs.str()) << path << "; UPDATE_GOLDEN=1 rewrites it";
  for (const Table* const table : tables()) EXPECT_THAT(tables_text(), HasSubstr(std::string(table->name)));
  EXPECT_THAT(schema_text(*table_named("objects")), HasSubstr("retained"));
  for (const Function& function : functions()) EXPECT_THAT(functions_text(), HasSubstr(std::string(function.name)));
}

}  // namespace
}  // namespace holdfast::query
