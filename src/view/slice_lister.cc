#include "view/slice_lister.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "heap/field_path.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kMostHolders = 4;       // lines below a row
constexpr std::size_t kMostOfOneObject = 64;  // if only one object is asked about

constexpr std::string_view kByType = "type";  // that of the place

// Bytes that the headers cover by their lengths, and besides by their capacities. They must be in the order of where
// they begin.
std::pair<std::uint64_t, std::uint64_t> union_of(std::span<const SliceHeader> headers) {
  std::uint64_t covered = 0, reserved = 0, covered_to = 0, reserved_to = 0;
  for (const SliceHeader& header : headers) {
    const std::uint64_t end = header.end(), limit = header.begin + header.capacity;
    if (end > covered_to) covered += end - std::max(covered_to, header.begin);
    if (limit > reserved_to) reserved += limit - std::max(reserved_to, header.begin);
    covered_to = std::max(covered_to, end);
    reserved_to = std::max(reserved_to, limit);
  }
  return {covered, reserved - covered};
}

}  // namespace

std::vector<std::string_view> words_of_headers() {
  std::vector<std::string_view> words = words_up_to(heap::HeaderBasis::kNearness);
  words.push_back(kByType);
  return words;
}

SliceLister::SliceLister(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, bool is_one)
    : snapshot_(snapshot), index_(snapshot), names_(snapshot, index_, rules), is_one_(is_one) {}

void SliceLister::find(const graph::Reachability& reached, const std::function<bool(ObjectId)>& wanted) {
  found_ = find_slice_headers(
      snapshot_, index_, [&](ObjectId object) { return reached.contains(object); }, wanted);
}

std::vector<SliceRow> SliceLister::rows(const std::vector<ObjectId>& objects) {
  std::vector<SliceRow> out;
  out.reserve(objects.size());
  for (const ObjectId object : objects) out.push_back(row_of(object));
  return out;
}

std::vector<PlaceRow> SliceLister::places(const std::vector<ObjectId>& objects) {
  std::map<std::string, PlaceRow> sums;
  for (const ObjectId object : objects) {
    const SliceRow row = row_of(object);
    const auto headers = headers_of(object);
    const auto longest = std::ranges::max_element(headers, {}, &SliceHeader::length);
    const std::string place = place_of(*longest, false);
    PlaceRow& sum = sums[fmt::format("{} {}", place, row.element)];
    if (sum.objects++ == 0 || row.uncovered() > sum.most) {
      sum.most = row.uncovered();
      sum.example = row.address;
    }
    sum.size += row.size;
    sum.covered += row.covered;
    sum.spare += row.spare;
    sum.place = place;
    sum.element = row.element;
  }
  std::vector<PlaceRow> rows;
  for (auto& [place, sum] : sums) rows.push_back(std::move(sum));
  return rows;
}

std::vector<std::string> SliceLister::holders(ObjectId object) const {
  struct Line {
    std::string text;
    std::uint64_t count = 0, length = 0;
  };
  std::map<std::string, Line> sorts;
  for (const SliceHeader& header : headers_of(object)) {
    const std::string where = place_of(header, true);
    Line& holder = sorts[is_one_ ? fmt::format("{:016x}{}", sorts.size(), where) : where];
    if (holder.count++ > 0 && holder.length >= header.length) continue;
    holder.length = header.length;
    holder.text = fmt::format("[{:#x}, {:#x}) by {}{}", header.begin, header.end(), where, numbers_of(header));
  }
  for (const OtherPointer& other : others_of(object)) {
    const std::string where = place_of(other.from, other.at);
    Line& holder = sorts["~" + where];
    ++holder.count;
    holder.text = other.frame == nullptr ? fmt::format("a pointer of {}", where)
                                         : fmt::format("a slice or string of {}, of no sure length", where);
  }
  std::vector<Line> sorted;
  for (auto& [where, holder] : sorts) sorted.push_back(std::move(holder));
  std::ranges::stable_sort(
      sorted, [](const Line& a, const Line& b) { return std::pair(b.length, b.count) < std::pair(a.length, a.count); });
  std::vector<std::string> lines;
  std::uint64_t left = 0;
  for (const Line& holder : sorted) {
    if (lines.size() < (is_one_ ? kMostOfOneObject : kMostHolders))
      lines.push_back(holder.count == 1
                          ? holder.text
                          : fmt::format("{}, and {} more like this", holder.text, format_count(holder.count - 1)));
    else
      left += holder.count;
  }
  if (left > 0) lines.push_back(fmt::format("and {} more", format_count(left)));
  return lines;
}

std::vector<HeaderRow> SliceLister::headers(std::optional<std::uint64_t> goid) {
  std::vector<HeaderRow> rows;
  std::map<std::pair<std::string, TypeId>, HeaderRow> sums;  // of objects
  SliceRow object;
  const auto see = [&](ObjectId into) {
    if (object.object != into) object = row_of(into);
  };
  for (const SliceHeader& header : found_.headers) {
    if (goid && goid_of(header.from) != *goid) continue;
    see(header.into);
    HeaderRow row = row_of_header(header, object);
    if (header.from.root()) {
      rows.push_back(std::move(row));
      continue;
    }
    HeaderRow& sum = sums[{row.place, header.type}];
    const auto so_far = std::pair(sum.headers, sum.covers);
    const bool is_first = sum.place.empty();
    if (is_first || row.length > sum.length) sum = row;
    if (is_first) continue;
    sum.headers = so_far.first + 1;
    sum.covers = so_far.second + row.covers;
  }
  for (auto& [place, sum] : sums) rows.push_back(std::move(sum));
  std::set<const heap::FrameHeader*> seen;
  for (const OtherPointer& other : found_.others) {
    if (other.frame == nullptr || (goid && goid_of(other.from) != *goid) || !seen.insert(other.frame).second) continue;
    see(other.into);
    rows.push_back(row_of_other(other, object));
  }
  return rows;
}

