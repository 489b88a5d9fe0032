#include "view/decode_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "view/alone.h"
#include "view/find_type.h"
#include "view/map_entries.h"
#include "view/target_bytes.h"
#include "view/value_text.h"

namespace holdfast::view {
namespace {

using heap::Type;
using heap::TypeKind;
using heap::TypeRole;

constexpr std::uint64_t kLongestText = 200;                      // bytes of a string that are shown
constexpr std::uint64_t kLongestKey = 60;                        // letters of a key
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 24;  // that are looked at
constexpr std::size_t kMostValues = 20'000;                      // unless all are asked for
constexpr int kDeepestNesting = 64;                              // values in one another, without pointers

// A part before it is decoded.
struct PartPlace {
  std::uint64_t index = 0;  // of an element
  StringId field;           // of a field
  TypeId type;
  Address at;
  Address key;                             // of a map's entry
  std::array<AddressRange, 2> words = {};  // of the object that it is a part of, that belong to it; may be empty
  std::uint64_t alone = 0;
};

class Decoder {
 public:
  Decoder(const Groundwork& groundwork, const graph::Referrers& referrers, const ShowQuery& query)
      : groundwork_(groundwork),
        snapshot_(groundwork.snapshot()),
        names_(groundwork.names()),
        index_(names_.index()),
        bytes_(snapshot_, index_),
        maps_(snapshot_, bytes_),
        alone_(snapshot_, index_, groundwork.dominators(), referrers),
        query_(query),
        limit_(query.top == 0 ? std::numeric_limits<std::size_t>::max() : query.top),
        offset_(query.offset) {
    for (std::uint32_t t = 0; t < snapshot_.types.size() && !channel_layout_; ++t)
      if (snapshot_.types[t].role == TypeRole::kChannel && field(TypeId(t), "receive_index") != nullptr)
        channel_layout_ = TypeId(t);
  }

  ShownValue run(ObjectId object) {
    ShownValue shown;
    shown.has_content = bytes_.any();
    if (!shown.has_content)
      shown.remark =
          snapshot_.target.from_file
              ? "values are not known: the capture has no content (`holdfast capture --with-content` keeps it)"
              : "values were not read, so that the process is not held still for long";
    const Address begin = index_.address_of(object);
    const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
    if (query_.raw)
      if (auto bytes = bytes_.read(begin, span.slot_size)) shown.raw = std::move(*bytes);
    if (!query_.type.empty()) {
      shown.value = decode(type_of_name(snapshot_, query_.type), query_.address, query_.depth);
      require_page(shown.value);
      shown.remark += fmt::format("{}read as {}, as asked", shown.remark.empty() ? "" : "; ", query_.type);
      return shown;
    }
    const heap::ObjectType known = snapshot_.object_type[object.row];
    if (!known) {
      shown.value.at = begin + span.header;
      return shown;
    }
    shown.value = whole_object(object, known, begin + span.header, span.slot_size - span.header);
    require_page(shown.value);
    if (known.known_by() == heap::KnownBy::kPart)
      shown.remark += fmt::format("{}of the object only its beginning is known", shown.remark.empty() ? "" : "; ");
    return shown;
  }

 private:
  const Type& row(TypeId type) const { return snapshot_.types[type.row]; }
  std::uint64_t size_of(TypeId type) const { return type ? row(type).size : 0; }
  std::string name_of_type(TypeId type) const { return type ? type_name(snapshot_, type) : std::string(); }
  const heap::Field* field(TypeId type, std::string_view name) const {
    for (std::uint32_t f = row(type).first_field; f < row(type).first_field + row(type).field_count; ++f)
      if (snapshot_.strings[snapshot_.fields[f].name] == name) return &snapshot_.fields[f];
    return nullptr;
  }

