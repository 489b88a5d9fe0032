#include "formats/hprof.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "formats/hprof_threads.h"
#include "graph/dominators.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::formats {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// An HPROF file as its description says, read without regard to how ours is made. Sizes are those that MAT computes.
class HprofFile {
 public:
  struct Object {
    std::string type;
    std::uint64_t bytes = 0;
    std::vector<std::pair<std::string, std::uint32_t>> references;  // by field or element
  };

  explicit HprofFile(std::string_view file) : bytes_(file) {
    EXPECT_EQ(take(19), std::string_view("JAVA PROFILE 1.0.2\0", 19));
    EXPECT_EQ(number(4), 4U);
    number(8);
    while (!bytes_.empty()) read_record();
  }

  std::map<std::uint32_t, Object> objects;
  std::vector<std::string> statics;             // "main.list"
  std::map<std::uint32_t, std::string> frames;  // by identifier
  std::vector<std::vector<std::uint32_t>> traces;
  std::vector<std::vector<std::uint32_t>> roots;  // object, thread, number of the frame
  std::uint64_t bytes = 0;

 private:
  struct Class {
    std::uint64_t super = 0, bytes = 0;
    std::vector<std::pair<std::string, int>> fields;
  };

  std::string_view take(std::size_t count) {
    const std::string_view taken = bytes_.substr(0, count);
    EXPECT_EQ(taken.size(), count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::uint64_t number(std::size_t count) {
    std::uint64_t value = 0;
    for (const char byte : take(count)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  std::uint32_t id() { return static_cast<std::uint32_t>(number(4)); }
  static std::size_t size_of(std::uint64_t type) {
    return std::map<std::uint64_t, std::size_t>{{2, 4}, {5, 2}, {8, 1}, {10, 4}, {11, 8}}.at(type);
  }

  void read_record() {
    const std::uint64_t tag = number(1);
    EXPECT_EQ(number(4), 0U);
    const std::size_t rest = bytes_.size() - 4 - number(4);
    if (tag == 0x01) {
      const std::uint32_t name = id();
      texts_[name] = take(bytes_.size() - rest);
    }
    if (tag == 0x02) {
      number(4);
      const std::uint32_t one = id();
      number(4);
      name_of_class_[one] = texts_.at(id());
    }
    if (tag == 0x04) {
      const std::uint32_t frame = id();
      frames[frame] = texts_.at(id());
      id();
      frames[frame] += " " + texts_.at(id());
      number(4);
      frames[frame] += ":" + std::to_string(number(4));
    }
    if (tag == 0x05) {
      number(8);
      traces.emplace_back();
      for (std::uint64_t count = number(4); count > 0; --count) traces.back().push_back(id());
    }
    if (tag == 0x1c)
      while (bytes_.size() > rest) read_in_heap();
    EXPECT_EQ(bytes_.size(), rest) << "record " << tag;
  }

  void read_in_heap() {
    const std::uint64_t tag = number(1);
    const std::uint32_t one = id();
    if (tag == 0x03)
      roots.push_back({one, static_cast<std::uint32_t>(number(4)), static_cast<std::uint32_t>(number(4))});
    if (tag == 0x08) number(8);
    if (tag == 0x20) read_class(one);
    if (tag == 0x21) read_instance(one);
    if (tag == 0x22 || tag == 0x23) read_array(one, tag == 0x22);
  }

  void read_class(std::uint32_t one) {
    Class& row = classes_[one];
    number(4);
    row.super = id();
    number(20);
    row.bytes = number(4);
    EXPECT_EQ(number(2), 0U);
    for (std::uint64_t count = number(2); count > 0; --count) {
      statics.push_back(name_of_class_.at(one) + "." + texts_.at(id()));
      EXPECT_EQ(number(1), 2U);
      roots.push_back({id()});
    }
    for (std::uint64_t count = number(2); count > 0; --count) {
      const std::string name = texts_.at(id());
      row.fields.emplace_back(name, static_cast<int>(number(1)));
    }
  }

  void read_instance(std::uint32_t one) {
    number(4);
    const std::uint32_t type = id();
    const std::size_t rest = bytes_.size() - 4 - number(4);
    Object object{name_of_class_.at(type), 8, {}};
    for (const auto& [name, basic] : classes_.at(type).fields) {
      object.bytes += size_of(static_cast<std::uint64_t>(basic));
      const std::uint64_t value = number(size_of(static_cast<std::uint64_t>(basic)));
      if (basic == 2 && value != 0) object.references.emplace_back(name, value);
    }
    EXPECT_EQ(bytes_.size(), rest);
    // VisualVM takes the size that the class says.
    if (!object.type.starts_with("java/")) {
      EXPECT_EQ(classes_.at(type).bytes, object.bytes == 12 ? 8 : object.bytes);
    }
    add(one, std::move(object));
  }

  void read_array(std::uint32_t one, bool has_references) {
    number(4);
    const std::uint64_t count = number(4);
    Object object{"", 12, {}};
    if (has_references) object.type = name_of_class_.at(id());
    const std::size_t element = has_references ? 4 : size_of(number(1));
    if (!has_references) object.type = element == 1 ? "byte[]" : element == 2 ? "char[]" : "int[]";
    object.bytes += count * element;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t value = number(element);
      if (has_references && value != 0) object.references.emplace_back(std::to_string(i), value);
    }
    add(one, std::move(object));
  }

  void add(std::uint32_t one, Object object) {
    object.bytes = (object.bytes + 7) / 8 * 8;
    if (!object.type.starts_with("java/")) bytes += object.bytes;
    EXPECT_TRUE(objects.emplace(one, std::move(object)).second) << one;
  }

  std::string_view bytes_;
  std::map<std::uint32_t, std::string> texts_, name_of_class_;
  std::map<std::uint32_t, Class> classes_;
};

struct WrittenHprof {
  explicit WrittenHprof(const heap::Snapshot& snapshot, std::uint64_t largest_array = kHprofPiece) {
    const graph::Dominators dominators = graph::dominators(snapshot);
    const view::Groundwork groundwork(snapshot, dominators);
    std::string text;
    Stream out([&](std::string_view bytes) { text += bytes; });
    sums = write_hprof(groundwork, out, largest_array);
    out.flush();
    file.emplace(text);
  }
  // "main/node: next -> main/node" for each reference, and what refers to nothing alone.
  std::vector<std::string> shown() const {
    std::vector<std::string> rows;
    for (const auto& [id, object] : file->objects) {
      if (object.references.empty()) rows.push_back(fmt::format("{} {}", object.type, object.bytes));
      for (const auto& [name, to] : object.references)
        rows.push_back(fmt::format("{} {}: {} -> {}", object.type, object.bytes, name, file->objects.at(to).type));
    }
    return rows;
  }

  HprofSums sums;
  std::optional<HprofFile> file;
};

TEST(Hprof, HasClassesFieldsAndSizes) {
  HeapBuilder heap;
  const TypeId byte = heap.type("uint8", heap::TypeKind::kUint8, 1), pointer = heap.pointer_type("*main.node");
  const TypeId node = heap.structure("acme.com/x.node", 48, {{"next", pointer, 8}, {"name", {}, 24}});
  const auto first = heap.object(48, node), second = heap.object(48, node), list = heap.object(64, pointer);
  heap.edge(first, 8, second).edge(first, 24, heap.leaf(112, byte)).edge(list, 0, first).edge(list, 56, second);
  heap.edge(second, 8, second).edge(second, 24, list);
  heap.edge(heap.object(48, node), 8, first);  // garbage
  heap.refer(heap.root(RootKind::kGlobal, "acme.com/x.first"), first);
  const WrittenHprof written(heap.build());
  EXPECT_THAT(written.shown(),
              UnorderedElementsAre("acme/com/x/node 48: next -> acme/com/x/node", "acme/com/x/node 48: name -> byte[]",
                                   "[L*main/node; 64: 0 -> acme/com/x/node", "[L*main/node; 64: 7 -> acme/com/x/node",
                                   "acme/com/x/node 48: next -> acme/com/x/node",
                                   "acme/com/x/node 48: name -> [L*main/node;", "byte[] 112"));
  EXPECT_THAT(written.file->statics, ElementsAre("acme/com/x.first"));
  EXPECT_EQ(written.file->bytes, 48U + 48 + 64 + 112);
  EXPECT_EQ(written.sums.bytes, 48U + 48 + 64 + 112);
  EXPECT_EQ(written.sums.pointers, 6U);
}

TEST(Hprof, KeepsSizesWhereAJavaObjectHasNoRoom) {
  HeapBuilder heap;
  const TypeId pointer = heap.pointer_type("*main.node");
  const auto cell = heap.object(8, pointer), pair = heap.object(16, pointer), leaf = heap.leaf(16);
  heap.edge(cell, 0, pair).edge(pair, 0, cell).edge(pair, 8, leaf);
  heap.refer(heap.root(RootKind::kGlobal, "main.a"), cell);
  const WrittenHprof written(heap.build());
  EXPECT_THAT(written.shown(), UnorderedElementsAre("*main/node 16: value -> {}*main/node",  // MAT; VisualVM says 8
                                                    "{}*main/node 16: [0] -> *main/node",
                                                    "{}*main/node 16: [1] -> object of 16 B", "object of 16 B 16"));
  EXPECT_EQ(written.sums.tight_objects, 1U);
}

TEST(Hprof, SplitsWhatIsLargerThanAnArray) {
  HeapBuilder heap;
  const auto large = heap.object(160), small = heap.leaf(32);
  heap.edge(large, 0, small).edge(large, 56, small).edge(large, 64, small).edge(large, 152, small);
  heap.refer(heap.root(RootKind::kGlobal, "main.a"), large);
  const WrittenHprof written(heap.build(), 64);
  EXPECT_THAT(written.shown(),
              UnorderedElementsAre("[Lobject of 160 B (one); 64: 0 -> object of 32 B",
                                   "[Lobject of 160 B (one); 64: 7 -> object of 32 B",
                                   "[Lobject of 160 B (one); 64: 12 -> [Lobject of 160 B (one);",
                                   "[Lobject of 160 B (one); 64: 0 -> object of 32 B",
                                   "[Lobject of 160 B (one); 64: 12 -> [Lobject of 160 B (one);",
                                   "[Lobject of 160 B (one); 32: 3 -> object of 32 B", "object of 32 B 32"));
  EXPECT_EQ(written.file->bytes, 192U);
}

TEST(Hprof, HasEachPointerOfARandomHeapOnce) {
  std::mt19937 random(7);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  for (int round = 0; round < 20; ++round) {
    HeapBuilder heap;
    const TypeId one = heap.structure("main.one", 24, {{"a", {}, 0}, {"b", {}, 16}});
    std::vector<HeapBuilder::Handle> objects;
    std::vector<std::uint64_t> words;  // that can be pointers
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t size = std::array{8, 16, 24, 48, 1024, 4096}[below(6)];
      const TypeId type = size >= 24 && below(2) == 0 ? one : TypeId();
      const bool has_pointers = below(4) != 0;
      objects.push_back(has_pointers ? heap.object(size, type) : heap.leaf(size, type));
      words.push_back(has_pointers ? size / 8 : 0);
    }
    for (std::uint32_t i = 0; i < objects.size(); ++i) {
      for (std::uint64_t word = 0; word < words[i]; word += 1 + below(4))
        heap.edge(objects[i], word * 8, objects[below(objects.size())]);
      if (below(10) == 0) heap.refer(heap.root(RootKind::kGlobal, "main.r"), objects[i]);
    }
    const heap::Snapshot snapshot = heap.build();
    const graph::Dominators live = graph::dominators(snapshot);
    const WrittenHprof written(snapshot);
    EXPECT_EQ(written.file->bytes, written.sums.bytes + 8 * written.sums.tight_objects);
    if (written.file->objects.empty()) continue;
    // Numbers of objects follow their rows.
    std::uint32_t first_live = 0;
    while (!live.reachable(ObjectId(first_live))) ++first_live;
    const std::uint32_t shift = written.file->objects.begin()->first - first_live;
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      ASSERT_EQ(written.file->objects.contains(row + shift), live.reachable(ObjectId(row)));
      if (!live.reachable(ObjectId(row)) || row >= snapshot.pointerful) continue;
      std::vector<std::uint32_t> wanted, found;
      for (const std::uint32_t e : snapshot.edges.of(row)) wanted.push_back(snapshot.edges.target[e] + shift);
      for (const auto& [name, to] : written.file->objects.at(row + shift).references) found.push_back(to);
      EXPECT_EQ(found, wanted) << row;
    }
  }
}

TEST(Hprof, SplitsNamesOfFunctionsAtTheirPackage) {
  using Pair = std::pair<std::string_view, std::string_view>;
  EXPECT_EQ(split_package("net/http.(*conn).serve"), Pair("net/http", "(*conn).serve"));
  EXPECT_EQ(split_package("main.list"), Pair("main", "list"));
  EXPECT_EQ(split_package("acme.com/x.F[acme.com/y.T]"), Pair("acme.com/x", "F[acme.com/y.T]"));
  EXPECT_EQ(split_package("memmove"), Pair("", "memmove"));
}

TEST(Hprof, MakesNamesThatReadersTakeForClasses) {
  EXPECT_EQ(java_name("map[string]*main.T"), "map{string}*main/T");
  EXPECT_EQ(java_name("func(int) (<-chan bool)"), "func{int} {←chan bool}");
  EXPECT_EQ(java_name("struct { A int; B main.T }"), "struct { A int, B main/T }");
}

}  // namespace
}  // namespace holdfast::formats
