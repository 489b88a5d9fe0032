#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::ClosedFile;
using heap::RootKind;
using heap::TypeKind;
using heap::TypeRole;
using heap::testing::HeapBuilder;
using view::Confidence;

struct TableOfConnections {
  unsigned closed = 200, open = 100, elsewhere = 0;  // of the closed ones so many are held by main.kept as well
  bool in_map = true;                                // else in a slice
  bool boxed = false;                                // each in an interface{} of its own
  bool in_client = false;                            // each in a main.client of 16 KiB
  const char* descriptor = "net.netFD";              // or os.file
};

class ConnectionHeap {
 public:
  explicit ConnectionHeap(const TableOfConnections& which) : which_(which) {
    add_ballast(heap_);
    const TypeId word = heap_.type("uint64", TypeKind::kUint64, 8);
    const TypeId lock = heap_.structure("internal/poll.fdMutex", 16, {{"state", word, 0}});
    const TypeId fd = heap_.structure("internal/poll.FD", 48, {{"fdmu", lock, 0}});
    descriptor_ = heap_.structure(which.descriptor, 192, {{"pfd", fd, 0}});
    connection_ = heap_.structure(is_file() ? "os.File" : "net.TCPConn", 8, {{"fd", {}, 0}});
    client_ = heap_.structure("main.client", 16 << 10, {{"conn", {}, 0}});
    element_ = heap_.type("*main.element", TypeKind::kPointer, 8);
    box_ = heap_.type("interface {}", TypeKind::kInterface, 16);
  }

  view::Report report() {
    std::vector<HeapBuilder::Handle> entries;
    for (unsigned i = 0; i < which_.closed + which_.open; ++i) entries.push_back(entry(i));
    const RootId root = heap_.root(RootKind::kGlobal, "main.conns");
    if (which_.in_map)
      heap_.refer(root, map_of(entries));
    else
      heap_.refer(root, slice_of(entries));
    const RootId kept = heap_.root(RootKind::kGlobal, "main.kept");
    for (unsigned i = 0; i < which_.elsewhere; ++i) heap_.refer(kept, entries[i], 8 * i);
    std::vector<ClosedFile> files;
    for (const HeapBuilder::Handle each : closed_) files.push_back({heap_.id(each)});
    heap::Snapshot s = heap_.build();
    s.closed_files = files;
    return report_of(s);
  }

 private:
  bool is_file() const { return std::string_view(which_.descriptor) == "os.file"; }
  HeapBuilder::Handle entry(unsigned i) {
    const auto descriptor = heap_.object(192, descriptor_), connection = heap_.object(8, connection_);
    heap_.edge(connection, 0, descriptor);
    if (i < which_.closed) closed_.push_back(descriptor);
    if (which_.boxed) {
      const auto box = heap_.object(16, box_);
      heap_.edge(box, 8, connection);
      return box;
    }
    if (!which_.in_client) return connection;
    const auto client = heap_.object(16 << 10, client_);
    heap_.edge(client, 0, connection);
    return client;
  }
  // A map of groups with eight keys without pointers, in one table.
  HeapBuilder::Handle map_of(const std::vector<HeapBuilder::Handle>& entries) {
    const TypeId key = heap_.type("uint64", TypeKind::kUint64, 8);
    const TypeId map = heap_.type("map[uint64]*main.element", TypeKind::kMap, 8, element_, 0, key);
    const TypeId slot = heap_.structure("slot", 16, {{"key", key, 0}, {"elem", element_, 8}});
    const TypeId slots = heap_.type("[8]slot", TypeKind::kArray, 128, slot, 8);
    const TypeId group = heap_.structure("", 136, {{"ctrl", {}, 0}, {"slots", slots, 8}});
    heap_.snapshot().types[group.row].role = TypeRole::kMapGroup;
    heap_.snapshot().types[group.row].of = map;
    const auto header = heap_.object(48, heap_.type_of_role(TypeRole::kMapHeader, 48, map));
    const auto table = heap_.object(std::uint64_t{136} * ((entries.size() + 7) / 8), group);
    heap_.edge(header, 16, table);
    for (std::uint64_t i = 0; i < entries.size(); ++i) heap_.edge(table, 16 + 136 * (i / 8) + 16 * (i % 8), entries[i]);
    return header;
  }
  HeapBuilder::Handle slice_of(const std::vector<HeapBuilder::Handle>& entries) {
    const auto array = heap_.object(8 * entries.size(), element_);
    for (std::uint64_t i = 0; i < entries.size(); ++i) heap_.edge(array, 8 * i, entries[i]);
    return array;
  }

  TableOfConnections which_;
  HeapBuilder heap_;
  TypeId descriptor_, connection_, client_, element_, box_;
  std::vector<HeapBuilder::Handle> closed_;
};

view::Report report_of_connections(const TableOfConnections& which) {
  return ConnectionHeap(which).report();
}

TEST(ClosedButHeld, AreStronglySuspectedWhereATableHasThemBare) {
  const view::Report report = report_of_connections({});
  const view::Finding* const finding = find(report, "closed-but-held");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_EQ(finding->count, 200U);
  EXPECT_EQ(finding->bytes, 200U * (8 + 192));
  EXPECT_EQ(finding->title.full, "200 of 300 connections in the map main.conns are closed");
  const view::Report of_slice = report_of_connections({.in_map = false});
  ASSERT_NE(find(of_slice, "closed-but-held"), nullptr);
  EXPECT_EQ(find(of_slice, "closed-but-held")->confidence, Confidence::kStrong);
  EXPECT_EQ(find(of_slice, "closed-but-held")->title.full, "200 of 300 connections in main.conns are closed");
}

TEST(ClosedButHeld, AreToldByThemselvesIfTheTableHasBoxesOfThem) {
  const view::Report report = report_of_connections({.boxed = true});
  const view::Finding* const finding = find(report, "closed-but-held");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "200 of 300 connections in the map main.conns are closed");
}

TEST(ClosedButHeld, AreStronglySuspectedInThingsIfNearlyAllAreClosed) {
  const view::Report report = report_of_connections({.closed = 400, .open = 40, .in_client = true});
  const view::Finding* const finding = find(report, "closed-but-held");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_EQ(finding->title.full, "400 of 440 × main.client in the map main.conns have a closed connection");
}

TEST(ClosedButHeld, ArePossibleOfThingsThatMayWaitOrBeFreeOrHaveAName) {
  for (const TableOfConnections& which :
       {TableOfConnections{.in_client = true}, TableOfConnections{.open = 0, .in_map = false, .in_client = true},
        TableOfConnections{.open = 0, .in_map = false, .descriptor = "os.file"},
        TableOfConnections{.closed = 90, .open = 0, .in_client = true}}) {
    const view::Report report = report_of_connections(which);
    const view::Finding* const finding = find(report, "closed-but-held");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, Confidence::kPossible);
  }
}

TEST(ClosedButHeld, AreNoneIfTheyAreFewOrOthersHaveThem) {
  for (const TableOfConnections& which :
       {TableOfConnections{.closed = 90}, TableOfConnections{.closed = 9, .open = 0, .in_client = true},
        TableOfConnections{.open = 201}, TableOfConnections{.elsewhere = 195}})
    EXPECT_EQ(find(report_of_connections(which), "closed-but-held"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