  // An object can have room for several values of its type: an array that a slice uses.
  Value whole_object(ObjectId object, heap::ObjectType known, Address at, std::uint64_t room) {
    const Type& type = row(known.type());
    if (type.role == TypeRole::kStringData) return text_object(at, room);
    const bool is_map_part = type.role == TypeRole::kMapGroup || type.role == TypeRole::kMapBucket;
    if (is_map_part && type.of && bytes_.any()) return map_part(object, type.of, at, room);
    const bool is_array = known.known_by() != heap::KnownBy::kPart && type.size > 0 && room / type.size >= 2 &&
                          !names_.is_container(object) && type.role == TypeRole::kNone;
    if (!is_array) {
      ways_.emplace_back(at, known.type());
      return decode(known.type(), at, query_.depth);
    }
    Value out = begin_value({}, at);
    out.type = names_.type_of(object);
    out.text = fmt::format("room for {}", format_count(room / type.size, "element"));
    if (type.kind == TypeKind::kUint8) return bytes_text(out, at, room), out;
    add_elements(out, known.type(), at, room / type.size, query_.depth);
    return out;
  }

  // The groups of a map have its entries, whatever else the map has.
  Value map_part(ObjectId object, TypeId map, Address at, std::uint64_t room) {
    Value out = begin_value({}, at);
    out.type = names_.container_of(object);
    MapEntries found = maps_.entries_of_part(map, at, room);
    out.text = fmt::format("{} in this part of the map", format_count(found.count, "entry"));
    add_entries(out, map, std::move(found), query_.depth);
    return out;
  }

  Value text_object(Address at, std::uint64_t room) {
    Value out = begin_value({}, at);
    out.type = "string data";
    bytes_text(out, at, room, true);
    return out;
  }

  // How many elements are left out at the beginning: as many as was asked, of the first list or text of the value.
  std::uint64_t take_offset(Value& out, std::uint64_t count) {
    if (offset_ > 0 && offset_ >= count)
      fail(ErrorCode::kUsage, "the value at {} has {}: none is left if --offset leaves out {}", hex(out.at),
           format_count(count, "element"), offset_);
    return out.first_part = std::exchange(offset_, 0);
  }

  // Fails if there was no list that a page could be of.
  void require_page(const Value& value) const {
    if (offset_ == 0 || !bytes_.any()) return;
    fail(
        ErrorCode::kUsage,
        "{}{} has no elements of its own, of which --offset could leave out some: give the place of a slice, an array, "
        "a map, a channel, a list or a text in it, with its --type",
        hex(query_.address), value.type.empty() ? "" : fmt::format(", a {},", value.type));
  }

  // Of a text as much as one line has room for; of the value that was asked for more, if all of it was.
  std::uint64_t most_of_text(std::uint64_t size) const {
    constexpr std::uint64_t kLongestWhole = std::uint64_t{1} << 20;
    return std::min(size, query_.top == 0 && values_ == 1 ? kLongestWhole : kLongestText);
  }

  // "\"hello\"", or the first bytes in hex if they are no text.
  void bytes_text(Value& out, Address at, std::uint64_t size, bool is_padded = false) {
    const std::uint64_t skipped = take_offset(out, size), left = size - skipped;
    auto bytes = bytes_.read(at + skipped, most_of_text(left));
    const std::string before = out.text.empty() ? "" : out.text + ": ";
    out.text_bytes = size;
    if (!bytes) {
      if (bytes_.any()) out.text = before + not_kept();
      return;
    }
    out.text_shown = bytes->size();
    if (is_padded) {  // a slot has more room than its text needs
      const std::vector<std::uint8_t> text(bytes->begin(), std::ranges::find(*bytes, std::uint8_t{0}));
      const bool is_padding = std::all_of(bytes->begin() + static_cast<std::ptrdiff_t>(text.size()), bytes->end(),
                                          [](std::uint8_t byte) { return byte == 0; });
      if (!text.empty() && is_padding) bytes = text;
    }
    if (is_text(*bytes)) {
      out.text = before + quoted_text(*bytes, left);
      return;
    }
    constexpr std::size_t kMostHex = 32;
    if (values_ > 1 || query_.top != 0) out.text_shown = std::min(bytes->size(), kMostHex);
    out.text = before + hex_text(std::span(*bytes).first(out.text_shown)) + (out.text_shown == left ? "" : " …");
  }

