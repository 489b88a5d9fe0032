#include "formats/json_lines.h"

#include <bit>
#include <unordered_map>

#include "base/cancel.h"
#include "base/text.h"
#include "heap/field_path.h"
#include "view/edge_places.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::formats {
namespace {

constexpr std::uint32_t kLinesBetweenChecks = 1 << 16;

class LinesWriter {
 public:
  LinesWriter(const view::Groundwork& groundwork, Stream& out)
      : names_(groundwork.names()),
        snapshot_(groundwork.snapshot()),
        dominators_(groundwork.dominators()),
        places_(snapshot_),
        out_(out) {}

  void run() {
    write_head();
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) write_root(RootId(r));
    each_object([&](ObjectId object, std::uint64_t bytes) { write_object(object, bytes); });
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) write_root_pointers(RootId(r));
    write_pointers();
  }

 private:
  template <typename Visit>
  void each_object(const Visit& visit) const {
    dominators_.columns().sizes.for_each_run(0, snapshot_.objects,
                                             [&](std::uint64_t first, std::uint64_t end, std::uint64_t size) {
                                               for (std::uint64_t row = first; row < end; ++row) {
                                                 if (row % kLinesBetweenChecks == 0) throw_if_cancelled();
                                                 const ObjectId object(static_cast<std::uint32_t>(row));
                                                 if (dominators_.reachable(object)) visit(object, size);
                                               }
                                             });
  }

  void write_head() {
    std::uint64_t objects = 0, bytes = 0;
    each_object([&](ObjectId, std::uint64_t size) { ++objects, bytes += size; });
    out_.put(R"({"row":"heap","schema":"holdfast.graph/1","name":)");
    out_.put_json(snapshot_.target.name);
    out_.print(R"(,"pid":{},"go_version":)", snapshot_.target.pid);
    out_.put_json(snapshot_.target.go_version);
    out_.print(R"(,"objects":{},"bytes":{},"garbage_objects":{},"garbage_bytes":{},"roots":{}}})", objects, bytes,
               snapshot_.objects - objects, dominators_.columns().sizes.total_bytes() - bytes, snapshot_.roots.size());
    out_.put("\n");
  }

  void write_root(RootId id) {
    const heap::Root& root = snapshot_.roots[id.row];
    out_.print(R"({{"row":"root","id":"r{}","kind":"{}","name":)", id.row, view::name_of(root.kind));
    out_.put_json(view::root_text_with_field(snapshot_, root));
    if (root.parent) out_.print(R"(,"parent":"r{}")", root.parent.row);
    if (root.type) {
      out_.put(R"(,"type":)");
      out_.put_json(view::type_name(snapshot_, root.type));
    }
    if (root.goroutine) out_.print(R"(,"goid":{})", snapshot_.goroutines[root.goroutine.row].goid);
    if (root.where) out_.print(R"(,"where":"{}")", hex(root.where));
    out_.print(R"(,"retained":{}}})", dominators_.retained_bytes(id));
    out_.put("\n");
  }

  // Types of objects are few, so each is made text once.
  const std::string& type_text(ObjectId object, std::uint64_t bytes) {
    const heap::ObjectType type = snapshot_.object_type[object.row];
    if (!type) return untyped_;
    const std::uint64_t key = std::uint64_t{std::bit_cast<std::uint32_t>(type)} << 32 |
                              (bytes / 8 << 1 & ~std::uint32_t{0}) | (object.row < snapshot_.pointerful ? 1U : 0U);
    const auto [at, is_new] = type_text_.try_emplace(key);
    if (is_new) at->second = names_.type_of(object);
    return at->second;
  }

  void write_object(ObjectId object, std::uint64_t bytes) {
    out_.print(R"({{"row":"object","id":"{:#x}","bytes":{},"retained":{})", names_.index().address_of(object).value,
               bytes, dominators_.retained_bytes(object));
    if (const std::string& type = type_text(object, bytes); !type.empty()) {
      out_.put(R"(,"type":)");
      out_.put_json(type);
    }
    const graph::NodeId above = dominators_.idom(object);
    if (above.object())
      out_.print(R"(,"dominator":"{:#x}")", names_.index().address_of(above.object()).value);
    else if (above.root())
      out_.print(R"(,"dominator":"r{}")", above.root().row);
    out_.put("}\n");
  }

  void write_root_pointers(RootId id) {
    const heap::Root& root = snapshot_.roots[id.row];
    for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t) {
      const heap::RootTarget& target = snapshot_.root_targets[t];
      out_.print(R"({{"row":"pointer","from":"r{}","to":"{:#x}","offset":{})", id.row,
                 names_.index().address_of(target.object).value, target.offset);
      write_field(names_.target_path(root, target).text);
    }
  }

  void write_pointers() {
    view::for_each_edge(
        snapshot_, [&](ObjectId source) { return dominators_.reachable(source); },
        [&](ObjectId source, const heap::Span& span, std::uint32_t edge, std::uint64_t offset) {
          if (edge % kLinesBetweenChecks == 0) throw_if_cancelled();
          out_.print(R"({{"row":"pointer","from":"{:#x}","to":"{:#x}","offset":{})",
                     names_.index().address_of(source).value,
                     names_.index().address_of(ObjectId(snapshot_.edges.target[edge])).value, offset);
          const view::EdgePlace place = places_.of(snapshot_.object_type[source.row], span, offset);
          const std::string& path = places_.text(place.row);
          write_field(place.in_list ? fmt::format("[{}]{}", place.element, path) : path);
        });
  }

  void write_field(std::string_view field) {
    if (!field.empty()) {
      out_.put(R"(,"field":)");
      out_.put_json(field);
    }
    out_.put("}\n");
  }

  const view::Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  view::EdgePlaces places_;
  Stream& out_;
  const std::string untyped_;
  std::unordered_map<std::uint64_t, std::string> type_text_;
};

}  // namespace

void write_json_lines(const view::Groundwork& groundwork, Stream& out) {
  LinesWriter(groundwork, out).run();
}

}  // namespace holdfast::formats
