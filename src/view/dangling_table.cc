#include "view/dangling_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/architecture.h"
#include "base/byte_view.h"
#include "base/cancel.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/units.h"
#include "heap/field_path.h"
#include "heap/freed_memory.h"
#include "view/asked_slots.h"
#include "view/names.h"
#include "view/reused_numbers.h"
#include "view/shown_object.h"
#include "view/target_bytes.h"

namespace holdfast::view {
namespace {

constexpr unsigned kParts = 64;
constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;  // bytes that are read at once

// What a word is, by what is known of its place; the first are the likeliest to be an address.
enum class Kind : std::uint8_t { kPointer, kUintptr, kReused, kVariable, kOutside, kStack, kUntyped, kNumber };
constexpr std::array<std::string_view, 8> kKinds = {"pointer", "uintptr", "reused",  "variable",
                                                    "outside", "stack",   "untyped", "number"};

std::vector<std::string_view> words_of_kinds() {
  return {kKinds.begin(), kKinds.end()};
}

struct DanglingRow {
  Kind kind = Kind::kUntyped;
  std::uint64_t words = 0;
  std::string place;
  Address at, value;  // of the first
  std::string names;  // what is at `value`
};

constexpr ColumnOf<DanglingRow> kColumns[] = {
    {{"words", Unit::kCount, "at such places"}, [](const DanglingRow& row) { return Cell(row.words); }},
    {{"kind", Unit::kText,
      "pointer: the collector follows it; uintptr; reused: a uintptr that names an object of a type that hardly any "
      "other at its place names, so the memory may be in use again; variable: in a package variable; outside: in "
      "memory "
      "that is not Go's; stack: on a goroutine's, where it may be dead; untyped: in an object of unknown type; number: "
      "of another type, so it may only look like an address",
      Shown::kUsually, &words_of_kinds},
     [](const DanglingRow& row) { return Cell(kKinds[static_cast<std::size_t>(row.kind)]); }},
    {{"place", Unit::kText, "the field of the type, or where the memory is"},
     [](const DanglingRow& row) { return text_cell(row.place); }},
    {{"at", Unit::kAddress, "of the first such word"}, [](const DanglingRow& row) { return Cell(row.at.value); }},
    {{"value", Unit::kAddress, "that the first has"}, [](const DanglingRow& row) { return Cell(row.value.value); }},
    {{"names", Unit::kText, "what is there", Shown::kIfRoom},
     [](const DanglingRow& row) { return text_cell(row.names); }},
};

// A word and where it lies.
struct Word {
  Address at, value;
};

// The type of the word at a place of a value, and where in it the word begins; none if nothing says it.
std::pair<TypeId, std::uint64_t> type_at(const heap::Snapshot& s, TypeId type, std::uint64_t offset) {
  constexpr int kMostNestedTypes = 32;
  for (int depth = 0; type && depth < kMostNestedTypes; ++depth) {
    const heap::Type& row = s.types[type.row];
    if (row.kind == heap::TypeKind::kArray && row.elem && s.types[row.elem.row].size > 0) {
      offset %= s.types[row.elem.row].size;
      type = row.elem;
      continue;
    }
    if (row.kind != heap::TypeKind::kStruct) return {type, offset};
    TypeId inside;
    for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f) {
      const heap::Field& field = s.fields[f];
      if (!field.type || offset < field.offset || offset - field.offset >= s.types[field.type.row].size) continue;
      inside = field.type;
      offset -= field.offset;
      break;
    }
    type = inside;
  }
  return {};
}

// Of slices and strings, the first word is a pointer.
bool is_number(heap::TypeKind kind, std::uint64_t offset) {
  using heap::TypeKind;
  if (kind == TypeKind::kSlice || kind == TypeKind::kString) return offset > 0;
  return kind == TypeKind::kInt || kind == TypeKind::kInt64 || kind == TypeKind::kUint || kind == TypeKind::kUint64 ||
         kind == TypeKind::kFloat64 || kind == TypeKind::kInt32 || kind == TypeKind::kUint32 ||
         kind == TypeKind::kUint8 || kind == TypeKind::kInt8 || kind == TypeKind::kInt16 || kind == TypeKind::kUint16 ||
         kind == TypeKind::kBool || kind == TypeKind::kFloat32 || kind == TypeKind::kComplex64 ||
         kind == TypeKind::kComplex128;
}

class Search {
 public:
  Search(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const graph::Reachability& reached,
         std::span<const dumps::AskedAddress> asked)
      : snapshot_(snapshot),
        index_(snapshot),
        names_(snapshot, index_, rules),
        bytes_(snapshot, index_),
        reached_(reached),
        freed_(index_, snapshot),
        asked_(names_, freed_, asked) {}

