#include "service_graph.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/huge_array.h"

namespace holdfast::bench {
namespace {

using Rows = HugeArray<std::uint32_t>;

constexpr std::uint32_t kWithPointers = 10;  // per session
constexpr std::uint32_t kWithout = 9;
constexpr std::uint32_t kBlock = 4096;  // sessions whose objects of one kind lie together
constexpr std::uint64_t kPerBlock = std::uint64_t{kWithPointers + kWithout} * kBlock;  // objects
constexpr std::uint32_t kPerTable = 64;
constexpr std::uint32_t kPerDirectory = 1024;
constexpr std::uint32_t kGoroutines = 1000;

std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

class Service {
 public:
  explicit Service(std::uint64_t objects)
      : sessions_(static_cast<std::uint32_t>(std::max<std::uint64_t>(1, objects / kPerBlock) * kBlock)),
        tables_(sessions_ / kPerTable),
        directories_(tables_ / kPerDirectory + 1) {}

  std::uint32_t pointerful() const { return sessions_ * kWithPointers + tables_ + directories_; }
  std::uint32_t leaves() const { return sessions_ * kWithout; }
  std::uint32_t sessions() const { return sessions_; }
  std::uint32_t tables() const { return tables_; }
  std::uint32_t directories() const { return directories_; }

  std::uint32_t object(std::uint32_t session, std::uint32_t kind) const {
    return (session / kBlock * kWithPointers + kind) * kBlock + session % kBlock;
  }
  std::uint32_t leaf(std::uint32_t session, std::uint32_t kind) const {
    return pointerful() + (session / kBlock * kWithout + kind) * kBlock + session % kBlock;
  }
  std::uint32_t table(std::uint32_t i) const { return sessions_ * kWithPointers + i; }
  std::uint32_t directory(std::uint32_t i) const { return table(tables_) + i; }
  bool garbage(std::uint32_t session) const { return mix(session) % 32 == 0; }

  // Calls edge(from, to) for every reference, in order of the source session.
  template <typename Edge>
  void for_each_edge(const Edge& edge) const {
    for (std::uint32_t s = 0; s < sessions_; ++s) session_edges(s, edge);
    for (std::uint32_t t = 0; t < tables_; ++t) {
      for (std::uint32_t s = t * kPerTable; s < (t + 1) * kPerTable; ++s)
        if (!garbage(s)) edge(table(t), object(s, 0));
      edge(directory(t / kPerDirectory), table(t));
    }
  }

 private:
  template <typename Edge>
  void session_edges(std::uint32_t s, const Edge& edge) const {
    static constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 12> kTree = {
        {{0, 1}, {0, 2}, {0, 3}, {1, 4}, {1, 5}, {2, 6}, {3, 7}, {3, 8}, {4, 9}, {1, 0}, {8, 0}, {3, 6}}};
    static constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 10> kLeaves = {
        {{0, 0}, {0, 1}, {1, 2}, {2, 3}, {2, 4}, {3, 5}, {5, 6}, {6, 7}, {8, 8}, {7, 7}}};
    for (const auto& [from, to] : kTree) edge(object(s, from), object(s, to));
    for (const auto& [from, to] : kLeaves) edge(object(s, from), leaf(s, to));
    for (const std::uint32_t from : {6U, 7U, 9U, 0U}) edge(object(s, from), object(tenant(s, from), 4));
    for (const std::uint32_t from : {0U, 3U, 4U, 5U, 9U}) edge(object(s, from), leaf(shared(s, from), 0));
    if (s / 1000 % 3 == 0 && !garbage(s)) {  // lists of up to 1000 sessions, in the order in which they were made
      if (s % 1000 != 0) edge(object(s, 0), object(garbage(s - 1) ? s : s - 1, 0));
      if (s % 1000 != 999 && s + 1 < sessions_ && !garbage(s + 1)) edge(object(s, 0), object(s + 1, 0));
    }
  }
  std::uint32_t tenant(std::uint32_t s, std::uint32_t salt) const { return draw(s, salt, sessions_ / 512 + 1); }
  std::uint32_t shared(std::uint32_t s, std::uint32_t salt) const { return draw(s, salt + 16, sessions_ / 64 + 1); }
  std::uint32_t draw(std::uint32_t s, std::uint32_t salt, std::uint32_t n) const {
    return static_cast<std::uint32_t>(mix(std::uint64_t{salt} << 32 | s) % n);
  }