  Value begin_value(TypeId type, Address at) {
    ++values_;
    Value out;
    out.type = name_of_type(type);
    out.at = at;
    return out;
  }

  // Decodes one value. `depth` is how many pointers may still be followed.
  Value decode(TypeId type, Address at, std::size_t depth) {
    Value out = begin_value(type, at);
    if (!type) return out;
    if (nesting_ >= kDeepestNesting) {
      out.more = "nested too deeply";
      return out;
    }
    ++nesting_;
    decode_into(out, type, at, depth);
    --nesting_;
    return out;
  }

  void decode_into(Value& out, TypeId type, Address at, std::size_t depth) {
    switch (row(type).role) {
      case TypeRole::kMapHeader:
        if (row(type).of) return decode_map(out, row(type).of, at, depth);
        break;
      case TypeRole::kChannel:
        return decode_channel(out, row(type).of, at, depth);
      case TypeRole::kClosure:
        return decode_closure(out, type, at, depth);
      case TypeRole::kStringData:
        return;
      default:
        break;
    }
    switch (row(type).kind) {
      case TypeKind::kStruct:
        return decode_struct(out, type, at, depth);
      case TypeKind::kArray:
        return decode_array(out, type, at, depth);
      case TypeKind::kOpaque:
      case TypeKind::kInvalid:
        return;
      default:
        if (bytes_.any()) decode_words(out, type, at, depth);
    }
  }

  // Kinds of which nothing can be said without their bytes.
  void decode_words(Value& out, TypeId type, Address at, std::size_t depth) {
    const Type& t = row(type);
    switch (t.kind) {
      case TypeKind::kString:
        return decode_string(out, at);
      case TypeKind::kSlice:
        return decode_slice(out, t.elem, at, depth);
      case TypeKind::kInterface:
        return decode_interface(out, at, depth);
      case TypeKind::kPointer:
      case TypeKind::kUnsafePointer:
      case TypeKind::kMap:
      case TypeKind::kChan:
      case TypeKind::kFunc:
        return decode_pointer(out, type, at, depth);
      default:
        break;
    }
    const auto bytes = bytes_.read(at, t.size);
    out.text = bytes ? scalar_text(t.kind, *bytes).value_or("") : not_kept();
    if (out.type == "time.Duration" && bytes)
      out.text = duration_text(static_cast<std::int64_t>(*bytes_.number(at, 8)));
  }

  void decode_string(Value& out, Address at) {
    const auto text = bytes_.word(at), length = bytes_.word(at + 8);
    if (!text || !length) {
      out.text = not_kept();
      return;
    }
    out.points_to = Address(*text);
    const std::uint64_t skipped = take_offset(out, *length), left = *length - skipped;
    const auto bytes =
        left == 0 ? std::vector<std::uint8_t>() : bytes_.read(Address(*text) + skipped, most_of_text(left));
    out.text_bytes = *length;
    out.text_shown = bytes ? bytes->size() : 0;
    out.text =
        bytes ? quoted_text(*bytes, left) : fmt::format("a string of {} {}", format_count(*length, "byte"), not_kept());
  }

