#include "view/shown_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "heap/field_path.h"
#include "heap/plumbing.h"
#include "view/decode_value.h"
#include "view/freed_slot.h"
#include "view/type_chain.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr int kMostNesting = 64;

std::size_t limit_of(std::size_t top) {
  return top == 0 ? std::numeric_limits<std::size_t>::max() : top;
}

// "[…].next": elements of one array are one sort of place.
std::string without_numbers(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    out += path[i];
    const std::size_t end = path[i] == '[' ? path.find(']', i) : std::string_view::npos;
    if (end == std::string_view::npos || path.find_first_not_of("0123456789", i + 1) != end) continue;
    out += "…]";
    i = end;
  }
  return out;
}

class ObjectViewer {
 public:
  ObjectViewer(const Groundwork& groundwork, const graph::Reachability& reached, const graph::Referrers& referrers,
               const ShowQuery& query)
      : groundwork_(groundwork),
        snapshot_(groundwork.snapshot()),
        names_(groundwork.names()),
        index_(names_.index()),
        dominators_(groundwork.dominators()),
        reached_(reached),
        referrers_(referrers),
        query_(query) {}

  ShownObject run() {
    shown_.asked = query_.address;
    shown_.read_as = query_.type;
    shown_.object = index_.find_object(query_.address);
    if (!shown_.object)
      fail(ErrorCode::kNotFound, "there is no object at {}: it is in {}{}", hex(query_.address),
           place_without_object(snapshot_, index_, query_.address), history_of(snapshot_, index_, query_.address));
    add_place();
    add_type();
    add_marks();
    add_specials();
    add_holding();
    add_sample();
    add_references_out();
    add_references_in();
    add_debugger_facts();
    return std::move(shown_);
  }

 private:
  void add_place() {
    const SpanId id = index_.find_span(shown_.object);
    const heap::Span& span = snapshot_.spans[id.row];
    shown_.address = index_.address_of(shown_.object);
    shown_.span = span.base;
    shown_.span_bytes = span.bytes();
    shown_.slot = index_.slot_of(shown_.object);
    shown_.slots = span.slots;
    shown_.slot_bytes = span.slot_size;
    shown_.size_class = span.size_class;
    shown_.header_bytes = span.header;
    shown_.has_pointers = shown_.object.row < snapshot_.pointerful;
  }

  void add_type() {
    const heap::ObjectType known = snapshot_.object_type[shown_.object.row];
    shown_.type = names_.type_of(shown_.object);
    shown_.known_by = known.known_by();
    shown_.whole = known.known_by() != heap::KnownBy::kPart;
    if (query_.address > shown_.address + shown_.header_bytes)
      shown_.field_asked = field_at(query_.address - shown_.address);
  }

  std::string field_at(std::uint64_t offset) const {
    const heap::ObjectType known = snapshot_.object_type[shown_.object.row];
    if (offset < shown_.header_bytes) return "the allocation header";
    if (names_.is_container(shown_.object)) return {};  // parts of maps and the like have no names of interest
    const std::uint64_t at = offset - shown_.header_bytes;
    if (shown_.whole) return heap::field_path(snapshot_, known.type(), at, room()).text;
    const bool is_inside = known.type() && at < snapshot_.types[known.type().row].size;
    return heap::field_path(snapshot_, is_inside ? known.type() : TypeId(), at).text;
  }
  std::uint64_t room() const { return shown_.slot_bytes - shown_.header_bytes; }

  void add_marks() {
    const heap::Span& span = snapshot_.spans[index_.find_span(shown_.object).row];
    shown_.reachable = reached_.contains(shown_.object);
    shown_.marks_known = span.has_marks;
    shown_.marked = heap::test_bit(snapshot_.marked, shown_.object.row);
    shown_.fresh = heap::test_bit(snapshot_.fresh, shown_.object.row);
    for (const heap::MarkExcuse& excuse : snapshot_.audit.excuses)
      if (excuse.object == shown_.object) shown_.excuse = excuse.cause;
  }

  void add_specials() {
    for (const heap::Root& root : snapshot_.roots)
      if (root.about == shown_.object) shown_.specials.push_back({root.kind, named(snapshot_, root)});
  }

  void add_holding() {
    if (!shown_.reachable) return;
    shown_.retained_bytes = dominators_.retained_bytes(shown_.object);
    shown_.retained_objects = dominators_.retained_count(shown_.object);
    shown_.held = PlaceFinder(groundwork_).place_of(shown_.object);
  }

  void add_sample() {
    const auto sample = std::ranges::lower_bound(snapshot_.sampled, shown_.object, {}, &heap::SampledObject::object);
    if (sample == snapshot_.sampled.end() || sample->object != shown_.object) return;
    shown_.profiled = true;
    const heap::AllocationStack& stack = snapshot_.allocation_stacks[sample->stack.row];
    if (const heap::Frame* own = heap::first_own_frame(snapshot_, names_.rules(), stack.first_frame, stack.frame_count))
      shown_.allocated_at = names_.frame(*own);
    for (std::uint32_t f = stack.first_frame; f < stack.first_frame + stack.frame_count; ++f)
      shown_.allocation_stack.push_back(names_.frame(snapshot_.frames[f]));
  }

