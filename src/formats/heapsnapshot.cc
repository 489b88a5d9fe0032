#include "formats/heapsnapshot.h"

#include <algorithm>
#include <vector>

#include "base/cancel.h"
#include "heap/object_index.h"

namespace holdfast::formats {
namespace {

using view::ExportedEdge;
using view::ExportedKind;
using view::ExportedNode;
using view::ExportedPointer;

// Rows of meta.node_types[0] and meta.edge_types[0].
enum NodeType : std::uint32_t { kObject = 3, kClosure = 5, kNative = 8, kSynthetic = 9 };
enum EdgeType : std::uint32_t { kElement = 1, kProperty = 2 };

constexpr std::uint32_t kNodeFields = 7;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 31;  // of one node
constexpr std::uint32_t kFirstOwnId = 0xf0000000;             // of what is no object
constexpr std::uint64_t kArena = 1 << 26;                     // 64 MiB; the lowest one is the same at each look
constexpr std::uint32_t kCancelEvery = 1 << 18;

constexpr std::string_view kMeta =
    R"("meta":{"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],)"
    R"("node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic",)"
    R"("concatenated string","sliced string","symbol","bigint","object shape"],)"
    R"("string","number","number","number","number","number"],)"
    R"("edge_fields":["type","name_or_index","to_node"],)"
    R"("edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"],)"
    R"("trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],)"
    R"("trace_node_fields":["id","function_info_index","count","size","children"],)"
    R"("sample_fields":["timestamp_us","last_assigned_id"],)"
    R"("location_fields":["object_index","script_id","line","column"]})";

std::uint64_t pieces_of(std::uint64_t bytes) {
  return std::max<std::uint64_t>(1, (bytes + kMostBytes - 1) / kMostBytes);
}

class HeapSnapshotWriter {
 public:
  HeapSnapshotWriter(const view::Groundwork& groundwork, view::ExportedGraph& graph, Stream& out)
      : snapshot_(groundwork.snapshot()), index_(groundwork.names().index()), graph_(graph), out_(out) {
    if (snapshot_.spans.empty()) return;
    const heap::Span& last = snapshot_.spans.back();
    base_ = snapshot_.spans.front().base.value / kArena * kArena;
    ids_are_addresses_ = (last.base.value + last.bytes() - base_) / 8 + 1 < kFirstOwnId;
    if (!ids_are_addresses_) next_id_ = 1;
  }

  bool run() {
    count();
    out_.print("{{\"snapshot\":{{{},\"node_count\":{},\"edge_count\":{},\"trace_function_count\":0}},\n\"nodes\":[",
               kMeta, nodes_, edges_);
    write_nodes();
    out_.put("],\n\"edges\":[");
    write_edges();
    out_.put(
        "],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n\"locations\":[],\n\"strings\":[\"<"
        "dummy>\"");
    for (std::uint32_t row = 0; row < graph_.texts().size(); ++row) {
      out_.put(",\n");
      out_.put_json(shown(graph_.texts()[StringId(row)]));
    }
    out_.put("]}\n");
    return ids_are_addresses_;
  }

 private:
  // What is too large for a node goes on in others behind all, which it refers to.
  struct Rest {
    std::uint32_t node = 0;
    std::uint64_t bytes = 0;  // of this piece
    StringId name;
  };

  void count() {
    edge_count_ = HugeArray<std::uint32_t>(graph_.nodes());
    graph_.for_each_node([&](const ExportedNode& node) {
      std::uint32_t count = 0;
      graph_.for_each_pointer(node.number, [&](const ExportedPointer&) { ++count; });
      for (std::uint64_t piece = 1; piece < pieces_of(node.bytes); ++piece, ++count)
        rests_.push_back({node.number, std::min(kMostBytes, node.bytes - piece * kMostBytes), node.name});
      edge_count_[node.number] = count;
      edges_ += count;
    });
    nodes_ = graph_.nodes() + rests_.size();
  }

  void write_nodes() {
    graph_.for_each_node([&](const ExportedNode& node) {
      write_node(node.number == 0, type_of(node), node.name, id_of(node), std::min(node.bytes, kMostBytes),
                 edge_count_[node.number]);
    });
    for (const Rest& rest : rests_) write_node(false, kObject, rest.name, next_id_++, rest.bytes, 0);
  }

  void write_node(bool first, NodeType type, StringId name, std::uint64_t id, std::uint64_t bytes,
                  std::uint32_t edges) {
    out_.print("{}{},{},{},{},{},0,0", first ? "" : ",\n", static_cast<std::uint32_t>(type), row_of(name), id, bytes,
               edges);
  }

  NodeType type_of(const ExportedNode& node) const {
    if (node.kind == ExportedKind::kTop || node.kind == ExportedKind::kGroup) return kSynthetic;
    if (node.kind == ExportedKind::kRoot) return kNative;
    const TypeId type = snapshot_.object_type[node.object.row].type();
    return type && snapshot_.types[type.row].role == heap::TypeRole::kClosure ? kClosure : kObject;
  }

  std::uint64_t id_of(const ExportedNode& node) {
    if (node.kind != ExportedKind::kObject || !ids_are_addresses_) return next_id_++;
    return (index_.address_of(node.object).value - base_) / 8 + 1;
  }

  static std::uint64_t row_of(StringId name) { return name ? std::uint64_t{name.row} + 1 : 0; }

  // DevTools cuts a name that begins with "<" at its first space.
  static std::string shown(std::string_view name) {
    return name.starts_with('<') ? fmt::format("({})", name) : std::string(name);
  }

  void write_edges() {
    bool first = true;
    const auto write = [&](EdgeType type, std::uint64_t name, std::uint64_t to) {
      out_.print("{}{},{},{}", first ? "" : ",\n", static_cast<std::uint32_t>(type), name, to * kNodeFields);
      first = false;
    };
    auto rest = rests_.begin();
    for (std::uint32_t node = 0; node < graph_.nodes(); ++node) {
      if (node % kCancelEvery == 0) throw_if_cancelled();
      graph_.for_each_pointer(node, [&](const ExportedPointer& pointer) {
        if (pointer.name)
          write(kProperty, row_of(pointer.name), pointer.to);
        else
          write(kElement, std::min<std::uint64_t>(pointer.element, ~std::uint32_t{0}), pointer.to);
      });
      for (std::uint64_t piece = 1; rest != rests_.end() && rest->node == node; ++rest, ++piece)
        write(kElement, piece, graph_.nodes() + static_cast<std::uint64_t>(rest - rests_.begin()));
    }
  }

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  view::ExportedGraph& graph_;
  Stream& out_;
  std::uint64_t base_ = 0;
  bool ids_are_addresses_ = true;
  std::uint64_t next_id_ = kFirstOwnId;
  HugeArray<std::uint32_t> edge_count_;  // by node
  std::vector<Rest> rests_;              // ascending by node
  std::uint64_t nodes_ = 0;
  std::uint64_t edges_ = 0;
};

}  // namespace

bool write_heapsnapshot(const view::Groundwork& groundwork, view::ExportedGraph& graph, Stream& out) {
  return HeapSnapshotWriter(groundwork, graph, out).run();
}

}  // namespace holdfast::formats