  void decode_slice(Value& out, TypeId elem, Address at, std::size_t depth) {
    const auto array = bytes_.word(at), length = bytes_.word(at + 8), capacity = bytes_.word(at + 16);
    if (!array || !length || !capacity) {
      out.text = not_kept();
      return;
    }
    out.points_to = Address(*array);
    if (*array == 0 && *length == 0) {
      out.text = "nil";
      return;
    }
    out.text = fmt::format("len {}, cap {}", *length, *capacity);
    if (*length > *capacity) {
      out.more = "no sound slice: it is longer than its capacity";
      return;
    }
    if (const ObjectId object = index_.find_object(Address(*array)); object && size_of(elem) > 0) {
      const Address end = index_.address_of(object) + index_.size_of(object);
      if (*length > (end - Address(*array)) / size_of(elem)) {
        out.more = "no sound slice: it is longer than the object that it lies in";
        return;
      }
    }
    out.all_parts = *length;
    if (elem && row(elem).kind == TypeKind::kUint8) {
      if (*length > 0) bytes_text(out, Address(*array), *length);
      return;
    }
    if (depth > 0) add_elements(out, elem, Address(*array), *length, depth - 1);
  }

  void decode_array(Value& out, TypeId type, Address at, std::size_t depth) {
    const Type& t = row(type);
    out.all_parts = t.count;
    if (t.elem && row(t.elem).kind == TypeKind::kUint8) return bytes_text(out, at, t.count);
    add_elements(out, t.elem, at, t.count, depth);
  }

  void add_elements(Value& out, TypeId elem, Address first, std::uint64_t count, std::size_t depth) {
    out.all_parts = count;
    const std::uint64_t size = size_of(elem);
    if (!elem || count == 0) return;
    if (!is_followed(out)) return;
    // Only what is shown is made, unless all have to be compared.
    const std::uint64_t skipped = take_offset(out, count), from = query_.by_retained ? 0 : skipped;
    const std::uint64_t made = query_.by_retained ? count : std::min<std::uint64_t>(count - skipped, limit_);
    if (made > kMostElements) {
      out.more = "too many elements to be looked at";
      return;
    }
    std::vector<PartPlace> places(made);
    for (std::uint64_t i = 0; i < made; ++i) {
      const Address at = first + (from + i) * size;
      places[i] = {
          .index = from + i, .field = {}, .type = elem, .at = at, .key = {}, .words = {AddressRange{at, at + size}}};
    }
    add_parts(out, std::move(places), {.skipped = skipped - from, .shown = limit_}, depth);
  }

  void decode_struct(Value& out, TypeId type, Address at, std::size_t depth) {
    const Type& t = row(type);
    if (out.type == "time.Time" && decode_time(out, type, at)) return;
    if (out.type == "container/list.List" && decode_list(out, type, at, depth)) return;
    require_page(out);
    std::vector<PartPlace> places;
    for (std::uint32_t f = t.first_field; f < t.first_field + t.field_count; ++f) {
      const heap::Field& field = snapshot_.fields[f];
      const Address there = at + field.offset;
      places.push_back({.index = 0,
                        .field = field.name,
                        .type = pointee_behind(out.type, type, field),
                        .at = there,
                        .key = {},
                        .words = {AddressRange{there, there + (field.type ? size_of(field.type) : 8)}}});
    }
    out.all_parts = places.size();
    add_parts(out, std::move(places), {}, depth);
  }

  // The pointer in a sync/atomic.Pointer[T] is declared without T, which its first field tells: [0]*T.
  TypeId pointee_behind(std::string_view name, TypeId type, const heap::Field& field) const {
    if (!name.starts_with("sync/atomic.Pointer[") || snapshot_.strings[field.name] != "v") return field.type;
    const TypeId none = snapshot_.fields[row(type).first_field].type;
    return none && row(none).kind == TypeKind::kArray && row(none).elem ? row(none).elem : field.type;
  }

  bool decode_time(Value& out, TypeId type, Address at) {
    const heap::Field *wall = field(type, "wall"), *ext = field(type, "ext");
    const auto first = wall != nullptr ? bytes_.word(at + wall->offset) : std::nullopt;
    const auto second = ext != nullptr ? bytes_.word(at + ext->offset) : std::nullopt;
    if (!first || !second) return false;
    out.text = time_text(*first, static_cast<std::int64_t>(*second));
    return true;
  }