  void add_references_out() {
    if (!shown_.has_pointers) return;
    const heap::Edges& edges = snapshot_.edges;
    struct Word {
      std::uint64_t offset = 0, retained = 0;
      ObjectId to;
    };
    std::vector<Word> words;
    std::uint64_t offset = 0;
    for (const std::uint32_t e : edges.of(shown_.object.row)) {
      offset += heap::edge_step(edges, e);
      const ObjectId to(edges.target[e]);
      words.push_back({offset, dominators_.retained_bytes(to), to});
    }
    std::ranges::stable_sort(words, std::ranges::greater(), &Word::retained);
    auto& list = shown_.refers_to;
    list.all = words.size();
    std::set<ObjectId> left_out;
    for (const Word& word : words) {
      if (list.rows.size() < limit_of(query_.top)) {
        list.rows.push_back({word.offset, field_at(word.offset), index_.address_of(word.to), names_.type_of(word.to),
                             index_.size_of(word.to), word.retained});
        continue;
      }
      ++list.left_out_count;
      if (left_out.insert(word.to).second) list.left_out_bytes += index_.size_of(word.to);
    }
  }

  struct Group {
    ReferencesIn row;
    std::uint64_t bytes = 0;  // of the objects that refer, each once
  };
  using Groups = std::map<std::string, Group>;

  void add_references_in() {
    Groups groups;
    const auto sources = referrers_.of(shown_.object);
    for (std::size_t i = 0; i < sources.size(); ++i)
      if (i == 0 || sources[i] != sources[i - 1]) add_referrer(ObjectId(sources[i]), groups);
    for (const RootId root : referrers_.roots_of(shown_.object)) {
      Sentence who = named(snapshot_, snapshot_.roots[root.row]);
      if (const auto field = names_.field(root, shown_.object)) who += sentence("{}", without_numbers(field->text));
      Group& group = groups[fmt::format("\1{}", who.full)];
      group.row.who = std::move(who);
      group.row.is_root = true;
      ++group.row.count;
    }
    std::vector<Group> sorted;
    for (auto& [key, group] : groups) sorted.push_back(std::move(group));
    std::ranges::stable_sort(sorted, [](const Group& a, const Group& b) {
      return std::tuple(!a.row.is_root, b.row.count) < std::tuple(!b.row.is_root, a.row.count);
    });
    auto& list = shown_.referred_by;
    list.all = sorted.size();
    for (Group& group : sorted) {
      if (list.rows.size() < limit_of(query_.top)) {
        list.rows.push_back(std::move(group.row));
        continue;
      }
      list.left_out_count += group.row.count;
      list.left_out_bytes += group.bytes;
    }
  }

  // Adds the pointers of one object that lead here. Its row is walked once, however long it is.
  void add_referrer(ObjectId source, Groups& groups) {
    const heap::Edges& edges = snapshot_.edges;
    const heap::Span& span = snapshot_.spans[index_.find_span(source).row];
    const heap::ObjectType known = snapshot_.object_type[source.row];
    const bool is_part = known.known_by() == heap::KnownBy::kPart;
    const std::string type = names_.type_of(source);
    std::set<const Group*> counted;
    std::uint64_t offset = 0;
    for (const std::uint32_t e : edges.of(source.row)) {
      offset += heap::edge_step(edges, e);
      if (edges.target[e] != shown_.object.row) continue;
      std::string field;
      if (names_.is_container(source)) {
        field = "[…]";  // the inside of a map and the like: its parts have no places of interest
      } else {
        const bool named_there =
            offset >= span.header && (!is_part || offset - span.header < snapshot_.types[known.type().row].size);
        field = named_there ? heap::field_path(snapshot_, known.type(), offset - span.header,
                                               is_part ? 0 : span.slot_size - span.header)
                                  .text
                            : heap::field_path(snapshot_, {}, offset).text;
      }
      const std::string of = names_.is_container(source) ? names_.container_of(source)
                             : type.empty()              ? fmt::format("an object of {}", format_bytes(span.slot_size))
                                                         : type;
      Sentence who = sentence("{}{}", named(of), without_numbers(field));
      Group& group = groups[who.full];
      if (group.row.count == 0 || (group.row.from_garbage == group.row.count && reached_.contains(source))) {
        group.row.who = std::move(who);
        group.row.example = index_.address_of(source);
        group.row.retained_bytes = dominators_.retained_bytes(source);
      }
      ++group.row.count;
      if (!reached_.contains(source)) ++group.row.from_garbage;
      if (counted.insert(&group).second) group.bytes += span.slot_size;
    }
  }

  void add_debugger_facts() {
    const TypeId type = snapshot_.object_type[shown_.object.row].type();
    shown_.value_at = shown_.address + shown_.header_bytes;
    if (!type) return;
    const heap::TypeRole role = snapshot_.types[type.row].role;
    if (role == heap::TypeRole::kNone) shown_.value_type = type_name(snapshot_, type);
    if (role == heap::TypeRole::kMapHeader || role == heap::TypeRole::kChannel) find_word();
  }