  std::uint32_t sessions_;
  std::uint32_t tables_;
  std::uint32_t directories_;
};

// Exchanges members of rows [begin, end) at random: all of them, or one in five.
void permute(Rows& place, std::uint32_t begin, std::uint32_t end, Locality locality) {
  for (std::uint32_t i = end - begin; i > 1; --i) {
    if (locality == Locality::kChurned && mix(i) % 10 != 0) continue;
    std::swap(place[begin + i - 1], place[begin + mix(std::uint64_t{7} << 40 | i) % i]);
  }
}

Rows places(const Service& service, Locality locality) {
  const std::uint32_t objects = service.pointerful() + service.leaves();
  Rows place(objects);
  for (std::uint32_t i = 0; i < objects; ++i) place[i] = i;
  if (locality == Locality::kAsBuilt) return place;
  permute(place, 0, service.pointerful(), locality);
  permute(place, service.pointerful(), objects, locality);
  return place;
}

void add_edges(heap::Snapshot& snapshot, const Service& service, const Rows& place) {
  heap::Edges& edges = snapshot.edges;
  edges.row_begin = Rows(std::uint64_t{snapshot.pointerful} + 1);
  service.for_each_edge([&](std::uint32_t from, std::uint32_t) { ++edges.row_begin[place[from]]; });
  std::uint32_t sum = 0;
  for (std::uint32_t& begin : edges.row_begin) begin = std::exchange(sum, sum + begin);
  edges.target = Rows(sum);
  edges.step = HugeArray<std::uint8_t>(sum);
  std::fill(edges.step.begin(), edges.step.end(), std::uint8_t{1});
  service.for_each_edge(
      [&](std::uint32_t from, std::uint32_t to) { edges.target[edges.row_begin[place[from]]++] = place[to]; });
  for (std::uint32_t row = snapshot.pointerful; row > 0; --row) edges.row_begin[row] = edges.row_begin[row - 1];
  edges.row_begin[0] = 0;
}

// Sizes belong to the place, since the span has them.
void add_spans(heap::Snapshot& snapshot, const Service& service) {
  const auto add = [&](std::uint32_t first, std::uint32_t objects, std::uint64_t size, bool has_pointers) {
    heap::Span span;
    span.base = Address(0xc000000000 + (std::uint64_t{snapshot.spans.size()} << 24));
    span.slot_size = size;
    span.objects = span.slots = span.alloc_count = objects;
    span.pages = static_cast<std::uint32_t>((objects * size + 8191) / 8192);
    span.first_object = first;
    span.has_pointers = has_pointers;
    snapshot.spans.push_back(span);
  };
  constexpr std::uint32_t kPerSpan = 128;
  static constexpr std::array<std::uint64_t, 10> kSizes = {192, 64, 48, 96, 80, 32, 48, 32, 64, 112};
  for (std::uint32_t i = 0; i < service.sessions() * kWithPointers; i += kPerSpan)
    add(i, kPerSpan, kSizes[i / kBlock % kWithPointers], true);
  for (std::uint32_t i = 0; i < service.tables(); ++i) add(service.table(i), 1, 768, true);
  for (std::uint32_t i = 0; i < service.directories(); ++i) add(service.directory(i), 1, 8192, true);
  for (std::uint32_t i = 0; i < service.leaves(); i += kPerSpan)
    add(service.pointerful() + i, kPerSpan, i / kBlock % kWithout < 2 ? 512 : 32, false);
}

void add_roots(heap::Snapshot& snapshot, const Service& service, const Rows& place) {
  const auto add = [&](heap::RootKind kind, RootId parent, std::uint32_t target) {
    heap::Root& root = snapshot.roots.emplace_back();
    root.kind = kind;
    root.parent = parent;
    root.first_target = static_cast<std::uint32_t>(snapshot.root_targets.size());
    if (target < snapshot.objects) {
      root.target_count = 1;
      snapshot.root_targets.push_back({ObjectId(place[target]), 0});
    }
    return RootId(static_cast<std::uint32_t>(snapshot.roots.size() - 1));
  };
  constexpr std::uint32_t kNone = ~0U;
  for (std::uint32_t i = 0; i < service.directories(); ++i)
    add(heap::RootKind::kGlobal, RootId(), service.directory(i));
  for (std::uint32_t i = 0; i < kGoroutines; ++i) {
    const RootId goroutine = add(heap::RootKind::kGoroutine, RootId(), kNone);
    const RootId frame = add(heap::RootKind::kFrame, goroutine, kNone);
    const auto session = static_cast<std::uint32_t>(mix(i) % service.sessions());
    if (service.garbage(session)) continue;
    add(heap::RootKind::kStackSlot, frame, service.object(session, 1));
    add(heap::RootKind::kStackSlot, frame, service.leaf(session, 3));
  }
}

}  // namespace

heap::Snapshot service_graph(std::uint64_t objects, Locality locality) {
  const Service service(objects);
  heap::Snapshot snapshot;
  snapshot.pointerful = service.pointerful();
  snapshot.objects = service.pointerful() + service.leaves();
  const Rows place = places(service, locality);
  add_edges(snapshot, service, place);
  add_spans(snapshot, service);
  add_roots(snapshot, service, place);
  return snapshot;
}

}  // namespace holdfast::bench