  std::vector<DanglingRow> run() {
    if (snapshot_.content.known()) {
      look_at_heap();
      for (const heap::Mapping& mapping : snapshot_.mappings) look_at_mapping(mapping);
      if (asked_.empty())
        add_reused();
      else
        look_at_stacks();
    } else {
      for (const heap::StaleWord& word : snapshot_.stale_words)
        if (reached_.contains(word.object) && is_wanted(word.value))
          add_of_object(word.object, word.at, {index_.address_of(word.object) + word.at, word.value});
    }
    std::vector<DanglingRow> rows;
    for (auto& [key, row] : rows_) rows.push_back(std::move(row));
    for (DanglingRow& row : rows) row.names = names_at(row.value);
    return rows;
  }

  std::string remark() const {
    std::string text = asked_.text();
    if (asked_.empty() && rows_.empty()) text = "No word that was looked at names freed memory. ";
    if (!snapshot_.content.known())
      return text + fmt::format(
                        "This capture has no content: of {} {} are known, which lie in fields of type uintptr; "
                        "capture it anew with --with-content for the others.",
                        format_count(snapshot_.audit.stale_numbers + snapshot_.audit.pointers_to_free_slots, "word"),
                        format_count(snapshot_.stale_words.size()));
    text += "Objects without pointers were not looked at";
    if (unread_ > 0)
      text += fmt::format(
          ", nor {} of memory outside of the heap, of which a look at a process copies a part at most: a core has it",
          format_bytes(unread_));
    return text + (!asked_.empty() ? "." : ", nor stacks, whose dead words name much that was freed.");
  }

 private:
  void add_reused() {
    const auto reached = [this](ObjectId object) { return reached_.contains(object); };
    for (const ReusedNumber& number : find_reused_numbers(snapshot_, index_, bytes_, reached))
      add_of_object(number.object, number.at, {index_.address_of(number.object) + number.at, number.value}, true);
  }
  std::string names_at(Address value) const {
    const ObjectId object = index_.find_object(value);
    const std::string type = object ? names_.type_of(object) : std::string();
    return type.empty() ? place_without_object(snapshot_, index_, value) : short_type(type);
  }
  bool is_wanted(Address value) const { return asked_.empty() ? freed_.has(value) : asked_.find(value) != nullptr; }
  // Of a slot with an object only words are of interest that are no pointers to it.
  bool is_live(Address value) const {
    const AskedSlots::Slot* const slot = asked_.find(value);
    return slot != nullptr && slot->is_live;
  }

  // What a part of the heap has found; parts are joined in their order.
  struct Found {
    ObjectId object;
    std::uint64_t offset = 0;
    Word word;
  };