  // Finds a word that is a map or a channel, and has this one.
  void find_word() {
    for (const RootId id : referrers_.roots_of(shown_.object)) {
      const heap::Root& root = snapshot_.roots[id.row];
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count && root.where; ++t)
        if (const heap::RootTarget& target = snapshot_.root_targets[t]; target.object == shown_.object)
          take_word(root.where + target.offset, root.type, root.type_offset + target.offset);
    }
    const heap::Edges& edges = snapshot_.edges;
    for (const std::uint32_t source : referrers_.of(shown_.object)) {
      if (!shown_.word_type.empty()) return;
      const heap::Span& span = snapshot_.spans[index_.find_span(ObjectId(source)).row];
      std::uint64_t offset = 0;
      for (const std::uint32_t e : edges.of(source)) {
        offset += heap::edge_step(edges, e);
        if (edges.target[e] == shown_.object.row && offset >= span.header)
          take_word(index_.address_of(ObjectId(source)) + offset, snapshot_.object_type[source].type(),
                    offset - span.header);
      }
    }
  }
  void take_word(Address word, TypeId type, std::uint64_t offset) {
    if (!shown_.word_type.empty() || !type) return;
    const TypeId there = type_at(type, offset);
    const heap::TypeKind kind = there ? snapshot_.types[there.row].kind : heap::TypeKind::kInvalid;
    if (kind != heap::TypeKind::kMap && kind != heap::TypeKind::kChan) return;
    shown_.word = word;
    shown_.word_type = type_name(snapshot_, there);
  }
  // Returns the type of the innermost value that begins there; none if none does.
  TypeId type_at(TypeId type, std::uint64_t offset) const {
    for (int depth = 0; type && depth < kMostNesting; ++depth) {
      const heap::Type& row = snapshot_.types[type.row];
      if (row.size > 0) offset %= row.size;
      if (row.kind == heap::TypeKind::kArray) {
        type = row.elem;
        continue;
      }
      if (row.kind != heap::TypeKind::kStruct && row.kind != heap::TypeKind::kClosure)
        return offset == 0 ? type : TypeId();
      TypeId inside;
      std::uint64_t begin = 0;
      for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f) {
        const heap::Field& field = snapshot_.fields[f];
        if (!field.type || offset < field.offset || offset - field.offset >= snapshot_.types[field.type.row].size)
          continue;
        inside = field.type;
        begin = field.offset;
      }
      type = inside;
      offset -= begin;
    }
    return {};
  }

  const Groundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  const Names& names_;
  const heap::ObjectIndex& index_;
  const graph::Dominators& dominators_;
  const graph::Reachability& reached_;
  const graph::Referrers& referrers_;
  const ShowQuery& query_;
  ShownObject shown_;
};

// "the mapping of /usr/lib/libc.so at 0x7f0000000000"
std::string mapping_text(const heap::Snapshot& snapshot, Address address) {
  for (const heap::Mapping& mapping : snapshot.mappings) {
    if (!mapping.range.contains(address)) continue;
    if (mapping.use == heap::MappingUse::kGoHeap) return "a page of the Go heap that is in no span";
    const std::string_view name = snapshot.strings[mapping.name];
    return fmt::format("the mapping {} to {} ({}{}{})", hex(mapping.range.begin), hex(mapping.range.end),
                       name_of(mapping.use), name.empty() ? "" : ", ", name);
  }
  return {};
}

// ", which leads to the object 0xc000010000"
std::string target_text(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const heap::Root& root) {
  if (root.target_count == 0) return {};
  return fmt::format(", which leads to the object {}",
                     hex(index.address_of(snapshot.root_targets[root.first_target].object)));
}

}  // namespace

std::string place_without_object(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address) {
  if (const auto hit = index.find(address)) {
    const heap::Span& span = snapshot.spans[hit->span.row];
    return fmt::format("slot {} of {} of the span {}, which is free ({} each)", hit->slot, span.slots, hex(span.base),
                       format_bytes(span.slot_size));
  }
  const bool on_stack = std::ranges::any_of(
      snapshot.goroutines, [&](const heap::Goroutine& goroutine) { return goroutine.stack.contains(address); });
  if (index.find_page(address) || on_stack) return place_text(snapshot, index, address, {});
  for (const heap::Root& root : snapshot.roots)
    if (root.kind == heap::RootKind::kGlobal && root.where <= address && address - root.where < 8)
      return fmt::format("the package variable {}{}", root_text_with_field(snapshot, root),
                         target_text(snapshot, index, root));
  const std::string mapping = mapping_text(snapshot, address);
  if (!mapping.empty()) return mapping;
  if (snapshot.mappings.empty()) return place_text(snapshot, index, address, {});
  return "memory that is not mapped, or only reserved";
}

ShownObject show_object(const Groundwork& groundwork, const graph::Reachability& reached,
                        const graph::Referrers& referrers, const ShowQuery& query) {
  ShownObject shown = ObjectViewer(groundwork, reached, referrers, query).run();
  shown.value = decode_value(groundwork, referrers, shown.object, query);
  return shown;
}

}  // namespace holdfast::view