  // The elements of a list in its order.
  bool decode_list(Value& out, TypeId type, Address at, std::size_t depth) {
    const heap::Field *root = field(type, "root"), *len = field(type, "len");
    if (root == nullptr || len == nullptr || !root->type) return false;
    const heap::Field *next = field(root->type, "next"), *value = field(root->type, "Value");
    const auto length = bytes_.word(at + len->offset);
    if (next == nullptr || value == nullptr || !length) return false;
    out.text = format_count(*length, "element");
    out.all_parts = *length;
    if (depth == 0 || !is_followed(out)) return true;
    std::vector<PartPlace> places;
    const Address end = at + root->offset;
    auto element = bytes_.word(end + next->offset);
    while (element && *element != 0 && Address(*element) != end && places.size() < std::min(*length, kMostElements)) {
      const Address there = Address(*element) + value->offset;
      places.push_back({.index = places.size(),
                        .field = {},
                        .type = value->type,
                        .at = there,
                        .key = {},
                        .words = {AddressRange{there, there + size_of(value->type)}}});
      element = bytes_.word(Address(*element) + next->offset);
    }
    const Page page = page_of(out, places.size());
    add_parts(out, std::move(places), page, depth - 1);
    return true;
  }

  void decode_pointer(Value& out, TypeId type, Address at, std::size_t depth) {
    const auto word = bytes_.word(at);
    if (!word) {
      out.text = not_kept();
      return;
    }
    if (*word == 0) {
      out.text = "nil";
      return;
    }
    const Address to = out.points_to = Address(*word);
    const Type& t = row(type);
    switch (t.kind) {
      case TypeKind::kMap:
        return decode_map(out, type, to, depth);
      case TypeKind::kChan:
        return decode_channel(out, t.elem, to, depth);
      case TypeKind::kFunc:
        return decode_function(out, to, depth);
      default:
        break;
    }
    out.text = hex(to);
    if (t.kind == TypeKind::kUnsafePointer) {
      if (const ObjectId object = index_.find_object(to)) out.holds = names_.type_of(object);
      return;
    }
    follow(out, t.elem, to, depth);
  }

  // Adds what a pointer leads to.
  void follow(Value& out, TypeId type, Address to, std::size_t depth) {
    if (!type || depth == 0 || !is_followed(out)) return;
    const std::pair way(to, type);
    if (std::ranges::find(ways_, way) != ways_.end()) {
      out.more = "it is one of those that lead here";
      return;
    }
    ways_.push_back(way);
    Value target = decode(type, to, depth - 1);
    ways_.pop_back();
    if (!target.text.empty()) out.text += fmt::format(" → {}", target.text);
    out.holds = std::move(target.holds);
    out.parts = std::move(target.parts);
    take_list(out, target);
  }

  // The value stands for what it leads to.
  static void take_list(Value& out, Value& target) {
    out.all_parts = target.all_parts;
    out.first_part = target.first_part;
    out.text_bytes = target.text_bytes;
    out.text_shown = target.text_shown;
    out.more = std::move(target.more);
    out.left_out_alone = target.left_out_alone;
  }

  bool is_followed(Value& out) {
    if (!bytes_.any()) return false;
    if (values_ < kMostValues || query_.top == 0) return true;
    out.more = "too many values to show here";
    return false;
  }

  void decode_interface(Value& out, Address at, std::size_t depth) {
    const auto word = bytes_.word(at), data = bytes_.word(at + 8);
    if (!word || !data) {
      out.text = not_kept();
      return;
    }
    if (*word == 0) {
      out.text = "nil";
      return;
    }
    const heap::NamedWord* named = heap::find_named_word(snapshot_, Address(*word));
    out.points_to = Address(*data);
    if (named == nullptr || !named->type) {
      out.text = hex(out.points_to);
      out.more = fmt::format("its type is not known: {} names it", hex(Address(*word)));
      return;
    }
    Value held =
        decode(named->type, named->direct ? at + 8 : Address(*data), named->direct || depth == 0 ? depth : depth - 1);
    out.text = std::move(held.text);
    out.holds = name_of_type(named->type);
    if (named->direct) out.points_to = held.points_to;
    if (depth == 0) return;
    out.parts = std::move(held.parts);
    take_list(out, held);
  }