HeaderRow SliceLister::row_of_header(const SliceHeader& header, const SliceRow& object) {
  HeaderRow row = row_at(header.from, header.at, header.frame, header.type, object);
  row.covers = header.length;
  row.data = object.address + header.begin;
  row.length = header.length / header.element;
  const bool has_capacity = snapshot_.types[header.type.row].kind == heap::TypeKind::kSlice &&
                            (header.frame == nullptr || header.frame->capacity);
  if (has_capacity) row.capacity = header.capacity / header.element;
  return row;
}

HeaderRow SliceLister::row_of_other(const OtherPointer& other, const SliceRow& object) {
  HeaderRow row = row_at(other.from, other.at, other.frame, other.frame->type, object);
  row.data = other.frame->data;
  row.length = other.frame->length;
  row.capacity = other.frame->capacity;
  return row;
}

HeaderRow SliceLister::row_at(graph::NodeId from, std::uint64_t at, const heap::FrameHeader* frame, TypeId type,
                              const SliceRow& object) {
  HeaderRow row;
  row.goid = goid_of(from);
  row.place = place_without_goroutine(from, at);
  row.element = element_name(type);
  if (frame != nullptr && frame->variable) row.variable = snapshot_.strings[frame->variable];
  row.known_by = frame == nullptr ? kByType : name_of(frame->basis);
  row.object = object.address;
  row.size = object.size;
  row.covered = object.covered;
  row.sharers = object.headers + object.others - std::min<std::uint64_t>(object.headers + object.others, 1);
  return row;
}

std::span<const SliceHeader> SliceLister::headers_of(ObjectId object) const {
  const auto range = std::ranges::equal_range(found_.headers, object, {}, &SliceHeader::into);
  return {range.begin(), range.end()};
}

std::span<const OtherPointer> SliceLister::others_of(ObjectId object) const {
  const auto range = std::ranges::equal_range(found_.others, object, {}, &OtherPointer::into);
  return {range.begin(), range.end()};
}

SliceRow SliceLister::row_of(ObjectId object) {
  SliceRow row;
  row.object = object;
  row.address = index_.address_of(object);
  row.size = index_.size_of(object);
  const auto headers = headers_of(object);
  std::tie(row.covered, row.spare) = union_of(headers);
  row.headers = headers.size();
  const SliceHeader* longest = nullptr;
  for (const SliceHeader& header : headers) {
    if (longest == nullptr || header.length > longest->length) longest = &header;
    row.capacity = std::max(row.capacity, header.capacity / header.element);
    row.in_frames += header.frame != nullptr ? 1 : 0;
  }
  if (longest != nullptr) {
    row.longest = longest->length / longest->element;
    row.element = element_name(longest->type);
  }
  for (const OtherPointer& other : others_of(object)) {
    ++row.others;
    if (goid_of(other.from) != 0) ++row.stacks;
  }
  return row;
}

std::uint64_t SliceLister::goid_of(graph::NodeId from) const {
  const GoroutineId goroutine = from.root() ? snapshot_.roots[from.root().row].goroutine : GoroutineId();
  return goroutine ? snapshot_.goroutines[goroutine.row].goid : 0;
}

std::string_view SliceLister::element_name(TypeId type) {
  const auto [known, is_new] = element_names_.try_emplace(type);
  if (!is_new) return known->second;
  const heap::Type& row = snapshot_.types[type.row];
  known->second = row.kind == heap::TypeKind::kSlice && row.elem ? type_name(snapshot_, row.elem) : "string";
  return known->second;
}

// ", len 3, cap 1,048,576"
std::string SliceLister::numbers_of(const SliceHeader& header) const {
  const std::string length = fmt::format(", len {}", format_count(header.length / header.element));
  const bool is_string = snapshot_.types[header.type.row].kind == heap::TypeKind::kString;
  if (is_string || (header.frame != nullptr && !header.frame->capacity)) return length;
  return fmt::format("{}, cap {}", length, format_count(header.capacity / header.element));
}

// "main.Session.Buf", "main.table", "main.serve+0x5c serve.go:12"; of one object with where that is.
std::string SliceLister::place_without_goroutine(graph::NodeId from, std::uint64_t at) const {
  if (const RootId id = from.root()) return root_text_with_field(snapshot_, snapshot_.roots[id.row]);
  const ObjectId object = from.object();
  const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
  const std::string type = names_.type_of(object);
  std::string place = type.empty() ? fmt::format("an object of {}", format_bytes(span.slot_size)) : type;
  if (names_.is_container(object))
    place = names_.container_of(object) + "[…]";
  else if (at >= span.header)
    place += with_any_index(heap::field_path(snapshot_, snapshot_.object_type[object.row].type(), at - span.header,
                                             span.slot_size - span.header)
                                .text);
  return is_one_ ? fmt::format("{} at {}", place, hex(index_.address_of(object))) : place;
}

std::string SliceLister::place_of(graph::NodeId from, std::uint64_t at) const {
  const std::uint64_t goid = goid_of(from);
  const std::string place = place_without_goroutine(from, at);
  return goid == 0 ? place : fmt::format("{} of goroutine {}", place, goid);
}

// "buffer in main.serve+0x5c serve.go:12 of goroutine 7"
std::string SliceLister::place_of(const SliceHeader& header, bool with_goroutine) const {
  const std::string place =
      with_goroutine ? place_of(header.from, header.at) : place_without_goroutine(header.from, header.at);
  if (header.frame == nullptr || !header.frame->variable) return place;
  return fmt::format("{} in {}", snapshot_.strings[header.frame->variable], place);
}

}  // namespace holdfast::view