  void look_at_heap() {
    std::vector<std::vector<Found>> parts(kParts);
    for_each_part(snapshot_.spans.size(), kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t s = begin; s < end; ++s)
        if (snapshot_.spans[s].has_pointers) look_at_span(snapshot_.spans[s], parts[part]);
    });
    for (const std::vector<Found>& part : parts)
      for (const Found& found : part) add_of_object(found.object, found.offset, found.word);
  }

  void look_at_span(const heap::Span& span, std::vector<Found>& out) const {
    throw_if_cancelled();
    const AddressRange slots{span.base, span.base + std::uint64_t{span.slots} * span.slot_size};
    for_each_word(slots, [&](const Word& word) {
      const ObjectId object = index_.find_object(word.at);
      if (!object || !reached_.contains(object)) return;
      const std::uint64_t offset = word.at - index_.address_of(object);
      if (is_live(word.value) && is_edge(object, offset)) return;
      out.push_back({object, offset, word});
    });
  }

  bool is_edge(ObjectId object, std::uint64_t offset) const {
    std::uint64_t at = 0;
    for (const std::uint32_t edge : snapshot_.edges.of(object.row)) {
      at += heap::edge_step(snapshot_.edges, edge);
      if (at >= offset) return at == offset;
    }
    return false;
  }

  // Calls visit with each wanted word that can be read, and returns how many bytes that were. What is there of a range
  // may begin and end anywhere: it is looked for in ever smaller pieces, down to the least.
  template <typename Visit>
  std::uint64_t for_each_word(const AddressRange& range, const Visit& visit, std::uint64_t least = kWord,
                              std::uint64_t piece = kPiece) const {
    std::uint64_t seen = 0;
    for (Address at = range.begin; at < range.end;) {
      const std::uint64_t size = std::min<std::uint64_t>(piece, range.end - at);
      const auto bytes = bytes_.read(at, size);
      if (bytes) seen += size;
      if (!bytes && piece > least)
        seen += for_each_word({at, at + size}, visit, least, piece > kSystemPage ? kSystemPage : kWord);
      for (std::uint64_t i = 0; bytes && i + kWord <= bytes->size(); i += kWord) {
        const Address value(load_le<std::uint64_t>(reinterpret_cast<const std::byte*>(bytes->data()) + i));
        if (is_wanted(value)) visit({at + i, value});
      }
      at += size;
    }
    return seen;
  }

  void look_at_mapping(const heap::Mapping& mapping) {
    using heap::MappingUse;
    throw_if_cancelled();
    const bool is_outside = mapping.use == MappingUse::kCHeap || (mapping.use == MappingUse::kOther && !mapping.shared);
    if (!is_outside && mapping.use != MappingUse::kGlobals) return;
    const std::string place = is_outside ? place_without_object(snapshot_, index_, mapping.range.begin) : std::string();
    const auto visit = [&](const Word& word) {
      if (is_outside) return add(Kind::kOutside, place, word);
      if (is_live(word.value) && is_root_word(word.at)) return;
      add(Kind::kVariable, place_without_object(snapshot_, index_, word.at), word);
    };
    const std::uint64_t seen = for_each_word(mapping.range, visit, is_outside ? kSystemPage : kWord);
    if (is_outside) unread_ += std::min(mapping.resident, mapping.range.size() - seen);
  }

  bool is_root_word(Address at) const {
    return std::ranges::any_of(snapshot_.roots, [&](const heap::Root& root) {
      return root.kind == heap::RootKind::kGlobal && root.where <= at && at - root.where < kWord;
    });
  }

  void look_at_stacks() {
    for (const heap::Goroutine& goroutine : snapshot_.goroutines) {
      const Address used(goroutine.stack.end.value - std::min(goroutine.stack_used, goroutine.stack.size()));
      const CodePlace top = names_.top_frame(goroutine);
      const std::string place = fmt::format("goroutine {}{}", goroutine.goid, top.empty() ? "" : " in " + top.function);
      for_each_word({used, goroutine.stack.end}, [&](const Word& word) { add(Kind::kStack, place, word); });
    }
  }

  void add_of_object(ObjectId object, std::uint64_t offset, const Word& word, bool is_reused = false) {
    const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
    const heap::ObjectType known = snapshot_.object_type[object.row];
    if (!known || offset < span.header) return add(Kind::kUntyped, "objects of unknown type", word);
    const std::uint64_t at = offset - span.header, size = snapshot_.types[known.type().row].size;
    if (is_no_part(known, at, span.slot_size - span.header)) return;
    const bool is_inside = size > 0 && (known.known_by() != heap::KnownBy::kPart || at < size);
    const auto [type, rest] =
        is_inside ? type_at(snapshot_, known.type(), at % size) : std::pair<TypeId, std::uint64_t>();
    Kind kind = Kind::kUntyped;
    if (type) {
      const heap::TypeKind what = snapshot_.types[type.row].kind;
      kind = what == heap::TypeKind::kUintptr ? Kind::kUintptr : is_number(what, rest) ? Kind::kNumber : Kind::kPointer;
    }
    if (is_reused) kind = Kind::kReused;
    // What the collector follows is in its audit. Other words at such places are no part of the value; only of an
    // address that somebody asks about, as the one at which the collector gave up, they are worth a row.
    if (kind == Kind::kPointer && asked_.empty() && snapshot_.audit.pointers_to_free_slots == 0) return;
    const std::string path =
        is_inside ? with_any_index(heap::field_path(snapshot_, known.type(), at, span.slot_size - span.header).text)
                  : "";
    const std::string name = type_name(known.type(), object);
    add(kind, path.starts_with('.') || path.empty() ? name + path : name + " " + path, word);
  }
  // Whether the word lies behind the last value in its slot, where old bytes stay, or in a record of the runtime, whose
  // numbers are about stacks that it gives away and takes back.
  bool is_no_part(heap::ObjectType known, std::uint64_t at, std::uint64_t room) const {
    const heap::Type& type = snapshot_.types[known.type().row];
    if (type.name && snapshot_.strings[type.name].starts_with("runtime.")) return true;
    return known.known_by() != heap::KnownBy::kPart && type.size > 0 && at >= room / type.size * type.size;
  }
  std::string type_name(TypeId type, ObjectId object) const {
    const StringId name = snapshot_.types[type.row].name;
    return name ? std::string(snapshot_.strings[name]) : names_.type_of(object);
  }

  void add(Kind kind, const std::string& place, const Word& word) {
    const AskedSlots::Slot* const slot = asked_.find(word.value);
    DanglingRow& row = rows_[{kind, place, slot == nullptr ? Address() : slot->range.begin}];
    if (row.words++ > 0) return;
    row.kind = kind;
    row.place = place;
    row.at = word.at;
    row.value = word.value;
  }

  const heap::Snapshot& snapshot_;
  heap::ObjectIndex index_;
  Names names_;
  TargetBytes bytes_;
  const graph::Reachability& reached_;
  heap::FreedMemory freed_;
  AskedSlots asked_;
  // By kind, place, and the slot that is asked about.
  std::map<std::tuple<Kind, std::string, Address>, DanglingRow> rows_;
  std::uint64_t unread_ = 0;
};

}  // namespace

TableShape dangling_shape() {
  return make_shape<DanglingRow>("dangling", "place", "words", kColumns);
}

Table dangling_table(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const graph::Reachability& reached,
                     std::span<const dumps::AskedAddress> asked) {
  Search search(snapshot, rules, reached, asked);
  std::vector<DanglingRow> rows = search.run();
  const std::string remark = search.remark();
  const heap::ObjectIndex index(snapshot);
  std::vector<Address> objects;
  for (const DanglingRow& row : rows) {
    const ObjectId object = index.find_object(row.at);
    objects.push_back(object ? index.address_of(object) : Address());
  }
  Table table = make_table<DanglingRow>(dangling_shape(), kColumns, std::move(rows));
  table.remark = remark;
  table.command = [objects = std::move(objects)](std::uint32_t row) {
    return objects[row] ? RowCommand{"show", hex(objects[row])} : RowCommand{};
  };
  return table;
}

}  // namespace holdfast::view