  void decode_function(Value& out, Address value, std::size_t depth) {
    const ObjectId object = index_.find_object(value);
    const TypeId type = object ? snapshot_.object_type[object.row].type() : TypeId();
    if (type && row(type).role == TypeRole::kClosure) {
      if (depth > 0) return decode_closure(out, type, value, depth - 1);
      out.text = closure_text(type);
      return;
    }
    const heap::NamedWord* named = heap::find_named_word(snapshot_, value);
    if (named != nullptr && named->function) out.text = snapshot_.strings[named->function];
    if (out.text.empty() && snapshot_.content.source != nullptr)
      out.text = snapshot_.content.source->function_of(value);
    if (out.text.empty()) out.text = hex(value);
  }

  std::string closure_text(TypeId type) const {
    const std::string place = line_text(snapshot_.strings[row(type).file], row(type).line);
    return fmt::format("{}{}{}", snapshot_.strings[row(type).name], place.empty() ? "" : " ", place);
  }

  // The first word of a closure is its code; what follows was captured.
  void decode_closure(Value& out, TypeId type, Address at, std::size_t depth) {
    out.text = closure_text(type);
    require_page(out);
    const Type& t = row(type);
    std::vector<PartPlace> places;
    for (std::uint32_t f = t.first_field; f < t.first_field + t.field_count; ++f) {
      const heap::Field& field = snapshot_.fields[f];
      if (field.offset == 0) continue;
      const Address there = at + field.offset;
      places.push_back({.index = 0,
                        .field = field.name,
                        .type = field.type,
                        .at = there,
                        .key = {},
                        .words = {AddressRange{there, there + (field.type ? size_of(field.type) : 8)}}});
    }
    out.all_parts = places.size();
    add_parts(out, std::move(places), {}, depth);
  }

  void decode_map(Value& out, TypeId map, Address header, std::size_t depth) {
    if (!bytes_.any()) return;
    if (depth == 0) {
      const auto count = maps_.count(header);
      out.text = count ? format_count(*count, "entry") : not_kept();
      if (count) out.all_parts = *count;
      return;
    }
    MapEntries found = maps_.entries(map, header);
    out.text = format_count(found.count, "entry");
    out.all_parts = found.count;
    if (!is_followed(out)) return;
    add_entries(out, map, std::move(found), depth - 1);
  }

  void add_entries(Value& out, TypeId map, MapEntries found, std::size_t depth) {
    out.all_parts = found.count;
    std::vector<PartPlace> places;
    places.reserve(found.entries.size());
    for (const MapEntry& entry : found.entries)
      places.push_back({.index = places.size(),
                        .field = {},
                        .type = row(map).elem,
                        .at = entry.elem,
                        .key = entry.key,
                        .words = {AddressRange{entry.key_slot, entry.key_slot + entry.key_slot_bytes},
                                  AddressRange{entry.elem_slot, entry.elem_slot + entry.elem_slot_bytes}}});
    const Page page = page_of(out, places.size());
    add_parts(out, std::move(places), page, depth, row(map).key);
    if (!found.problem.empty()) out.more = std::move(found.problem);
  }

  void decode_channel(Value& out, TypeId elem, Address header, std::size_t depth) {
    const ObjectId object = index_.find_object(header);
    const ChannelId channel = object ? heap::find_channel(snapshot_, object) : ChannelId();
    if (channel) out.text = state_text(groundwork_.channels().facts(channel));
    const auto word = [&](const char* name) {
      const heap::Field* at = channel_layout_ ? field(channel_layout_, name) : nullptr;
      return at == nullptr ? std::nullopt : bytes_.word(header + at->offset);
    };
    const auto count = word("count"), capacity = word("capacity"), buffer = word("buf"), first = word("receive_index");
    if (!count || !capacity || !buffer || !first) {
      if (bytes_.any() && !channel) out.text = not_kept();
      return;
    }
    if (!channel) out.text = *capacity == 0 ? "unbuffered" : fmt::format("{} of {} filled", *count, *capacity);
    out.all_parts = *count;
    if (*count > *capacity || *first >= std::max<std::uint64_t>(*capacity, 1) || *capacity > kMostElements) {
      out.more = "no sound channel: its counts contradict one another";
      return;
    }
    if (depth == 0 || !elem || !is_followed(out)) return;
    std::vector<PartPlace> places;
    for (std::uint64_t i = 0; i < *count; ++i) {
      const Address at = Address(*buffer) + (*first + i) % *capacity * size_of(elem);
      places.push_back({.index = i,
                        .field = {},
                        .type = elem,
                        .at = at,
                        .key = {},
                        .words = {AddressRange{at, at + size_of(elem)}}});
    }
    const Page page = page_of(out, places.size());
    add_parts(out, std::move(places), page, depth - 1);
  }

  // Which of the places of a value are shown; without values all of them.
  struct Page {
    std::uint64_t skipped = 0;
    std::uint64_t shown = std::numeric_limits<std::uint64_t>::max();

    bool has(std::uint64_t i) const { return i >= skipped && i - skipped < shown; }
  };
  Page page_of(Value& out, std::uint64_t count) { return {.skipped = take_offset(out, count), .shown = limit_}; }

  // Decodes the places of the page, those that alone keep most alive first if that was asked for.
  void add_parts(Value& out, std::vector<PartPlace> places, const Page& page, std::size_t depth, TypeId key = {}) {
    if (query_.by_retained) {
      for (PartPlace& place : places) place.alone = alone_.bytes(place.words);
      std::ranges::stable_sort(places, std::ranges::greater(), &PartPlace::alone);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      const PartPlace& place = places[i];
      if (!page.has(i) || (values_ >= kMostValues && query_.top != 0)) {
        out.left_out_alone += place.alone;
        continue;
      }
      Value part = decode(place.type, place.at, depth);
      part.name = name_of_part(place, key);
      if (query_.by_retained) part.alone_bytes = place.alone;
      out.parts.push_back(std::move(part));
    }
  }

  std::string name_of_part(const PartPlace& place, TypeId key) {
    if (place.field) return fmt::format(".{}", snapshot_.strings[place.field]);
    if (!key) return fmt::format("[{}]", place.index);
    return fmt::format("[{}]", folded(in_one_line(decode(key, place.key, 1)), kLongestKey));
  }

  std::string not_kept() const { return fmt::format("({})", bytes_.why_missing()); }

  // "{1, \"a\"}" of a structure.
  static std::string in_one_line(const Value& value) {
    const std::string held = value.holds.empty() ? "" : value.holds + " ";
    if (value.parts.empty()) return held + value.text;
    std::string out;
    for (const Value& part : value.parts) out += fmt::format("{}{}", out.empty() ? "" : ", ", in_one_line(part));
    return fmt::format("{}{{{}}}", held, out);
  }

  const Groundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  const Names& names_;
  const heap::ObjectIndex& index_;
  TargetBytes bytes_;
  MapReader maps_;
  Alone alone_;
  const ShowQuery& query_;
  std::size_t limit_;
  std::uint64_t offset_;   // still to be left out of the first list or text
  TypeId channel_layout_;  // any header: all channels of a program have one layout
  std::size_t values_ = 0;
  int nesting_ = 0;
  std::vector<std::pair<Address, TypeId>> ways_;  // pointers that are being followed
};

}  // namespace

ShownValue decode_value(const Groundwork& groundwork, const graph::Referrers& referrers, ObjectId object,
                        const ShowQuery& query) {
  return Decoder(groundwork, referrers, query).run(object);
}

}  // namespace holdfast::view
